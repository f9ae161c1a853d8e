package app_test

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/provisor/provisor/internal/app"
)

// TestMain lets the test binary be the program, also as the process that the
// quickstart starts.
func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){"provisor": provisor})
}

func provisor() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// TestScripts runs the program as people do.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			for _, variable := range os.Environ() {
				if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PROVISOR_") {
					env.Setenv(name, "")
				}
			}
			env.Setenv("NO_COLOR", "1")
			return nil
		},
	})
}
