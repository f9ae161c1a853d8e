package app

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// historyFile returns where the interactive prompt keeps what was typed: in the data
// directory when PROVISOR_DATA names one, else where the system keeps the state of a
// person's programs. Empty when it has no such place.
func (p *program) historyFile() string {
	const name = "expression-history"
	if data := p.getenv("PROVISOR_DATA"); data != "" {
		return filepath.Join(data, name)
	}
	state := p.getenv("XDG_STATE_HOME")
	switch home := p.getenv("HOME"); {
	case state != "":
	case runtime.GOOS == "windows":
		state = p.getenv("LOCALAPPDATA")
	case home != "":
		state = filepath.Join(home, ".local", "state")
	}
	if state == "" {
		return ""
	}
	return filepath.Join(state, "provisor", name)
}

// writeFile writes a file that its owner alone can read; the directory of the history
// is made when it is missing.
func (p *program) writeFile(name string, text []byte) error {
	if name == p.historyFile() {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
	}
	return os.WriteFile(name, text, 0o600)
}

// newFile writes a file that its owner alone can read, unless there is one.
func newFile(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the caller named it
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
