package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/provisor/provisor/internal/errs"
)

// The files of a data directory.
const (
	databaseFile = "provisor.db"
	keysFile     = "keys.json"
	lockName     = "provisor.lock"
)

// dataDir is the directory that holds everything one installation keeps.
type dataDir string

// openDataDir makes the directory when it is missing, and sees to it that only
// its owner can read it.
func openDataDir(path string) (dataDir, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", dataError(err, path)
	}
	if err := os.MkdirAll(absolute, 0o700); err != nil {
		return "", dataError(err, absolute)
	}
	if err := os.Chmod(absolute, 0o700); err != nil { //nolint:gosec // a directory needs the x bit
		return "", dataError(err, absolute)
	}
	return dataDir(absolute), nil
}

func dataError(err error, path string) error {
	return errs.Wrap(err, errs.Invalid, "DataDirectory",
		"The data directory %s cannot be used: %s. Name another with --data.", path, cause(err))
}

// cause is what the system says, without the path that the message has already.
func cause(err error) string {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		return inner.Err.Error()
	}
	return err.Error()
}

func (d dataDir) file(name string) string { return filepath.Join(string(d), name) }

// dirLock is the lock of a data directory.
type dirLock struct{ *os.File }

// Close gives the directory back.
func (l dirLock) Close() error { return errors.Join(unlockFile(l.File), l.File.Close()) }

// lock makes this process the only service on the directory until the returned lock
// is closed. Conflict when another one runs.
func (d dataDir) lock() (io.Closer, error) {
	f, err := os.OpenFile(d.file(lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, dataError(err, d.file(lockName))
	}
	if err := lockFile(f); err != nil {
		owner := make([]byte, 20)
		n, _ := f.ReadAt(owner, 0) // the number only helps to find the process
		_ = f.Close()              // nothing was written
		return nil, errs.Wrap(err, errs.Conflict, "DataDirectoryInUse",
			"Another Provisor (process %s) runs on %s. Stop it, or name another directory with --data.", owner[:n], string(d))
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, fmt.Sprint(os.Getpid()))); err != nil {
		return nil, errors.Join(dataError(err, f.Name()), f.Close())
	}
	return dirLock{f}, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

// writeFile writes a file that only its owner can read, so that a reader sees
// either all of it or what was there before.
func writeFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a renamed file survive a crash of the machine. Systems that
// cannot sync a directory do not need it.
func syncDir(path string) error {
	d, err := os.Open(path) //nolint:gosec // the directory of a file that the operator named
	if err != nil {
		return err
	}
	_ = d.Sync() // see above
	return d.Close()
}
