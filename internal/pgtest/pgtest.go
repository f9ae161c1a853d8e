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
// lazily, once for all tests of a package, and stop it in the end. It ends with the
// process, however that ends (on Linux; elsewhere only by Stop).
type Server struct {
	dir      string
	port     int
	user     *syscall.Credential // who runs it; nil means this user
	data     string
	settings []string // name=value
	running  *postmaster
}

// Required is the environment variable that says that PostgreSQL is there: tests
// that need it run, and fail where it is missing. While it is unset they are
// skipped, for the inner loop needs Go alone. Suites that install PostgreSQL set it.
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

// Need skips the test while [Required] is unset, and fails it when PostgreSQL is
// missing nevertheless. A benchmark, which nobody runs unasked, is skipped only where
// PostgreSQL is missing.
func Need(t testing.TB) {
	t.Helper()
	_, measures := t.(*testing.B)
	why, required := Available(), os.Getenv(Required) != ""
	switch {
	case why != "" && required:
		t.Fatal(why)
	case why != "":
		t.Skip(why)
	case !required && !measures:
		t.Skip(Required + " is not set; interop/postgres/run sets it")
	}
}

// program finds one of PostgreSQL's, which Debian keeps off the path. All are of the
// version that has the newest initdb.
func program(name string) (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err == nil && len(found) > 0 {
		return filepath.Join(filepath.Dir(slices.Max(found)), name), nil
	}
	return exec.LookPath(name)
}

// Start makes and starts a server with settings of the form name=value. Its files are
// removed by Stop. Commits are synchronous, so that durability can be measured; only
// its own initialisation is not.
func Start(ctx context.Context, settings ...string) (*Server, error) {
	s := &Server{settings: settings}
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
	if err := s.initialize(ctx); err != nil {
		return nil, err
	}
	return s, s.Up(ctx)
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

func (s *Server) initialize(ctx context.Context) error {
	path, err := program("initdb")
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, "-D", s.data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	cmd.Dir, cmd.Env = s.dir, append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.user}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
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
// TestMain, after the tests. The zero Shared waits for no disk, which tests cannot
// see: a server that is killed loses nothing by it.
type Shared struct {
	// Durable syncs each commit to the disk, as a server in use does.
	Durable bool

	once   sync.Once
	server *Server
	err    error
}

// Server returns the server, or skips the test as [Need] does.
func (s *Shared) Server(t testing.TB) *Server {
	t.Helper()
	Need(t)
	s.once.Do(func() {
		var settings []string
		if !s.Durable {
			settings = []string{"fsync=off", "full_page_writes=off"}
		}
		s.server, s.err = Start(context.WithoutCancel(t.Context()), settings...)
	})
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
