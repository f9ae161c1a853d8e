package graphcli_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/graphcli"
)

// graph is a Graph and its token endpoint that write down what they are asked,
// word by word.
type graph struct {
	server *httptest.Server

	mu      sync.Mutex
	asked   strings.Builder
	answers []reply
}

// reply is what the next request gets; without one, GET gets an empty collection
// and everything else 204.
type reply struct {
	status  int
	headers map[string]string
	body    string
}

func newGraph(t interface{ Cleanup(func()) }) *graph {
	g := &graph{}
	g.server = httptest.NewUnstartedServer(g) // the handler reads this field
	g.server.Start()
	t.Cleanup(g.server.Close)
	return g
}

func (g *graph) address() string { return g.server.URL }

func (g *graph) reply(r ...reply) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answers = append(g.answers, r...)
}

// requests returns and forgets what was asked.
func (g *graph) requests() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	defer g.asked.Reset()
	return g.asked.String()
}

func (g *graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.record(r, body)
	for name, value := range map[string]string{"request-id": "99999999-0000-4000-8000-000000000000", "client-request-id": r.Header.Get("client-request-id"), "Content-Type": "application/json"} {
		w.Header().Set(name, value)
	}
	switch {
	case len(g.answers) > 0:
		next := g.answers[0]
		g.answers = g.answers[1:]
		for name, value := range next.headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(next.status)
		fmt.Fprint(w, strings.ReplaceAll(next.body, "GRAPH", g.server.URL))
	case strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token"):
		fmt.Fprint(w, `{"access_token":"issued-token","token_type":"Bearer","expires_in":3600}`)
	case r.Method == http.MethodGet:
		fmt.Fprint(w, `{"value":[]}`)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// record leaves out only what the transport adds.
func (g *graph) record(r *http.Request, body []byte) {
	fmt.Fprintf(&g.asked, "%s %s\n", r.Method, r.URL.RequestURI())
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if name != "Accept-Encoding" && name != "Content-Length" {
			fmt.Fprintf(&g.asked, "%s: %s\n", name, strings.Join(r.Header[name], " | "))
		}
	}
	if len(body) > 0 {
		fmt.Fprintf(&g.asked, "\n%s\n", strings.ReplaceAll(string(body), url.QueryEscape(g.server.URL), "GRAPH"))
	}
	g.asked.WriteString("\n")
}

const requestID = "11111111-2222-4333-8444-555555555555"

// program is what the tests run commands in.
type program struct {
	stdin       string
	piped       bool
	environment map[string]string
	files       map[string]string
	options     graphcli.Options // what is not set by the others
}

// result is what came of a command.
type result struct {
	stdout, stderr string
	err            error
}

func (p program) run(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	o := p.options
	o.Stdin, o.Stdout, o.Stderr = strings.NewReader(p.stdin), &stdout, &stderr
	o.Getenv = func(name string) string { return p.environment[name] }
	o.ReadFile = func(name string) ([]byte, error) {
		text, ok := p.files[name]
		if !ok {
			return nil, fmt.Errorf("open %s: no such file", name)
		}
		return []byte(text), nil
	}
	o.NewRequestID = func() string { return requestID }
	o.IsTerminal = !p.piped
	o.Version = "1.2.3"
	root := &cobra.Command{Use: "provisor", SilenceErrors: true, SilenceUsage: true}
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	root.AddCommand(graphcli.Commands(o)...)
	root.SetArgs(graphcli.CanonicalArgs(args))
	err := root.ExecuteContext(t.Context())
	graphcli.Report(&stderr, err)
	return result{stdout.String(), stderr.String(), err}
}

// signedIn is a program that has an access token for g.
func signedIn(g *graph) program {
	return program{environment: map[string]string{"PROVISOR_GRAPH_ENDPOINT": g.address(), "PROVISOR_ACCESS_TOKEN": "given-token"}}
}
