package scimserver_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
)

func send(b *testing.B, h *httptest.Server, method, path, body string) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, h.URL+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", scim.MediaType)
	res, err := h.Client().Do(req)
	if err != nil {
		b.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if res.StatusCode >= 300 {
		b.Fatalf("%s %s: %s", method, path, res.Status)
	}
}

func serve(b *testing.B) *httptest.Server {
	b.Helper()
	h := httptest.NewServer(scimserver.New(scimserver.Options{Mode: scim.Tolerant}))
	b.Cleanup(h.Close)
	h.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 64 //nolint:forcetypeassert,errcheck // httptest's client has it
	return h
}

// BenchmarkCreate posts users over loopback, client and server in one process.
func BenchmarkCreate(b *testing.B) {
	h := serve(b)
	var n atomic.Int64
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			send(b, h, "POST", "/Users", user(fmt.Sprintf("u%d@x", n.Add(1)),
				`, "active": true, "name": {"givenName": "A", "familyName": "B"}, "emails": [{"type": "work", "value": "a@x", "primary": true}]`))
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}

// BenchmarkHandlerCreate leaves the network out.
func BenchmarkHandlerCreate(b *testing.B) {
	s := scimserver.New(scimserver.Options{Mode: scim.Tolerant})
	for n := 0; b.Loop(); n++ {
		r := httptest.NewRequestWithContext(b.Context(), "POST", "/Users", strings.NewReader(user(fmt.Sprintf("u%d@x", n),
			`, "active": true, "name": {"givenName": "A", "familyName": "B"}, "emails": [{"type": "work", "value": "a`+fmt.Sprint(n)+`@x", "primary": true}]`)))
		r.Header.Set("Content-Type", scim.MediaType)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusCreated {
			b.Fatal(w.Body)
		}
	}
}

// BenchmarkAddMember adds one member to a group of 100,000.
func BenchmarkAddMember(b *testing.B) {
	h := serve(b)
	s := h.Config.Handler
	ids := make([]string, 100_000)
	for i := range ids {
		ids[i] = fmt.Sprint("m", i)
	}
	r := httptest.NewRequestWithContext(b.Context(), "POST", "/Groups", strings.NewReader(group("g", ids...)))
	r.Header.Set("Content-Type", scim.MediaType)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	path := w.Header().Get("Location")
	for n := 0; b.Loop(); n++ {
		send(b, h, "PATCH", path, patch(fmt.Sprintf(`{"op": "Add", "path": "members", "value": [{"value": "n%d"}]}`, n)))
	}
}

func BenchmarkFindByUserName(b *testing.B) {
	s := scimserver.New(scimserver.Options{})
	for n := range 10_000 {
		r := httptest.NewRequestWithContext(b.Context(), "POST", "/Users", strings.NewReader(user(fmt.Sprint("u", n), "")))
		r.Header.Set("Content-Type", scim.MediaType)
		s.ServeHTTP(httptest.NewRecorder(), r)
	}
	for b.Loop() {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), "GET", "/Users?filter=userName+eq+%22U500%22", nil))
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
