//go:build linux

package pgtest_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/pgtest"
)

// TestMain runs the tests, or, with -hold, is a process that starts a server and
// waits to be killed.
func TestMain(m *testing.M) {
	hold := flag.Bool("hold", false, "start a server, print its address, and wait")
	flag.Parse()
	if !*hold {
		os.Exit(m.Run())
	}
	server, err := pgtest.Start(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, server.URL("postgres"))
	select {}
}

// TestServerEndsWithItsProcess kills a process that has a server: the server is gone
// soon after.
func TestServerEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	pgtest.Need(t)
	child := exec.CommandContext(t.Context(), os.Args[0], "-hold")
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	address, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	address = strings.TrimSpace(address)

	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	var data string
	require.NoError(t, conn.QueryRow(t.Context(), "SHOW data_directory").Scan(&data))
	require.NoError(t, conn.Close(t.Context()))

	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait(), "it was killed")
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(data, "postmaster.pid"))
		return os.IsNotExist(err)
	}, 20*time.Second, 20*time.Millisecond, "the server goes on")
	require.NoError(t, os.RemoveAll(filepath.Dir(data)))
}

// TestServerComesBack stops a server in order and without, and finds its rows.
func TestServerComesBack(t *testing.T) {
	t.Parallel()
	pgtest.Need(t)
	server, err := pgtest.Start(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.WithoutCancel(t.Context()))) })
	count := func(statement string) int {
		conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
		require.NoError(t, err)
		defer func() { require.NoError(t, conn.Close(t.Context())) }()
		_, err = conn.Exec(t.Context(), statement)
		require.NoError(t, err)
		var n int
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM row").Scan(&n))
		return n
	}
	require.Zero(t, count("CREATE TABLE row (n BIGINT)"))
	require.NoError(t, server.Down(t.Context()))
	require.NoError(t, server.Up(t.Context()))
	require.Equal(t, 1, count("INSERT INTO row VALUES (1)"))
	require.NoError(t, server.Crash(t.Context()))
	require.NoError(t, server.Up(t.Context()))
	require.Equal(t, 2, count("INSERT INTO row VALUES (2)"))
}
