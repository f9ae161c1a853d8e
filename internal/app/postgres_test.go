package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/pgtest"
)

// postgres is the server of this test process.
var postgres pgtest.Shared

// suite stops that server after the tests.
type suite struct{ *testing.M }

func (s suite) Run() int {
	code := s.M.Run()
	if err := postgres.Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return code
}

// TestServicesShareADatabase starts services on one empty database at the same time,
// with the same sealing keys: the first start happens once, and all sign with one key.
func TestServicesShareADatabase(t *testing.T) {
	t.Parallel()
	pgtest.Need(t)

	address := postgres.Server(t).Database(t)
	keys := filepath.Join(t.TempDir(), "keys.json")
	scratch := t.TempDir()
	require.Zero(t, serve(t, scratch).stop(), "makes keys")
	text, err := os.ReadFile(filepath.Join(scratch, "data", "keys.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(keys, text, 0o600))

	started := make(chan *served)
	const n = 3
	for range n {
		dir := t.TempDir()
		go func() { started <- serve(t, dir, "--database", address, "--sealing-key-file", keys) }()
	}
	var all []*served
	for range n {
		all = append(all, <-started)
	}
	signing := func(s *served) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Authority+"/discovery/v2.0/keys", nil)
		require.NoError(t, err)
		answer, err := s.http.Do(r)
		require.NoError(t, err)
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.StatusCode, string(body))
		return string(body)
	}
	for _, s := range all {
		require.Equal(t, all[0].TenantID, s.TenantID)
		require.Equal(t, all[0].ClientID, s.ClientID)
		require.Equal(t, signing(all[0]), signing(s))
	}
}

// TestADeploymentMoves copies a deployment from SQLite to PostgreSQL and goes on
// there.
func TestADeploymentMoves(t *testing.T) {
	t.Parallel()
	pgtest.Need(t)

	dir := t.TempDir()
	address := postgres.Server(t).Database(t)
	s := serve(t, dir)
	secret, principal := s.ClientSecret, s.ownPrincipal(t, s.token(t, s.ClientSecret))
	code, _, stderr := run(t, "database", "copy", "--data", filepath.Join(dir, "data"), "--to", address)
	require.NotZero(t, code)
	require.Contains(t, stderr, "Another Provisor", "the service runs still")
	require.Zero(t, s.stop())
	code, stdout, stderr := run(t, "database", "copy", "--data", filepath.Join(dir, "data"), "--to", address)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "compared row by row")

	code, _, stderr = run(t, "serve", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0")
	require.NotZero(t, code, "without --database the old file would be served")
	require.Contains(t, stderr, "the deployment is there since. Say --database postgres://")
	require.NotContains(t, stderr, "@")

	moved := serve(t, dir, "--database", address)
	require.Equal(t, s.TenantID, moved.TenantID)
	require.NotEmpty(t, moved.token(t, moved.ClientSecret))
	require.NotEmpty(t, moved.token(t, secret), "the secret of the first start stays")
	require.Equal(t, principal, moved.ownPrincipal(t, moved.token(t, moved.ClientSecret)))
}
