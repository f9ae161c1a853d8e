//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// postmaster is the server's process, a child of this one.
type postmaster struct {
	process *os.Process
	ended   chan struct{}
	err     error // how it ended
}

// startPatience bounds the wait for a server that starts; after a crash it reads its
// log first.
const startPatience = time.Minute

// Up starts the server after Crash or Down.
func (s *Server) Up(ctx context.Context) error {
	cmd, log, err := s.command()
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	if s.running, err = spawn(cmd); err != nil {
		return err
	}
	if err := s.await(ctx); err != nil {
		text, _ := os.ReadFile(log.Name())
		return errors.Join(fmt.Errorf("PostgreSQL does not start: %w\n%s", err, text), s.end(syscall.SIGQUIT))
	}
	return nil
}

// command is not bound to a context: the server outlives the test that started it.
func (s *Server) command() (*exec.Cmd, *os.File, error) {
	path, err := program("postgres")
	if err != nil {
		return nil, nil, err
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(path, "-D", s.data, "-p", strconv.Itoa(s.port), "-k", s.dir, //nolint:noctx // see above
		"-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200")
	for _, setting := range s.settings {
		cmd.Args = append(cmd.Args, "-c", setting)
	}
	cmd.Dir, cmd.Env = s.dir, append(os.Environ(), "LC_ALL=C")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.user}
	endWithParent(cmd.SysProcAttr)
	return cmd, log, nil
}

// spawn starts a process from a thread that lives as long as it: the kernel tells a
// child of the end of the thread that made it.
func spawn(cmd *exec.Cmd) (*postmaster, error) {
	p := &postmaster{ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		p.process = cmd.Process
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.ended)
	}()
	return p, <-started
}

// await returns when the server takes connections.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-s.running.ended:
			return errors.Join(errors.New("it ended"), s.running.err)
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

// end sends the server a signal and waits until it has ended.
func (s *Server) end(signal os.Signal) error {
	if s.running == nil {
		return nil
	}
	err := s.running.process.Signal(signal)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-s.running.ended
	s.running = nil
	return nil
}

// Down stops the server in order.
func (s *Server) Down(context.Context) error { return s.end(syscall.SIGINT) }

// Crash stops the server as a power cut does: without a checkpoint.
func (s *Server) Crash(context.Context) error { return s.end(syscall.SIGQUIT) }

// Stop stops the server for good and removes its files.
func (s *Server) Stop(ctx context.Context) error {
	return errors.Join(s.Crash(ctx), os.RemoveAll(s.dir))
}
