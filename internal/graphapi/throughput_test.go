package graphapi_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// rival is a bare net/http handler that does the same work below the surface.
type rival func(ctx context.Context, w http.ResponseWriter) error

// race sends one request to the surface and one to the rival in turn, over the
// network, and reports how many of each a second and the ratio, in the same run.
func race(b *testing.B, w *world, r *http.Request, body string, bare rival) {
	b.Helper()
	surface := httptest.NewServer(w.api)
	b.Cleanup(surface.Close)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if err := bare(r.Context(), w); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	b.Cleanup(other.Close)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	b.Cleanup(client.CloseIdleConnections)
	var ours, theirs []time.Duration
	for b.Loop() {
		ours = append(ours, once(b, client, r, surface.URL, body))
		theirs = append(theirs, once(b, client, r, other.URL, body))
	}
	report := func(name string, took []time.Duration) float64 {
		slices.Sort(took)
		var sum time.Duration
		for _, d := range took {
			sum += d
		}
		perSecond := float64(len(took)) / sum.Seconds()
		b.ReportMetric(perSecond, name+"-req/s")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), name+"-p99-µs")
		return perSecond
	}
	b.ReportMetric(report("surface", ours)/report("bare", theirs), "ratio")
}

func once(b *testing.B, client *http.Client, r *http.Request, base, body string) time.Duration {
	b.Helper()
	request := r.Clone(b.Context())
	request.RequestURI = ""
	target, err := url.Parse(base + r.URL.RequestURI())
	if err != nil {
		b.Fatal(err)
	}
	request.URL, request.Host = target, target.Host
	request.Body, request.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	began := time.Now() //nolint:forbidigo // it is measured
	answer, err := client.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	if err != nil || answer.StatusCode >= http.StatusBadRequest {
		b.Fatalf("%s: %d %v", target, answer.StatusCode, err)
	}
	return time.Since(began)
}

// quietWorld is a world whose log goes nowhere, with an application that is connected
// and has a job.
func quietWorld(b *testing.B) (*world, payroll, string) {
	b.Helper()
	w := newWorldOf(b, func(c *graphapi.Config) { c.Log, c.Observe = slog.New(slog.DiscardHandler), nil })
	send := func(method, path, body string) map[string]any {
		r := httptest.NewRequestWithContext(b.Context(), method, "http://provisor.test"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer admin")
		rec := w.send(r)
		if rec.Code >= http.StatusBadRequest {
			b.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
		}
		return decoded(rec)
	}
	text := func(object map[string]any, name string) string { s, _ := object[name].(string); return s }
	app := send(http.MethodPost, "/v1.0/applications", `{"displayName":"Payroll"}`)
	sp := send(http.MethodPost, "/v1.0/servicePrincipals", `{"appId":"`+text(app, "appId")+`"}`)
	p := payroll{app: text(app, "id"), sp: text(sp, "id"), appID: text(app, "appId")}
	send(http.MethodPut, p.sync()+"/secrets", `{"value":[`+w.client()+`]}`)
	return w, p, text(send(http.MethodPost, p.sync()+"/jobs", `{"templateId":"scim"}`), "id")
}

func asAdmin(b *testing.B, method, path string) *http.Request {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), method, "http://provisor.test"+path, nil)
	r.Header.Set("Authorization", "Bearer admin")
	r.Header.Set("Content-Type", "application/json")
	return r
}

// BenchmarkHotReads: what clients poll, against a handler that reads the same rows and
// writes them as JSON.
func BenchmarkHotReads(b *testing.B) {
	w, p, job := quietWorld(b)
	principal := func(ctx context.Context) error {
		_, err := w.db.Object(ctx, tenantID, store.Ref{ID: directory.ObjectID(p.sp), Kind: directory.ServicePrincipal})
		return err
	}
	answer := func(to http.ResponseWriter, v any, err error) error {
		if err != nil {
			return err
		}
		if text, ok := v.(json.RawMessage); ok {
			_, err := to.Write(text)
			return err
		}
		return json.NewEncoder(to).Encode(v)
	}
	for name, read := range map[string]struct {
		path string
		bare func(ctx context.Context) (any, error)
	}{
		"job": {"/jobs/" + job, func(ctx context.Context) (any, error) { return w.db.Job(ctx, tenantID, synchronization.JobID(job)) }},
		"schema": {"/jobs/" + job + "/schema", func(ctx context.Context) (any, error) {
			return w.db.SchemaText(ctx, tenantID, synchronization.JobID(job))
		}},
		"secrets": {"/secrets", func(ctx context.Context) (any, error) { return w.db.Secrets(ctx, tenantID, directory.ObjectID(p.sp)) }},
	} {
		b.Run(name, func(b *testing.B) {
			race(b, w, asAdmin(b, http.MethodGet, p.sync()+read.path), "", func(ctx context.Context, to http.ResponseWriter) error {
				if err := principal(ctx); err != nil {
					return err
				}
				v, err := read.bare(ctx)
				return answer(to, v, err)
			})
		})
	}
}

// BenchmarkAcquire: the action, against a handler that asks the same token endpoint
// and stores as many bytes as durably.
func BenchmarkAcquire(b *testing.B) {
	w, p, _ := quietWorld(b)
	client := &http.Client{}
	b.Cleanup(client.CloseIdleConnections)
	owner := directory.ObjectID("bbbbbbbb-0000-4000-8000-00000000ffff")
	race(b, w, asAdmin(b, http.MethodPost, p.sync()+"/acquireAccessToken"), "{}", func(ctx context.Context, to http.ResponseWriter) error {
		token, err := exchange(ctx, client, w.application.URL+"/token")
		if err != nil {
			return err
		}
		err = w.db.UpdateSecrets(ctx, tenantID, owner, func([]store.SealedSecret) ([]store.SealedSecret, error) {
			return []store.SealedSecret{{Key: "Oauth2AccessToken", Sealed: token, UpdatedAt: now()}}, nil
		})
		to.WriteHeader(http.StatusNoContent)
		return err
	})
}

func exchange(ctx context.Context, client *http.Client, endpoint string) ([]byte, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth("client-1", theClientSecret)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	return io.ReadAll(answer.Body)
}
