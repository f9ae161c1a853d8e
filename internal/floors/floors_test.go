package floors_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/provisor/provisor/internal/"

// floor is the import law: a package may import packages on lower floors only.
// Pure packages may not reach packages that do I/O, even through the standard library.
var floor = map[string]int{
	"errs": 0, "keyring": 0, "plainjson": 0, "pgtest": 0,
	"directory": 1, "scim": 1, "expression": 1, "odata": 1,
	"synchronization": 2, "directoryimport": 2, "runner": 2,
	"mapping": 3, "subscription": 3, "expression/trial": 3, "scimserver": 3, "scimserver/faults": 3,
	"runner/local": 3, "runner/river": 3, "runner/runnertest": 3,
	"plan": 4, "http1": 4,
	"store": 5, "oauth": 5, "scimclient": 5, "egress": 5, "tlsauto": 5,
	"store/sqlstore": 6, "store/storetest": 6, "credential": 6, "engine": 6,
	"store/sqlstore/sqltest": 7,
	"jobs":                   7, "tasks": 7, "courier": 7, "identity": 7,
	"identity/token": 8, "identity/issuer": 8,
	"app/terminal": 7, "watch": 8,
	"graphapi": 9, "graphcli": 9, "demo": 9, "app/quickstart": 9,
	"app":    10,
	"floors": 11,
}

var pure = []string{"errs", "plainjson", "synchronization", "directory", "directoryimport", "scim", "expression", "expression/trial", "odata", "mapping", "subscription", "plan", "identity"}

var impure = []string{"net", "net/http", "os/exec", "database/sql", "log/slog"}

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", "github.com/provisor/provisor/internal/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImportLaw(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{}
	for _, p := range list(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		seen[name] = true
		mine, ok := floor[name]
		if !ok {
			t.Errorf("package %s stands on no floor; add it to the table and to ARCHITECTURE.md", name)
			continue
		}
		for _, imp := range p.Imports {
			dep, ok := strings.CutPrefix(imp, module)
			if ok && floor[dep] >= mine {
				t.Errorf("%s (floor %d) imports %s (floor %d)", name, mine, dep, floor[dep])
			}
		}
	}
	for name := range floor {
		if !seen[name] {
			t.Errorf("the table names %s, which no longer exists", name)
		}
	}
}

func TestPurePackagesDoNoIO(t *testing.T) {
	t.Parallel()

	deps := map[string][]string{}
	for _, p := range list(t) {
		deps[strings.TrimPrefix(p.ImportPath, module)] = p.Deps
	}
	for _, name := range pure {
		for _, dep := range deps[name] {
			for _, bad := range impure {
				if dep == bad {
					t.Errorf("%s reaches %s", name, bad)
				}
			}
		}
	}
}
