package graphapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/provisor/provisor/internal/graphapi"
)

// BenchmarkSurface measures what the surface itself costs a request: routing,
// authorization, query options, the answer and the log line. The route reads
// nothing from the database.
func BenchmarkSurface(b *testing.B) {
	w := newWorldOf(b, func(c *graphapi.Config) { c.Log, c.Observe = slog.New(slog.DiscardHandler), nil })
	const path = "http://provisor.test/v1.0/applicationTemplates('8adf8e6e-67b2-4cf2-a259-e3dc5476c621')"
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer admin")
		if rec := w.send(r); rec.Code != http.StatusOK {
			b.Fatalf("%d %s", rec.Code, rec.Body)
		}
	}
}
