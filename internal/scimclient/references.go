package scimclient

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/scim"
)

// referenceRun is how many references are handed on at once.
const referenceRun = 1000

// longReading is how many time-outs an answer may take in all that goes on coming.
const longReading = 20

// Observer is told to whom a resource refers while it is read. An error of its ends the
// reading and is its error.
type Observer interface {
	// Begin says that reading begins. It may begin again, when an answer broke off: then
	// nothing of what was seen before counts.
	Begin(ctx context.Context) error
	// See is told of a run of at most a thousand ids to which the resource refers under a
	// path, in the order of the answer. An id may come twice. What refers in a form of its
	// own (RFC 7643 section 2.4 has "value") is left out.
	See(ctx context.Context, path scim.Path, ids []string) error
}

// References reads to whom a resource refers, in bounded memory however many they are.
// With named, the target is asked for the paths by name: some show only then what may be
// much. The observation counts when the error is nil. The time-out of the client bounds
// the wait for each run, not for the whole. The error is that of [Client.Get].
func (c *Client) References(ctx context.Context, resourceType, id string, paths []scim.Path, named bool, to Observer) error { //nolint:revive // what is read, how, and who is told
	query := url.Values{}
	if named {
		query.Set("attributes", strings.Join(asked(paths), ","))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	long := *c
	long.timeout *= longReading
	long.transport = patient{c.transport, c.timeout, func(resp *http.Response, progress func()) error {
		err := observe(ctx, resp, paths, &seeing{Observer: to, paths: paths, progress: progress})
		if own, ok := err.(observerError); ok { //nolint:errorlint // never wrapped
			cancel(own.error) // it says nothing of the target
		}
		return err
	}}
	_, err := long.resource(ctx, resourceType, id, query)
	return err
}

// asked are the attributes that a request names: with them comes the id always (RFC 7644
// section 3.9), but not every target knows that.
func asked(paths []scim.Path) []string {
	names := []string{"id"}
	for _, p := range paths {
		names = append(names, p.Base().String())
	}
	return names
}

// observe reads an answer and leaves of it what is no reference.
func observe(ctx context.Context, resp *http.Response, paths []scim.Path, to *seeing) error {
	to.ctx = ctx
	if err := to.Begin(ctx); err != nil {
		return observerError{err}
	}
	leading := make([][]string, len(paths))
	for i, p := range paths {
		if p.Extension() != "" {
			leading[i] = []string{p.Extension()}
		}
		leading[i] = append(leading[i], p.Attribute())
	}
	rest, err := sift(resp.Body, leading, to)
	if err != nil {
		return err
	}
	if err := to.flush(); err != nil {
		return err
	}
	return replace(resp, rest)
}

// observerError is an error of who is told, not of the target.
type observerError struct{ error }

// Unwrap implements the interface of package errors.
func (e observerError) Unwrap() error { return e.error }

// seeing collects ids into runs.
type seeing struct {
	Observer

	ctx      context.Context //nolint:containedctx // that of one reading
	paths    []scim.Path
	progress func()
	path     int // of the run
	run      []string
}

func (s *seeing) shown(int) {}

// take implements taker.
func (s *seeing) take(path int, value any) error {
	id, ok := scim.ReferenceID(value)
	if !ok || len(id) > longestID {
		return nil
	}
	if path != s.path {
		if err := s.flush(); err != nil {
			return err
		}
		s.path = path
	}
	s.run = append(s.run, id)
	if len(s.run) < referenceRun {
		return nil
	}
	return s.flush()
}

// flush hands on what was collected.
func (s *seeing) flush() error {
	if len(s.run) > 0 {
		if err := s.See(s.ctx, s.paths[s.path], s.run); err != nil {
			return observerError{err}
		}
		s.run = s.run[:0]
	}
	s.progress()
	return nil
}

// patient is a transport for long answers: an answer may take as long as it goes on.
type patient struct {
	http.RoundTripper

	within time.Duration // zero waits for ever
	read   func(resp *http.Response, progress func()) error
}

// RoundTrip implements [http.RoundTripper].
func (t patient) RoundTrip(req *http.Request) (*http.Response, error) {
	progress := func() {}
	if t.within > 0 {
		ctx, cancel := context.WithCancelCause(req.Context())
		timer := time.AfterFunc(t.within, func() { cancel(context.DeadlineExceeded) })
		defer timer.Stop()
		defer cancel(nil)
		req = req.WithContext(ctx)
		progress = func() { timer.Reset(t.within) }
	}
	sift := func(resp *http.Response) error { return t.read(resp, progress) }
	return sifting{t.RoundTripper, sift}.RoundTrip(req)
}
