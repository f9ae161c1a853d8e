package graphcli_test

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/graphcli"
)

// TestWaits records for how long a command waits between its tries.
func TestWaits(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		verb    string
		answers []reply
		waits   []time.Duration
		code    int
	}{
		"seconds":             {"get", []reply{{status: 429, headers: map[string]string{"Retry-After": "7"}}}, []time.Duration{7 * time.Second}, 0},
		"a date":              {"get", []reply{{status: 503, headers: map[string]string{"Retry-After": "Fri, 02 Jan 2026 03:04:35 GMT"}}}, []time.Duration{30 * time.Second}, 0},
		"a date gone by":      {"get", []reply{{status: 503, headers: map[string]string{"Retry-After": "Fri, 02 Jan 2026 03:04:00 GMT"}}}, []time.Duration{0}, 0},
		"nothing said":        {"get", []reply{{status: 429}, {status: 503}, {status: 429}}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, 0},
		"four tries":          {"get", []reply{{status: 503}, {status: 503}, {status: 503}, {status: 503}}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, 7},
		"nonsense":            {"get", []reply{{status: 429, headers: map[string]string{"Retry-After": "soon"}}}, []time.Duration{time.Second}, 0},
		"too long":            {"get", []reply{{status: 429, headers: map[string]string{"Retry-After": "61"}}}, nil, 7},
		"other faults":        {"get", []reply{{status: 500}}, nil, 7},
		"a POST after 429":    {"post", []reply{{status: 429}}, []time.Duration{time.Second}, 0},
		"a POST after 503":    {"post", []reply{{status: 503}}, nil, 7},
		"a POST told to wait": {"post", []reply{{status: 503, headers: map[string]string{"Retry-After": "2"}}}, []time.Duration{2 * time.Second}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGraph(t)
			g.reply(c.answers...)
			var waits []time.Duration
			p := signedIn(g)
			p.options.Now = func() time.Time { return now }
			p.options.Wait = func(_ context.Context, d time.Duration) error {
				waits = append(waits, d)
				return nil
			}
			args := []string{"service-principals", "get", "--service-principal-id", "x"}
			if c.verb == "post" {
				args = []string{"service-principals", "synchronization", "acquire-access-token", "post", "--service-principal-id", "x"}
			}
			got := p.run(t, args...)
			if !slices.Equal(waits, c.waits) || graphcli.ExitCode(got.err) != c.code {
				t.Errorf("waited %v, code %d (%v); want %v, %d", waits, graphcli.ExitCode(got.err), got.err, c.waits, c.code)
			}
		})
	}
}

// A wait ends when the command's context does.
func TestWaitIsCancelled(t *testing.T) {
	t.Parallel()

	g := newGraph(t)
	g.reply(reply{status: 429})
	p := signedIn(g)
	p.options.Wait = func(context.Context, time.Duration) error { return context.Canceled }
	got := p.run(t, "service-principals", "get", "--service-principal-id", "x")
	if !errors.Is(got.err, context.Canceled) || strings.Count(g.requests(), "GET ") != 1 {
		t.Errorf("%v", got.err)
	}
}

// TestCertificate trusts a certificate authority of its own when told to, by flag
// or by bootstrap file, and nobody else.
func TestCertificate(t *testing.T) {
	t.Parallel()

	g := newGraph(t)
	secure := httptest.NewUnstartedServer(g)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	root := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}))
	bootstrap := `{"graphEndpoint":"` + secure.URL + `","authority":"` + secure.URL + `/t","tenantId":"t","clientId":"c","clientSecret":"s","caCertificate":"ca.pem"}`
	p := program{files: map[string]string{"ca.pem": root, "b.json": bootstrap, "empty.pem": "none"}}
	p.options.HTTP = &http.Client{Transport: http.DefaultTransport}
	get := []string{"service-principals", "get", "--service-principal-id", "x"}
	for want, args := range map[int][][]string{
		graphcli.ExitOK: {
			{"--graph-endpoint", secure.URL, "--access-token", "abcd", "--ca-certificate", "ca.pem"},
			{"--bootstrap-file", "b.json"},
		},
		graphcli.ExitUnavailable: {{"--graph-endpoint", secure.URL, "--access-token", "abcd"}},
		graphcli.ExitUsage: {
			{"--graph-endpoint", secure.URL, "--access-token", "abcd", "--ca-certificate", "empty.pem"},
			{"--graph-endpoint", secure.URL, "--access-token", "abcd", "--ca-certificate", "missing.pem"},
		},
	} {
		for _, more := range args {
			if got := p.run(t, append(get, more...)...); graphcli.ExitCode(got.err) != want {
				t.Errorf("%v: code %d, want %d: %v", more, graphcli.ExitCode(got.err), want, got.err)
			}
		}
	}
}

