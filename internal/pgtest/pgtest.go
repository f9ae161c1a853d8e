//go:build unix

package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a running PostgreSQL of this test process. Start it in TestMain or
// lazily, once for all tests of a package, and stop it in the end.
type Server struct {
	dir  string
	port int
	user *syscall.Credential // who runs it; nil means this user
	data string
}

// Required is the environment variable that makes missing programs a failure
// instead of a skipped test. Suites that install PostgreSQL set it.
const Required = "PROVISOR_TEST_POSTGRES"

// Available returns why no server can be started here, or "".
func Available() string {
	if _, err := program("initdb"); err != nil {
		return "PostgreSQL is not installed (Debian: apt-get install postgresql)"
	}
	if os.Geteuid() == 0 {
		if _, err := user.Lookup("postgres"); err != nil {
			return "PostgreSQL does not run as root, and there is no user postgres"
		}
	}
	return ""
}

// Need skips the test where PostgreSQL is not installed, or fails it when
// [Required] is set.
func Need(t testing.TB) {
	t.Helper()
	why := Available()
	switch {
	case why == "":
	case os.Getenv(Required) != "":
		t.Fatal(why)
	default:
		t.Skip(why)
	}
}

// program finds one of PostgreSQL's, which Debian keeps off the path.
func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%s is not installed", name)
	}
	return slices.Max(found), nil
}

// Start makes and starts a server. Its files are removed by Stop. Commits are
// synchronous, so that durability can be tried; only its own initialisation is not.
func Start(ctx context.Context) (*Server, error) {
	s := &Server{}
	var err error
	if s.dir, err = os.MkdirTemp("", "pg"); err != nil {
		return nil, err
	}
	if err := s.own(); err != nil {
		return nil, err
	}
	s.data = filepath.Join(s.dir, "data")
	if s.port, err = freePort(ctx); err != nil {
		return nil, err
	}
	if err := s.run(ctx, "initdb", "-D", s.data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"); err != nil {
		return nil, err
	}
	return s, s.Up(ctx)
}

// Up starts the server after Crash or Down.
func (s *Server) Up(ctx context.Context) error {
	options := fmt.Sprintf("-c listen_addresses=127.0.0.1 -p %d -k %s -c max_connections=200", s.port, s.dir)
	return s.run(ctx, "pg_ctl", "-D", s.data, "-w", "-t", "60", "-l", filepath.Join(s.dir, "log"), "-o", options, "start")
}

// Down stops the server in order.
func (s *Server) Down(ctx context.Context) error {
	return s.run(ctx, "pg_ctl", "-D", s.data, "-m", "fast", "-w", "stop")
}

// Crash stops the server as a power cut does: without a checkpoint.
func (s *Server) Crash(ctx context.Context) error {
	return s.run(ctx, "pg_ctl", "-D", s.data, "-m", "immediate", "-w", "stop")
}

// Stop stops the server for good and removes its files.
func (s *Server) Stop(ctx context.Context) error {
	_ = s.Crash(ctx) // it may be down already
	return os.RemoveAll(s.dir)
}

// own gives the folder to the user who runs the server: PostgreSQL refuses root.
func (s *Server) own() error {
	if err := os.Chmod(s.dir, 0o711); err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.user = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(s.dir, int(uid), int(gid))
}

func (s *Server) run(ctx context.Context, name string, args ...string) error {
	path, err := program(name)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.user}
	// Not to pipes: the server inherits them, and the command would wait for it.
	out, err := os.CreateTemp(s.dir, "out")
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		return fmt.Errorf("%s: %w\n%s\n%s", name, err, text, log)
	}
	return nil
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return 0, err
	}
	number, err := strconv.Atoi(port)
	return number, errors.Join(err, l.Close())
}

// URL is the connection string of a database of the server.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// Database makes an empty database that is dropped when the test ends, and returns
// its connection string.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := "t" + rand.Text()[:12]
	s.admin(t, fmt.Sprintf(`CREATE DATABASE "%s"`, name))
	t.Cleanup(func() { s.admin(t, fmt.Sprintf(`DROP DATABASE "%s" WITH (FORCE)`, name)) })
	return s.URL(name)
}

func (s *Server) admin(t testing.TB, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

// Shared starts one server on first use, for all tests of a package. Stop it in
// TestMain, after the tests.
type Shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Server returns the server, or skips the test where there can be none.
func (s *Shared) Server(t testing.TB) *Server {
	t.Helper()
	Need(t)
	s.once.Do(func() { s.server, s.err = Start(context.WithoutCancel(t.Context())) })
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.server
}

// Stop stops the server if it was started.
func (s *Shared) Stop(ctx context.Context) error {
	if s.server == nil {
		return nil
	}
	return s.server.Stop(ctx)
}
