package graphapi_test

import (
	"bufio"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// example is one line of the published exchanges.
type example struct {
	ID       string          `json:"id"`
	Method   string          `json:"method"`
	Path     string          `json:"path"`
	Status   int             `json:"status"`
	Request  json.RawMessage `json:"request"`
	Response any             `json:"response"`
}

// examples reads the exchanges about synchronization.
func examples(t *testing.T) []example {
	t.Helper()
	folder := os.Getenv("PROVISOR_REFERENCE") //nolint:forbidigo // where the collection lies is the business of who runs the tests
	if folder == "" {
		t.Skip("PROVISOR_REFERENCE names no folder with graph-examples.jsonl")
	}
	file, err := os.Open(filepath.Join(folder, "graph-examples.jsonl"))
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = file.Close() }()
	var all []example
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e example
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func newRequest(t *testing.T, method, path string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://provisor.test"+strings.ReplaceAll(path, " ", "%20"), nil)
	r.Header.Set("Authorization", "Bearer admin")
	return r
}

// here replaces the ids of a published path by those of this world.
func here(path string, p payroll, job string) string {
	for pattern, id := range map[string]string{
		`(/servicePrincipals/)[^/?]+`:         p.sp,
		`(/applications/)[^/?]+`:              p.app,
		`(/jobs/)[^/?]*[.{}0-9][^/?]*`:        job,
		`(/synchronization/templates/)[^/?]+`: "scim",
		`(/schema/directories/)[^/?]+`:        "66e4a8cc-1b7b-435e-95f8-f06cea133828",
		`(/applicationTemplates/)[^/?]+`:      "8adf8e6e-67b2-4cf2-a259-e3dc5476c621",
		`(servicePrincipals\(appId=)'[^']+'`:  "'" + appIDOf(adminSP) + "'",
	} {
		path = regexp.MustCompile(pattern).ReplaceAllString(path, "${1}"+id)
	}
	return path
}

// TestPublishedRequests: every published request finds its route and is understood:
// never 404, 405, 413, 415 or 5xx, but 501 where the surface says so.
func TestPublishedRequests(t *testing.T) {
	t.Parallel()

	for _, e := range examples(t) {
		if e.Status >= http.StatusBadRequest {
			continue
		}
		t.Run(e.ID, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			p := w.payroll(t)
			job, _ := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/servicePrincipals/"+p.sp+"/synchronization/jobs", `{"templateId":"customappsso"}`)["id"].(string)
			body := ""
			if string(e.Request) != "null" {
				body = string(e.Request)
			}
			rec := w.do(t, "admin", e.Method, here(e.Path, p, job), body)
			if !slices.Contains([]int{200, 201, 204, 400, 501}, rec.Code) {
				t.Errorf("%s %s: %d %s", e.Method, e.Path, rec.Code, rec.Body)
			}
			if rec.Code == http.StatusBadRequest {
				t.Logf("%s %s: %s", e.Method, e.Path, rec.Body)
			}
		})
	}
}

// TestPublishedShapes: what the published answers about jobs, templates, schemas
// and secrets have, ours have.
func TestPublishedShapes(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	w.connect(t, p)
	const root = "/synchronization/"
	job := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/servicePrincipals/"+p.sp+root+"jobs", `{"templateId":"scim"}`)
	id, _ := job["id"].(string)
	compared := 0
	for _, e := range examples(t) {
		path := here(e.Path, p, id)
		_, below, ok := strings.Cut(path, root)
		read := e.Method == http.MethodGet || strings.HasSuffix(e.Path, "/jobs")
		if !ok || !read || e.Status >= http.StatusBadRequest || e.Response == nil || strings.Contains(below, "functions") || strings.Contains(below, "filterOperators") {
			continue
		}
		ours := any(w.want(t, http.StatusOK, http.MethodGet, path, ""))
		if e.Method == http.MethodPost {
			ours = job
		}
		compared++
		if missing := lacking("", e.Response, ours); len(missing) > 0 {
			t.Errorf("%s %s: ours lacks %v", e.ID, e.Path, missing)
		}
	}
	if compared < 10 {
		t.Errorf("only %d published answers were compared", compared)
	}
	t.Logf("%d published answers compared", compared)
}

// lacking lists the members that theirs has and ours has not. Of a list, any
// element of ours may have it; below null nothing is compared.
func lacking(at string, theirs, ours any) []string {
	switch theirs := theirs.(type) {
	case map[string]any:
		object, ok := ours.(map[string]any)
		if !ok {
			return nil // null here, and an object there: an execution that has not been
		}
		var missing []string
		for _, name := range slices.Sorted(maps.Keys(theirs)) {
			value, has := object[name]
			switch {
			case strings.Contains(name, "@"):
			case !has:
				missing = append(missing, at+"/"+name)
			default:
				missing = append(missing, lacking(at+"/"+name, theirs[name], value)...)
			}
		}
		return missing
	case []any:
		list, _ := ours.([]any)
		if len(theirs) == 0 || len(list) == 0 {
			return nil
		}
		return lacking(at+"[]", theirs[0], merged(list))
	}
	return nil
}

// merged has the members of all elements of a list.
func merged(list []any) any {
	all := map[string]any{}
	for _, element := range list {
		object, ok := element.(map[string]any)
		if !ok {
			return element
		}
		for name, value := range object {
			if all[name] == nil {
				all[name] = value
			} else if longer, ok := value.([]any); ok && len(longer) > 0 {
				before, _ := all[name].([]any)
				all[name] = append(slices.Clone(before), longer...)
			}
		}
	}
	return all
}
