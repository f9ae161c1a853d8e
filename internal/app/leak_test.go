package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/provisor/provisor/internal/scimserver"
)

// TestNothingIsLeftBehind: when a command has ended, so has everything it started.
func TestNothingIsLeftBehind(t *testing.T) { //nolint:paralleltest // others' goroutines would be counted
	before := goleak.IgnoreCurrent()
	s := serveMade(t, t.TempDir(), "--tls", "auto")
	s.token(t, s.ClientSecret)
	require.Zero(t, s.stop())
	goleak.VerifyNone(t, before)

	target := application(t, scimserver.Flaws{})
	before = goleak.IgnoreCurrent()
	code, stdout, stderr := quickstartInto(t, target)
	require.Zero(t, code, "%s%s", stdout, stderr)
	goleak.VerifyNone(t, before)
}
