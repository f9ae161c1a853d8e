package graphapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/provisor/provisor/internal/graphapi"
)

func (w *world) script(t *testing.T, method, origin string) *httptest.ResponseRecorder {
	t.Helper()
	r := newRequest(t, method, "/v1.0/organization")
	r.Header.Set("Origin", origin)
	if method == http.MethodOptions {
		r.Header.Del("Authorization")
		r.Header.Set("Access-Control-Request-Method", http.MethodGet)
	}
	return w.send(r)
}

// TestScriptsOfOtherPages may call only where the operator named their page.
func TestScriptsOfOtherPages(t *testing.T) {
	t.Parallel()

	const page = "https://app.example"
	closed := newWorld(t)
	open := newWorldWith(t, func(c *graphapi.Config) { c.CORSOrigins = []string{page} })
	all := newWorldWith(t, func(c *graphapi.Config) { c.CORSOrigins = []string{"*"} })
	for name, tt := range map[string]struct {
		w      *world
		origin string
		shared bool
	}{
		"by default":    {closed, page, false},
		"named":         {open, page, true},
		"another":       {open, "https://evil.example", false},
		"with any page": {all, "https://other.example", true},
	} {
		want := ""
		if tt.shared {
			want = tt.origin
		}
		got := tt.w.script(t, http.MethodGet, tt.origin)
		if got.Code != http.StatusOK || got.Header().Get("Access-Control-Allow-Origin") != want || got.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %d %v", name, got.Code, got.Header())
		}
		asked := tt.w.script(t, http.MethodOptions, tt.origin)
		if tt.shared != (asked.Code == http.StatusNoContent) || asked.Header().Get("Access-Control-Allow-Origin") != want {
			t.Errorf("%s, asked before: %d %v", name, asked.Code, asked.Header())
		}
	}
}

// TestHead is GET without the body.
func TestHead(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	server := httptest.NewServer(w.api)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+"/v1.0/organization", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer admin")
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK || resp.ContentLength <= 0 || resp.Header.Get("request-id") == "" {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
}
