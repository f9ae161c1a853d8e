package app

import (
	"context"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// workplace is the directory of a quickstart.
type workplace struct {
	made    string // for this quickstart, which removes it; empty when the person named one
	keepLog bool   // the log stays; the keys and the database never do
}

// newWorkplace makes a directory for the quickstart, unless the settings name one.
func newWorkplace(c *Config) (*workplace, error) {
	if c.Data != "" {
		return &workplace{}, nil
	}
	dir, err := os.MkdirTemp("", "provisor-quickstart-")
	if err != nil {
		return nil, dataError(err, os.TempDir())
	}
	c.Data = dir
	return &workplace{made: dir}, nil
}

// leave removes what was made.
func (w *workplace) leave() {
	if w.made == "" {
		return
	}
	if !w.keepLog {
		_ = os.RemoveAll(w.made) // the system clears its temporary files
		return
	}
	files, _ := os.ReadDir(w.made) // the same
	for _, f := range files {
		if f.Name() != quickstartLog {
			_ = os.RemoveAll(filepath.Join(w.made, f.Name()))
		}
	}
}

// attend sees to it that a second signal, which ends the program at once, leaves nothing
// behind either. The function that it returns ends that.
func (w *workplace) attend(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	again, over := make(chan os.Signal, 1), make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		signal.Notify(again, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		defer signal.Stop(again)
		select {
		case <-again:
			w.leave()
			os.Exit(exitInterrupted) // the person does not want to wait for anything else
		case <-over:
		}
	})
	return ctx, func() {
		stop()
		close(over)
		cancel(nil)
	}
}

// attended returns a context that ends as by Ctrl-C when nobody reads the output any
// more, and that output. Without it the system would end the program in the middle.
func attended(ctx context.Context, output io.Writer) (context.Context, io.Writer) {
	file, ok := output.(*os.File)
	if !ok {
		return ctx, output
	}
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, &watched{File: file, broken: func() { cancel(interruptedError{}) }}
}

// watched is a file that tells when it cannot be written.
type watched struct {
	*os.File

	broken func()
}

// Write writes as the file does.
func (w *watched) Write(p []byte) (int, error) {
	n, err := w.File.Write(p)
	if err != nil {
		w.broken()
	}
	return n, err
}
