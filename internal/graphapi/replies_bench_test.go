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
	call := func(of **world, method, path string, sdk bool) func(*testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), method, "http://provisor.test"+path, strings.NewReader(`{"keyId":"none"}`))
				r.Header.Set("Authorization", "Bearer admin")
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("client-request-id", oneID)
				if sdk {
					r.Header.Set("SdkVersion", "graph-go/1.89.0")
				}
				if rec := (*of).send(r); rec.Code >= http.StatusInternalServerError {
					b.Fatal(rec.Body)
				}
			}
		}
	}
	app := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "http://provisor.test/v1.0/applications", strings.NewReader(oneApp))
	app.Header.Set("Authorization", "Bearer admin")
	id, _ := decoded(w.send(app))["id"].(string)
	remove := "/v1.0/applications/" + id + "/removePassword" // of one that is not there
	b.Run("read", call(&w, http.MethodGet, "/v1.0/organization", false))
	b.Run("read counted", call(&limited, http.MethodGet, "/v1.0/organization", false))
	b.Run("post", call(&w, http.MethodPost, remove, false))
	b.Run("post remembered", call(&w, http.MethodPost, remove, true))
}
