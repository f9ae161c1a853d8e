package app_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/graphcli"
)

// TestWhatCannotBeMeantIsAUsageError: nothing is begun, scripts see exit code 2, and
// people the next step.
func TestWhatCannotBeMeantIsAUsageError(t *testing.T) {
	t.Parallel()

	for name, tc := range map[string]struct {
		args string
		want []string
	}{
		"a worker that would do nothing": {"serve --role worker --workers 0", []string{"would do nothing", "--workers 1"}},
		"a certificate that is not there": {
			"serve --listen 127.0.0.1:0 --tls none.pem,none-key.pem", []string{"none.pem", "no such file", "--tls auto"},
		},
		"help of no command":            {"help frob", []string{`"frob" is no command`, "provisor --help"}},
		"help of a misspelt command":    {"help sreve", []string{"did you mean `provisor serve`"}},
		"help of no command of a group": {"help service-principals frob", []string{"`provisor service-principals`"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(tc.args)
			if args[0] == "serve" {
				args = append(args, "--data", filepath.Join(t.TempDir(), "data"))
			}
			code, stdout, stderr := run(t, args...)
			require.Equal(t, graphcli.ExitUsage, code, "%s%s", stdout, stderr)
			for _, want := range tc.want {
				require.Contains(t, stderr, want)
			}
			require.Contains(t, stderr, "Next:")
		})
	}
}

// TestKeysThatAreGoneAreAUsageError: a database whose keys are lost is not opened with
// new ones.
func TestKeysThatAreGoneAreAUsageError(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	serveMade(t, dir).stop()
	code, _, stderr := run(t, "serve", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0",
		"--sealing-key-file", filepath.Join(dir, "lost.json"))
	require.Equal(t, graphcli.ExitUsage, code, stderr)
	require.Contains(t, stderr, "lost.json are missing")
	require.Contains(t, stderr, "Next: restore the file")
	require.NoFileExists(t, filepath.Join(dir, "lost.json"))
}
