package graphapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/graphapi"
)

// BenchmarkConventions is a read, without and with counting calls, and a POST that
// changes nothing, without and with remembering the answer.
func BenchmarkConventions(b *testing.B) {
	var w *world
	w = newWorldOf(b, func(c *graphapi.Config) { c.Replies = replies{&w} })
	limited := newWorldOf(b, func(c *graphapi.Config) {
		c.Limits = graphapi.Limits{All: graphapi.Rate{Calls: 1 << 40, Period: time.Second}}
	})
	app := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "http://provisor.test/v1.0/applications", strings.NewReader(oneApp))
	app.Header.Set("Authorization", "Bearer admin")
	id, _ := decoded(w.send(app))["id"].(string)
	remove := "/v1.0/applications/" + id + "/removePassword" // of one that is not there
	b.Run("read", repeated(&w, http.MethodGet, "/v1.0/organization", ""))
	b.Run("read counted", repeated(&limited, http.MethodGet, "/v1.0/organization", ""))
	b.Run("post", repeated(&w, http.MethodPost, remove, ""))
	b.Run("post remembered", repeated(&w, http.MethodPost, remove, "graph-go/1.89.0"))
}

// repeated sends one request over and over, as an SDK of a version does, or as nobody
// in particular.
func repeated(of **world, method, path, sdk string) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		for b.Loop() {
			r := httptest.NewRequestWithContext(b.Context(), method, "http://provisor.test"+path, strings.NewReader(`{"keyId":"none"}`))
			r.Header.Set("Authorization", "Bearer admin")
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("client-request-id", oneID)
			if sdk != "" {
				r.Header.Set("SdkVersion", sdk)
			}
			if rec := (*of).send(r); rec.Code >= http.StatusInternalServerError {
				b.Fatal(rec.Body)
			}
		}
	}
}
