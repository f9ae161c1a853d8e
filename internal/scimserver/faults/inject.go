package faults

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Injector is a handler that fails as its schedule says.  It is safe for concurrent
// use.
type Injector struct {
	next     http.Handler
	schedule Schedule
	paths    []*http.ServeMux // by rule; nil where every path matches

	mu       sync.Mutex
	number   int
	matches  map[int]int
	attempts map[uint64]int
	trace    []Injection
}

// Injection is one fault that was injected.
type Injection struct {
	Number  int // of the request, from 1
	Method  string
	URL     string // path and query
	Attempt int    // how often this very request had come, this time included
	Fault   Fault
	Applied bool // whether the server carried the request out
	Status  int  // the server's answer where it was applied, else 0
}

// Wrap returns h behind the faults of s.
func Wrap(h http.Handler, s Schedule) *Injector {
	i := &Injector{next: h, schedule: s, matches: map[int]int{}, attempts: map[uint64]int{}}
	for _, r := range s.Rules {
		var mux *http.ServeMux
		if r.Path != "" {
			mux = http.NewServeMux()
			mux.Handle(r.Path, h)
		}
		i.paths = append(i.paths, mux)
	}
	return i
}

// Trace returns what was injected so far, in the order of the requests' arrival.
func (i *Injector) Trace() []Injection {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]Injection(nil), i.trace...)
}

// Requests returns how many requests came, injured or not.
func (i *Injector) Requests() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.number
}

// ServeHTTP answers one request or fails to.
func (i *Injector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "the body ended early", http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	fault, slot := i.draw(r, body)
	if fault.Kind == None {
		i.next.ServeHTTP(w, r)
		return
	}
	if !fault.Kind.Applies() {
		fail(w, r, fault)
		return
	}
	if fault.Kind == Slow && !wait(r.Context(), fault.Delay) {
		i.retract(slot)
		return
	}
	i.applied(w, r, fault, slot)
}

// draw asks the schedule and notes the fault.  It returns the place of the note.
func (i *Injector) draw(r *http.Request, body []byte) (Fault, int) {
	id := fingerprint(r, body)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.number++
	i.attempts[id]++
	o := occasion{
		method: r.Method, fingerprint: id, number: i.number, attempt: i.attempts[id],
		matches: i.matches, matching: map[int]bool{},
	}
	for n, rule := range i.schedule.Rules {
		if o.matching[n] = i.matchesRule(n, rule, r); o.matching[n] {
			i.matches[n]++
		}
	}
	f := i.schedule.fault(o)
	if f.Kind == None {
		return f, -1
	}
	i.trace = append(i.trace, Injection{
		Number: o.number, Method: r.Method, URL: r.URL.RequestURI(),
		Attempt: o.attempt, Fault: f, Applied: f.Kind.Applies(),
	})
	return f, len(i.trace) - 1
}

func (i *Injector) matchesRule(n int, rule Rule, r *http.Request) bool {
	if rule.Method != "" && rule.Method != r.Method {
		return false
	}
	if i.paths[n] == nil {
		return true
	}
	_, pattern := i.paths[n].Handler(r)
	return pattern != ""
}

// retract notes that the client went before a slow request was carried out.
func (i *Injector) retract(slot int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.trace[slot].Applied = false
}

// applied lets the server carry the request out and spoils the answer.  A client
// that goes meanwhile does not stop the server.
func (i *Injector) applied(w http.ResponseWriter, r *http.Request, f Fault, slot int) {
	answer := &recorder{header: http.Header{}, status: http.StatusOK}
	i.next.ServeHTTP(answer, r.WithContext(context.WithoutCancel(r.Context())))
	i.mu.Lock()
	i.trace[slot].Status = answer.status
	i.mu.Unlock()
	switch f.Kind { //nolint:exhaustive // the other kinds are not applied
	case HalfBody:
		writeHalf(w, answer)
	case HangAfter:
		wait(r.Context(), f.Delay)
		reset(w)
	case Slow:
		write(w, answer)
	default:
		reset(w)
	}
}

// recorder keeps the answer of the server.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the header that the server writes.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader keeps the status.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write keeps a part of the body.
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func write(w http.ResponseWriter, answer *recorder) {
	maps.Copy(w.Header(), answer.header)
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body.Bytes())
}

// writeHalf announces the whole body, sends half of it and resets the connection.
// An answer without body breaks off before its end, too.
func writeHalf(w http.ResponseWriter, answer *recorder) {
	body := answer.body.Bytes()
	if len(body) == 0 {
		reset(w)
		return
	}
	maps.Copy(w.Header(), answer.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(answer.status)
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// fail answers, or does not, without asking the server.
func fail(w http.ResponseWriter, r *http.Request, f Fault) {
	switch f.Kind { //nolint:exhaustive // the other kinds are applied
	case TooManyRequests:
		refuse(w, http.StatusTooManyRequests, f.RetryAfter)
	case InternalError:
		refuse(w, http.StatusInternalServerError, 0)
	case Unavailable:
		refuse(w, http.StatusServiceUnavailable, f.RetryAfter)
	case HTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>Sign in</title><h1>Please sign in to continue</h1>")
	case HangBefore:
		wait(r.Context(), f.Delay)
		reset(w)
	default:
		reset(w)
	}
}

func refuse(w http.ResponseWriter, status int, retryAfter time.Duration) {
	if retryAfter > 0 {
		seconds := (retryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"`+strconv.Itoa(status)+`"}`)
}

// wait returns whether the delay passed before the client went.  A delay of zero
// waits for the client to go.
func wait(ctx context.Context, delay time.Duration) bool {
	if delay == 0 {
		<-ctx.Done()
		return false
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// reset breaks the connection so that the client sees a reset, and not an orderly
// end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
