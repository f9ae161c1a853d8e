package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheRoleIsTold: who starts several processes sees which one does what.
func TestTheRoleIsTold(t *testing.T) {
	t.Parallel()

	all := serveMade(t, t.TempDir(), "--workers", "1")
	require.Regexp(t, `Provisor is ready at http://\S+ \(role all: the API and 1 worker\)`, all.stdout.String())
	require.Contains(t, all.stderr.String(), "role=all")
	api := serveMade(t, t.TempDir(), "--role", "api")
	require.Contains(t, api.stdout.String(), "(role api: the API, and no cycles: another process has to run them)")
}
