package graphcli_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/graphcli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"provisor": runProvisor})
}

// runProvisor is the client half of the program, as internal/app wires it.
func runProvisor() {
	environment := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		environment[name] = value
	}
	root := &cobra.Command{Use: "provisor", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(graphcli.Commands(graphcli.Options{
		Stdin:        os.Stdin,
		Stdout:       os.Stdout,
		Stderr:       os.Stderr,
		Getenv:       func(name string) string { return environment[name] },
		ReadFile:     os.ReadFile,
		WriteFile:    func(name string, text []byte) error { return os.WriteFile(name, text, 0o600) },
		NewFile:      newFile,
		HistoryFile:  environment["HISTORY"],
		Now:          time.Now, //nolint:forbidigo // this is the program
		NewRequestID: func() string { return requestID },
		IsTerminal:   environment["PIPED"] == "",
	})...)
	root.SetArgs(graphcli.CanonicalArgs(os.Args[1:]))
	err := root.Execute()
	graphcli.Report(os.Stderr, err)
	os.Exit(graphcli.ExitCode(err))
}

func newFile(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// TestScripts runs testdata/script. Beside the commands of testscript there are
//
//	answer STATUS [FILE] [Header:Value …]   what the next request gets
//	requests FILE                           writes what Graph was asked since
//	code N provisor …                       wants that exit code
//	bootstrap FILE                          writes what `provisor serve` would
func TestScripts(t *testing.T) {
	t.Parallel()

	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			g := newGraph(deferrer{env})
			env.Values["graph"] = g
			env.Setenv("GRAPH", g.address())
			env.Setenv("PROVISOR_GRAPH_ENDPOINT", g.address())
			env.Setenv("PROVISOR_ACCESS_TOKEN", "given-token")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"answer": answer, "requests": requests, "code": code, "bootstrap": bootstrap,
		},
	})
}

type deferrer struct{ *testscript.Env }

func (d deferrer) Cleanup(f func()) { d.Defer(f) }

func graphOf(ts *testscript.TestScript) *graph {
	g, ok := ts.Value("graph").(*graph)
	if !ok {
		ts.Fatalf("no graph")
	}
	return g
}

func answer(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[0])
	ts.Check(err)
	r := reply{status: status, headers: map[string]string{}}
	for _, arg := range args[1:] {
		if name, value, isHeader := strings.Cut(arg, ":"); isHeader {
			r.headers[name] = value
		} else {
			r.body = ts.ReadFile(arg)
		}
	}
	graphOf(ts).reply(r)
}

func requests(ts *testscript.TestScript, _ bool, args []string) {
	file := filepath.Join(ts.Getenv("WORK"), args[0])
	ts.Check(os.WriteFile(file, []byte(graphOf(ts).requests()), 0o600))
}

func code(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](ts.Exec(args[1], args[2:]...)); ok {
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func bootstrap(ts *testscript.TestScript, _ bool, args []string) {
	file := filepath.Join(ts.Getenv("WORK"), args[0])
	here := ts.Getenv("GRAPH")
	text := fmt.Sprintf(`{"graphEndpoint":%q,"authority":%q,"tenantId":"tenant-1","clientId":"client-1","clientSecret":"hunter2"}`, here, here+"/tenant-1")
	ts.Check(os.WriteFile(file, []byte(text), 0o600))
}
