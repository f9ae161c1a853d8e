package app

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// recorder counts the requests that go to a target, by kind, and keeps the first
// exchange of each: the body that was sent, and the type and beginning of the answer. It
// keeps no other header, so it keeps no credential.
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

	count                int
	path, sent           string // of the first one
	answerType, answered string
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
		kind := exchangeKind{request: request.Method + " " + pathKind(request.URL.Path)}
		first := exchange{path: request.URL.RequestURI(), sent: body}
		if err != nil {
			first.answered = cause(plainCause(err))
			r.note(kind, first)
			return answer, err
		}
		kind.status, first.answerType = answer.StatusCode, answer.Header.Get("Content-Type")
		if r.note(kind, first) {
			answer.Body = &overheard{ReadCloser: answer.Body, heard: func(text []byte) { r.hear(kind, text) }}
		}
		return answer, nil
	})
}

// plainCause is what the system says of a request without answer, without the address
// that stands beside it.
func plainCause(err error) error {
	if inner, ok := errors.AsType[*net.OpError](err); ok {
		return inner.Err
	}
	return err
}

// overheard is a body that tells what is read of it.
type overheard struct {
	io.ReadCloser

	heard func([]byte)
}

// Read reads, and tells.
func (o *overheard) Read(p []byte) (int, error) {
	n, err := o.ReadCloser.Read(p)
	o.heard(p[:n])
	return n, err
}

// transportFunc makes a function a transport.
type transportFunc func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// How much of a body that was sent, and of one that was answered, is kept, in bytes.
const (
	maxSent     = 2000
	maxAnswered = 300
)

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
	return request, string(whole[:min(len(whole), maxSent)]), nil
}

// note counts an exchange, and reports whether it is the first of its kind.
func (r *recorder) note(kind exchangeKind, first exchange) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.seen[kind]
	if one == nil {
		first.exchangeKind, first.count = kind, 1
		r.seen[kind] = &first
		return true
	}
	one.count++
	return false
}

// hear keeps the beginning of what was answered.
func (r *recorder) hear(kind exchangeKind, text []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.seen[kind]
	one.answered += string(text[:min(len(text), maxAnswered-len(one.answered))])
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

// refused reports whether the answer was none that SCIM has for a success.
func (e exchange) refused() bool {
	return e.status < http.StatusOK || e.status >= http.StatusMultipleChoices || e.answerType != "" && !strings.Contains(e.answerType, "json")
}

// misread reports whether a change was refused for what it says or how it is written.
func (e exchange) misread() bool {
	refused := e.status == http.StatusBadRequest || e.status == http.StatusUnprocessableEntity || e.status == http.StatusNotImplemented
	return refused && !strings.HasPrefix(e.request, http.MethodGet)
}

// literal is the exchange as it went over the wire, shortened and without credentials.
func (e exchange) literal() []string {
	method, _, _ := strings.Cut(e.request, " ")
	lines := []string{method + " " + e.path}
	if e.sent != "" {
		lines = append(lines, e.sent)
	}
	if e.status == 0 {
		return append(lines, "no answer: "+e.answered)
	}
	lines = append(lines, strconv.Itoa(e.status)+" "+http.StatusText(e.status))
	if e.answerType != "" {
		lines = append(lines, "Content-Type: "+e.answerType)
	}
	if e.answered != "" {
		lines = append(lines, e.answered)
	}
	return lines
}
