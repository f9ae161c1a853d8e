package graphapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the golden exchanges anew")

// TestExchanges plays the stories of testdata. Each is a sequence of requests on
// a fresh world; {name.member} in a request stands for a member of the answer to
// the request of that name, {application} for the URL of the application that is
// provisioned. The caller is admin unless the request says otherwise.
func TestExchanges(t *testing.T) {
	t.Parallel()

	files, err := filepath.Glob("testdata/exchanges/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()

			play(t, file)
		})
	}
}

func play(t *testing.T, file string) {
	t.Helper()
	story, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	want := map[string]string{}
	for _, f := range story.Files {
		want[f.Name] = string(f.Data)
	}
	out := &txtar.Archive{Comment: story.Comment}
	answers := map[string]map[string]any{}
	for _, f := range story.Files {
		name, isRequest := strings.CutSuffix(f.Name, " request")
		if !isRequest {
			continue
		}
		rec := w.send(parseRequest(t, strings.ReplaceAll(string(f.Data), "{application}", w.application.URL), answers))
		got := strings.ReplaceAll(render(rec), w.application.URL, "{application}")
		answers[name] = decoded(rec)
		out.Files = append(out.Files, f, txtar.File{Name: name + " answer", Data: []byte(got)})
		if expected := want[name+" answer"]; !*update && got != expected {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, expected)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// parseRequest reads a request line, headers, an empty line and a body.
func parseRequest(t *testing.T, text string, answers map[string]map[string]any) *http.Request {
	t.Helper()
	for name, answer := range answers {
		for member, value := range answer {
			text = strings.ReplaceAll(text, "{"+name+"."+member+"}", fmt.Sprint(value))
		}
	}
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	method, path, _ := strings.Cut(lines[0], " ")
	r := httptest.NewRequestWithContext(t.Context(), method, "http://provisor.test"+strings.ReplaceAll(path, " ", "%20"), strings.NewReader(strings.TrimSpace(body)))
	r.Header.Set("Authorization", "Bearer admin")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// render is an answer as a story shows it: what does not go without saying.
func render(rec *httptest.ResponseRecorder) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", rec.Code)
	for _, name := range []string{"Location", "Allow", "WWW-Authenticate", "Deprecation", "Sunset", "Link", "Content-Security-Policy"} {
		if value := rec.Header().Get(name); value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	if kind := rec.Header().Get("Content-Type"); kind != "" && !strings.HasPrefix(kind, "application/json") {
		fmt.Fprintf(&b, "Content-Type: %s\n", kind)
	}
	if rec.Body.Len() == 0 {
		return b.String()
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, rec.Body.Bytes(), "", " ") != nil {
		pretty = *bytes.NewBuffer(rec.Body.Bytes())
	}
	secret := regexp.MustCompile(`"(secretText|hint)": "[^"]*"`)
	b.Write(secret.ReplaceAll(pretty.Bytes(), []byte(`"$1": "(random)"`)))
	b.WriteByte('\n')
	return b.String()
}

// jsonOf writes v as JSON.
func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func decoded(rec *httptest.ResponseRecorder) map[string]any {
	var v map[string]any
	if json.Unmarshal(rec.Body.Bytes(), &v) != nil {
		return nil
	}
	return v
}
