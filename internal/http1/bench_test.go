package http1_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/http1"
)

// BenchmarkRoundTrip is one POST and its answer on loopback, beside net/http's own
// transport; the server is part of both.
func BenchmarkRoundTrip(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":"1"}`)
	}))
	b.Cleanup(s.Close)
	direct := http1.New(options())
	b.Cleanup(direct.CloseIdleConnections)
	standard := &http.Transport{MaxIdleConnsPerHost: 64}
	b.Cleanup(standard.CloseIdleConnections)
	body := strings.Repeat("x", 1000)
	for name, t := range map[string]http.RoundTripper{"direct": direct, "net-http": standard} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, s.URL, strings.NewReader(body))
					if err != nil {
						b.Error(err)
						return
					}
					resp, err := t.RoundTrip(req)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				}
			})
		})
	}
}
