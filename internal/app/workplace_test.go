package app_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestQuickstartLeavesNothing: whichever way it is ended, the keys and the database of a
// quickstart go with it.
func TestQuickstartLeavesNothing(t *testing.T) {
	t.Parallel()

	self, err := os.Executable()
	require.NoError(t, err)
	for name, end := range map[string]func(t *testing.T, cmd *exec.Cmd, out io.Closer){
		"nobody reads on": func(t *testing.T, _ *exec.Cmd, out io.Closer) {
			t.Helper()
			require.NoError(t, out.Close())
		},
		"a signal": func(t *testing.T, cmd *exec.Cmd, _ io.Closer) {
			t.Helper()
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		},
		"a second signal": func(t *testing.T, cmd *exec.Cmd, _ io.Closer) {
			t.Helper()
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temporary := t.TempDir()
			cmd := exec.CommandContext(t.Context(), self, "quickstart", "--once")
			cmd.Args[0] = "provisor"
			cmd.Env = append(os.Environ(), "TMPDIR="+temporary, "TMP="+temporary)
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			_, err = bufio.NewReader(out).ReadString('\n')
			require.NoError(t, err)
			left, err := os.ReadDir(temporary)
			require.NoError(t, err)
			require.Len(t, left, 1, "it works in a directory of its own")
			end(t, cmd, out)
			_ = cmd.Wait() // it was interrupted
			left, err = os.ReadDir(temporary)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}
