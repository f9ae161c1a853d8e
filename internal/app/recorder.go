package app

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// recorder counts the requests that go to a target, by kind, and keeps the first
// body of each. It keeps no header, so it keeps no credential.
type recorder struct {
	mu   sync.Mutex
	seen map[exchangeKind]*exchange
}

type exchangeKind struct {
	request string
	status  int
}

// exchange is one kind of request and how often it was sent.
type exchange struct {
	exchangeKind

	count   int
	example string
}

func newRecorder() *recorder { return &recorder{seen: map[exchangeKind]*exchange{}} }

// watch returns a transport that records what passes.
func (r *recorder) watch(next http.RoundTripper) http.RoundTripper {
	return transportFunc(func(request *http.Request) (*http.Response, error) {
		request, body, err := copyBody(request)
		if err != nil {
			return nil, err
		}
		answer, err := next.RoundTrip(request)
		status := 0
		if err == nil {
			status = answer.StatusCode
		}
		r.note(exchangeKind{request.Method + " " + pathKind(request.URL.Path), status}, body)
		return answer, err
	})
}

// transportFunc makes a function a transport.
type transportFunc func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// maxExample is how much of a body is kept, in bytes.
const maxExample = 2000

// copyBody returns the request with its body as text. A transport must leave the
// request that it was given as it is.
func copyBody(request *http.Request) (*http.Request, string, error) {
	if request.Body == nil || !strings.Contains(request.Header.Get("Content-Type"), "json") {
		return request, "", nil
	}
	whole, err := io.ReadAll(request.Body)
	if err != nil {
		return request, "", err
	}
	_ = request.Body.Close() // it was read to its end
	request = request.Clone(request.Context())
	request.Body = io.NopCloser(bytes.NewReader(whole))
	return request, string(whole[:min(len(whole), maxExample)]), nil
}

func (r *recorder) note(kind exchangeKind, body string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.seen[kind]
	if one == nil {
		one = &exchange{exchangeKind: kind, example: body}
		r.seen[kind] = one
	}
	one.count++
}

// exchanges returns what was recorded, the most frequent first.
func (r *recorder) exchanges() []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []exchange
	for _, one := range r.seen {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b exchange) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.request, b.request), cmp.Compare(a.status, b.status))
	})
	return all
}

// pathKind replaces the id at the end of a SCIM path.
func pathKind(path string) string {
	for _, kind := range []string{"/Users/", "/Groups/"} {
		if i := strings.LastIndex(path, kind); i >= 0 {
			return path[:i+len(kind)] + "{id}"
		}
	}
	return path
}
