package scim_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/provisor/provisor/internal/scim"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var dialects = []scim.Dialect{scim.Entra, scim.EntraSCIM062020, scim.RFC7644}

// neutral is a PATCH operation as the golden files hold it.
type neutral struct {
	Op     string `json:"op"`
	Path   string `json:"path"`
	Value  any    `json:"value"`
	Absent bool   `json:"absent"`
}

// TestGoldenDialects writes each neutral request of testdata/dialects in every
// dialect.  A file has the section "ops", a list of operations, or "create", the
// values by path with the resource type under "type"; the other sections are the
// bodies that must come out.
func TestGoldenDialects(t *testing.T) {
	t.Parallel()

	files, err := filepath.Glob("testdata/dialects/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()

			golden(t, file)
		})
	}
}

func golden(t *testing.T, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string][]byte{}
	for _, f := range archive.Files {
		sections[f.Name] = f.Data
	}
	if *update {
		archive.Files = archive.Files[:1]
	}
	for _, d := range dialects {
		body := encodeNeutral(t, d, archive.Files[0])
		if *update {
			archive.Files = append(archive.Files, txtar.File{Name: d.String(), Data: body})
		} else if diff := cmp.Diff(string(sections[d.String()]), string(body)); diff != "" {
			t.Errorf("%s:\n%s", d, diff)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func encodeNeutral(t *testing.T, d scim.Dialect, in txtar.File) []byte {
	t.Helper()
	var body []byte
	var err error
	if in.Name == "ops" {
		body, err = d.EncodePatch(decodeNeutral(t, in.Data))
	} else {
		var values map[string]any
		decodeJSON(t, in.Data, &values)
		kind, _ := values["type"].(string)
		delete(values, "type")
		r := scim.Resource{}
		for _, path := range slices.Sorted(maps.Keys(values)) {
			if err := mustPath(t, path).Set(r, values[path]); err != nil {
				t.Fatal(err)
			}
		}
		body, err = d.EncodeCreate(kind, r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return indented(t, body)
}

func decodeNeutral(t *testing.T, data []byte) []scim.PatchOp {
	t.Helper()
	var list []neutral
	decodeJSON(t, data, &list)
	ops := make([]scim.PatchOp, len(list))
	for i, n := range list {
		ops[i] = scim.PatchOp{Op: opNamed(t, n.Op), Value: n.Value, Absent: n.Absent, Path: mustPath(t, n.Path)}
	}
	return ops
}

func opNamed(t *testing.T, name string) scim.Op {
	t.Helper()
	for _, op := range []scim.Op{scim.Add, scim.Replace, scim.Remove} {
		if op.String() == name {
			return op
		}
	}
	t.Fatalf("no operation %q", name)
	return 0
}

func decodeJSON(t *testing.T, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
}

func indented(t *testing.T, body []byte) []byte {
	t.Helper()
	if body == nil {
		return []byte("(nothing is sent)\n")
	}
	var b bytes.Buffer
	if err := json.Indent(&b, body, "", "  "); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()

	_, err := scim.Entra.EncodePatch(nil)
	wantScimType(t, err, scim.InvalidValue)
	_, err = scim.Dialect(9).EncodePatch([]scim.PatchOp{scim.AddMembers("a")})
	wantScimType(t, err, scim.InvalidValue)
	_, err = scim.RFC7644.EncodePatch([]scim.PatchOp{{
		Op: scim.Add, Path: mustPath(t, `emails[type co "x"].value`), Value: "y", Absent: true,
	}})
	wantScimType(t, err, scim.InvalidPath)
	_, err = scim.Entra.EncodeCreate("Printer", scim.Resource{})
	wantScimType(t, err, scim.InvalidValue)
	_, err = scim.Entra.EncodeCreate(scim.UserType, scim.Resource{"userName": func() {}})
	wantScimType(t, err, scim.InvalidValue)
}

func TestEncodeCreateLeavesTheResourceAlone(t *testing.T) {
	t.Parallel()

	const source = `{"userName": "a", "active": "True", "emails": [{"type": "work", "value": "w"}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": "m"}}`
	r := mustResource(t, source)
	for _, d := range dialects {
		if _, err := d.EncodeCreate(scim.UserType, r); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(mustResource(t, source), r); diff != "" {
		t.Error(diff)
	}
}

func TestParseDialect(t *testing.T) {
	t.Parallel()

	for _, d := range dialects {
		if got, err := scim.ParseDialect(d.String()); err != nil || got != d {
			t.Errorf("%s came back as %s, %v", d, got, err)
		}
	}
	_, err := scim.ParseDialect("latin")
	wantScimType(t, err, scim.InvalidValue)
}

// TestDialectsSayTheSame applies what each dialect writes and compares the results:
// whatever the dialect, the target ends in the same state.
func TestDialectsSayTheSame(t *testing.T) {
	t.Parallel()

	user := scim.NewUserType()
	files, err := filepath.Glob("testdata/dialects/patch-*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		ops := decodeNeutral(t, archive.Files[0].Data)
		kind := user
		if filepath.Base(file)[len("patch-"):][0] == 'g' {
			kind = scim.NewGroupType()
		}
		want, _, err := scim.Apply(target(t, kind), ops, kind, scim.Tolerant)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, d := range dialects {
			body, err := d.EncodePatch(ops)
			if err != nil || body == nil {
				t.Fatalf("%s, %s: %v", file, d, err)
			}
			decoded, err := scim.DecodePatch(body)
			if err != nil {
				t.Fatalf("%s, %s: %v", file, d, err)
			}
			mode := scim.Tolerant
			if d == scim.RFC7644 {
				mode = scim.Strict
			}
			got, _, err := scim.Apply(target(t, kind), decoded, kind, mode)
			if err != nil {
				t.Fatalf("%s, %s: %v", file, d, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s:\n%s", file, d, diff)
			}
		}
	}
}

// target is a resource with something for each golden PATCH to work on.
func target(t *testing.T, kind *scim.Type) scim.Resource {
	t.Helper()
	body := `{"schemas": ["` + scim.UserURN + `", "` + enterprise + `"], "userName": "ann", "title": "Dr", "active": true,
		"emails": [{"type": "work", "value": "w@x"}], "` + enterprise + `": {"manager": {"value": "boss"}, "department": "D0"},
		"roles": [{"primary": true, "value": "Reader"}]}`
	if kind.Name() == scim.GroupType {
		body = `{"schemas": ["` + scim.GroupURN + `"], "displayName": "g", "members": [{"value": "a"}, {"value": "b"}, {"value": "c"}]}`
	}
	r, err := kind.Normalize(mustResource(t, body), scim.Strict)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
