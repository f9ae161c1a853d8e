package graphapi_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/graphapi"
)

// compatibilityPreface stands above the table.
const compatibilityPreface = `# Compatibility with Microsoft Graph

Every request that Provisor answers, and how it compares with Graph. The tables are made from the routes of the
program by ` + "`go test ./internal/graphapi -run Compatibility -update`" + `; a test keeps them true, and another compares what is
answered with Graph's published model, member by member.

* **same**: request, answer and errors are Graph's, for the properties that Provisor keeps. The metadata documents
  ` + "`/v1.0/$metadata` and `/beta/$metadata`" + ` name them.
* **better**: it does what Graph's cannot. · **differs**: on purpose; the note says how. · **not offered**: 501 with what
  to do instead. · **–**: the version does not have it.

What Graph has and no table names is 404. ` + "`{c}`" + ` stands for applications and for servicePrincipals: two views of one
state. Everywhere: keys in parentheses or as segments, alternate keys, functions with parentheses or without, actions
with their namespace, segments in any case, a trailing slash; ` + "`@odata.type`" + ` in any body; gzip; ` + "`$batch`" + `. A query option that
a row does not list is 400 and named.
`

// entry is one line of the tables.
type entry struct {
	route  graphapi.Route
	path   string
	inBoth bool // containers
}

// entries joins the rows that both containers have.
func entries(routes []graphapi.Route) []entry {
	var all []entry
	at := map[string]int{}
	for _, r := range routes {
		path := r.Pattern
		for _, set := range []string{"applications", "servicePrincipals"} {
			path = strings.Replace(path, set+"/{id}/synchronization", "{c}/synchronization", 1)
		}
		key := r.Method + " " + path + " " + fmt.Sprint(r.Versions)
		if i, ok := at[key]; ok {
			all[i].inBoth = true
			continue
		}
		at[key] = len(all)
		all = append(all, entry{route: r, path: path})
	}
	return all
}

// section is the table that an entry stands in.
func (e entry) section() string {
	first, rest, _ := strings.Cut(e.path, "/")
	switch {
	case e.route.Versions == graphapi.Own:
		return "What Graph lacks, below /provisor"
	case e.route.Versions == graphapi.Metadata:
		return "Below /metadata"
	case first == "{c}" && strings.Contains(rest, "/schema"):
		return "Schemas"
	case first == "{c}" && strings.Contains(rest, "/templates"):
		return "Templates"
	case first == "{c}" && strings.Contains(rest, "/jobs"):
		return "Jobs"
	case first == "{c}":
		return "Synchronization"
	default:
		return first
	}
}

// line is the entry in Markdown.
func (e entry) line() string {
	own := e.route.Versions == graphapi.Own || e.route.Versions == graphapi.Metadata
	note := e.route.Note
	if e.route.Deprecated {
		note = join(note, "deprecated on beta")
	}
	var options []string
	for _, o := range e.route.Options {
		options = append(options, string(o))
	}
	request := "`" + e.route.Method + " /" + e.path + "`"
	if own {
		return fmt.Sprintf("| %s | %s | %s |", request, strings.Join(options, " "), note)
	}
	cell := func(v graphapi.Versions) string {
		if e.route.Versions&v == 0 {
			return "–"
		}
		return e.route.Parity.String()
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |", request, cell(graphapi.V1), cell(graphapi.Beta), strings.Join(options, " "), note)
}

func join(texts ...string) string {
	var kept []string
	for _, t := range texts {
		if t != "" {
			kept = append(kept, t)
		}
	}
	return strings.Join(kept, "; ")
}

// compatibility writes the document.
func compatibility(routes []graphapi.Route) string {
	var order []string
	lines := map[string][]string{}
	for _, e := range entries(routes) {
		name := e.section()
		if lines[name] == nil {
			order = append(order, name)
		}
		lines[name] = append(lines[name], e.line())
	}
	var doc strings.Builder
	doc.WriteString(compatibilityPreface)
	for _, name := range order {
		head := "| request | v1.0 | beta | options | note |\n|---|---|---|---|---|"
		if strings.Contains(name, "elow /") {
			head = "| request | options | note |\n|---|---|---|"
		}
		fmt.Fprintf(&doc, "\n## %s\n\n%s\n%s\n", name, head, strings.Join(lines[name], "\n"))
	}
	return doc.String()
}

// TestCompatibility keeps docs/compatibility.md true.
func TestCompatibility(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	want := compatibility(w.api.Routes())
	file := filepath.Join("..", "..", "docs", "compatibility.md")
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the routes say (%v): go test ./internal/graphapi -run Compatibility -update", file, err)
	}
}

// TestParity: what is said not to be offered is not, everything else is, and what is
// not the same says why.
func TestParity(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	for _, r := range w.api.Routes() {
		if r.Parity != graphapi.Same && r.Note == "" {
			t.Errorf("%s %s: %s, and no word why", r.Method, r.Pattern, r.Parity)
		}
		for _, u := range urls(r) {
			request := newRequest(t, r.Method, u)
			request.Header.Set("Content-Type", "application/scim+json")
			if refused := w.send(request).Code == http.StatusNotImplemented; refused != (r.Parity == graphapi.NotOffered) {
				t.Errorf("%s %s is said to be %s, and 501 is %v", r.Method, u, r.Parity, refused)
			}
		}
	}
}