// TestLayers tells what a flag sets aside in the environment: a place names no
// second place, and a proof given for one person is not used for another.
func TestLayers(t *testing.T) {
	t.Parallel()

	g := newGraph(t)
	here := g.address()
	file := func(client, secret string) string {
		return `{"graphEndpoint":"` + here + `","authority":"` + here + `/t","tenantId":"t","clientId":"` + client + `","clientSecret":"` + secret + `"}`
	}
	files := map[string]string{"b.json": file("file-client", "file-secret"), "token": "file-token\n"}
	for name, c := range map[string]struct {
		environment map[string]string
		flags       []string
		want        string // a line of the requests
	}{
		"token of the environment":        {map[string]string{"PROVISOR_GRAPH_ENDPOINT": here, "PROVISOR_ACCESS_TOKEN": "env-token"}, nil, "Authorization: Bearer env-token"},
		"token file":                      {map[string]string{"PROVISOR_GRAPH_ENDPOINT": here, "PROVISOR_ACCESS_TOKEN": "env-token"}, []string{"--access-token-file", "token"}, "Authorization: Bearer file-token"},
		"a client flag beats a token":     {map[string]string{"PROVISOR_GRAPH_ENDPOINT": here, "PROVISOR_ACCESS_TOKEN": "env-token", "PROVISOR_CLIENT_SECRET": "env-secret"}, []string{"--client-id", "flag-client", "--authority", here + "/t"}, "client_id=flag-client&client_secret=env-secret"},
		"the endpoint flag beats a cloud": {map[string]string{"PROVISOR_CLOUD": "global", "PROVISOR_ACCESS_TOKEN": "env-token"}, []string{"--graph-endpoint", here}, "Authorization: Bearer env-token"},
		"... and a bootstrap file":        {map[string]string{"PROVISOR_BOOTSTRAP_FILE": "missing.json", "PROVISOR_ACCESS_TOKEN": "env-token"}, []string{"--graph-endpoint", here}, "Authorization: Bearer env-token"},
		"bootstrap flag beats it all":     {map[string]string{"PROVISOR_CLOUD": "china", "PROVISOR_ACCESS_TOKEN": "env-token", "PROVISOR_CLIENT_ID": "env-client", "PROVISOR_CLIENT_SECRET": "env-secret"}, []string{"--bootstrap-file", "b.json"}, "client_id=file-client&client_secret=file-secret"},
		"another client of a bootstrap":   {map[string]string{"PROVISOR_BOOTSTRAP_FILE": "b.json"}, []string{"--client-id", "flag-client", "--client-secret", "flag-secret"}, "client_id=flag-client&client_secret=flag-secret"},
	} {
		p := program{environment: c.environment, files: files}
		got := p.run(t, append([]string{"service-principals", "get", "--service-principal-id", "x"}, c.flags...)...)
		if sent := g.requests(); got.err != nil || !strings.Contains(sent, c.want) {
			t.Errorf("%s: %v\n%s", name, got.err, sent)
		}
	}
	// The secret of a bootstrap file is not sent for a client that it was not made for.
	p := program{environment: map[string]string{"PROVISOR_BOOTSTRAP_FILE": "b.json"}, files: files}
	got := p.run(t, "service-principals", "get", "--service-principal-id", "x", "--client-id", "flag-client")
	if graphcli.ExitCode(got.err) != graphcli.ExitUsage || g.requests() != "" {
		t.Errorf("a secret was paired with a foreign client: %v", got.err)
	}
}

// TestExitCodes holds the published table against kinds and statuses.
func TestExitCodes(t *testing.T) {
	t.Parallel()

	for kind, want := range map[errs.Kind]int{
		errs.Internal: 1, errs.Invalid: 1, errs.Unauthenticated: 4, errs.Forbidden: 5, errs.NotFound: 6, errs.Conflict: 8, errs.Gone: 8,
		errs.MethodNotAllowed: 1, errs.TooLarge: 1, errs.UnsupportedMediaType: 1, errs.NotImplemented: 3, errs.Throttled: 7, errs.Unavailable: 7,
	} {
		if got := graphcli.ExitCodeOf(kind); got != want {
			t.Errorf("kind %d: %d, want %d", kind, got, want)
		}
	}
	for status, want := range map[int]int{
		0: 7, 302: 1, 400: 1, 401: 4, 403: 5, 404: 6, 405: 1, 409: 8, 410: 8, 412: 8, 413: 1, 415: 1, 422: 1, 429: 7, 500: 7, 501: 3, 502: 7, 503: 7, 504: 7,
	} {
		if got := graphcli.ExitCodeOf(graphcli.KindOfStatus(status)); got != want {
			t.Errorf("status %d: %d, want %d", status, got, want)
		}
	}
	meanings := graphcli.ExitMeanings()
	for i, row := range meanings {
		if row.Code != i || row.Meaning == "" {
			t.Errorf("row %d is %+v", i, row)
		}
	}
	if graphcli.ExitCode(nil) != 0 || graphcli.ExitCode(errors.New("x")) != 1 ||
		graphcli.ExitCode(errors.Join(errs.New(errs.NotFound, "", "x"), errs.New(errs.Forbidden, "", "y"))) != 6 {
		t.Error("nil, plain and joined errors")
	}
}
