package graphcli_test

import (
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/provisor/provisor/internal/graphcli"
)

var update = flag.Bool("update", false, "write what the tests got into their golden files")

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", file, diff)
	}
}

// leaves returns every command that is one request, with all words before it. The
// workbench, which has scripts of its own, asks for text or JSON.
func leaves(prefix string, commands []*cobra.Command) map[string]*cobra.Command {
	found := map[string]*cobra.Command{}
	for _, cmd := range commands {
		path := strings.TrimSpace(prefix + " " + cmd.Name())
		request := cmd.Flags().Lookup("graph-endpoint") != nil && !slices.Contains([]string{"expression", "schema", "scope"}, prefix) && path != "watch"
		if !cmd.HasSubCommands() && request {
			found[path] = cmd
		}
		maps.Copy(found, leaves(path, cmd.Commands()))
	}
	return found
}

// arguments fills in every flag that a command has of its own.
func arguments(cmd *cobra.Command) []string {
	var args []string
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Name == "tenant-id", f.Name == "client-id", f.Name == "all":
		case strings.HasSuffix(f.Name, "-id"):
			args = append(args, "--"+f.Name, "the "+strings.TrimSuffix(f.Name, "-id")+"/1")
		case f.Name == "body":
			args = append(args, "--body", ` { "b": "<&>", "a": [1.0] } `)
		case f.Name == "if-match":
			args = append(args, "--if-match", `W/"7"`)
		case f.Name == "select", f.Name == "expand", f.Name == "orderby":
			args = append(args, "--"+f.Name, "one,two desc")
		case f.Name == "filter":
			args = append(args, "--filter", "displayName eq 'A & B'")
		case f.Name == "search":
			args = append(args, "--search", `"displayName:x"`)
		case f.Name == "top", f.Name == "skip":
			args = append(args, "--"+f.Name, "5")
		case f.Name == "count":
			args = append(args, "--count")
		}
	})
	return args
}

// TestEveryOperation runs every row of the table with every option that it has, and
// compares the requests.
func TestEveryOperation(t *testing.T) {
	t.Parallel()

	g := newGraph(t)
	all := leaves("", graphcli.Commands(graphcli.Options{}))
	var page strings.Builder
	for _, name := range sortedNames(all) {
		args := append(strings.Fields(name), arguments(all[name])...)
		if got := signedIn(g).run(t, args...); got.err != nil {
			t.Errorf("%s: %v", name, got.err)
		}
		page.WriteString("# " + name + "\n" + g.requests())
	}
	golden(t, "testdata/requests.golden", page.String())
	if len(all) < 50 {
		t.Errorf("only %d operations", len(all))
	}
}

// TestWhatIsNeeded leaves each required flag out in turn: nothing is sent.
func TestWhatIsNeeded(t *testing.T) {
	t.Parallel()

	g := newGraph(t)
	all := leaves("", graphcli.Commands(graphcli.Options{}))
	for _, name := range sortedNames(all) {
		args := arguments(all[name])
		for i := 0; i+1 < len(args); i += 2 {
			if !strings.HasSuffix(args[i], "-id") {
				continue
			}
			without := append(strings.Fields(name), append(append([]string(nil), args[:i]...), args[i+2:]...)...)
			got := signedIn(g).run(t, without...)
			if graphcli.ExitCode(got.err) != graphcli.ExitUsage || !strings.Contains(got.stderr, args[i]+" is missing") {
				t.Errorf("%s without %s: %v", name, args[i], got.err)
			}
		}
	}
	if sent := g.requests(); sent != "" {
		t.Errorf("sent\n%s", sent)
	}
}

func sortedNames(all map[string]*cobra.Command) []string {
	return slices.Sorted(maps.Keys(all))
}
