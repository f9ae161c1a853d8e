package scimclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/plainjson"
	"github.com/provisor/provisor/internal/scim"
)

// maxBody bounds what is read of an answer. A group with a million members read
// back is about 60 MB.
const maxBody = 256 << 20

// maxKnown bounds what is believed of a Content-Length before anything came.
const maxKnown = 1 << 20

// repeat says after what kind of trouble a request may be sent again.
type repeat uint8

const (
	// afterRefusal: only when the target said that it did not act (429).
	afterRefusal repeat = iota
	// afterAnything: the request can be repeated without harm.
	afterAnything
)

type request struct {
	method string
	path   string
	query  url.Values
	body   []byte
	repeat repeat
}

// answer is a 2xx answer, read whole.
type answer struct {
	request request
	status  int
	body    []byte
}

// send sends r until it is answered with success, refused for good, or given up.
// The error is an [*Error], or the context's.
func (c *Client) send(ctx context.Context, r request) (answer, error) {
	backoff := c.opts.Backoff
	for attempt := 1; ; attempt++ {
		if err := c.gate.pass(ctx, c.opts.Wait, c.opts.Now); err != nil {
			return answer{}, err
		}
		a, err := c.paced(ctx, r)
		if err == nil {
			return a, nil
		}
		fault, ok := errors.AsType[*Error](err)
		if !ok || fault.RetryAfter > c.opts.Patience {
			return answer{}, err
		}
		c.gate.close(c.opts.Now().Add(fault.RetryAfter))
		if attempt == c.opts.Attempts || !r.repeatable(fault) {
			return answer{}, err
		}
		if err := c.pause(ctx, fault, backoff); err != nil {
			return answer{}, err
		}
		backoff *= 2
	}
}

// pause waits before the next attempt. What the target asked by Retry-After holds
// for every request to it, so the gate waits for that.
func (c *Client) pause(ctx context.Context, fault *Error, backoff time.Duration) error {
	if fault.RetryAfter > 0 {
		return nil
	}
	return c.opts.Wait(ctx, backoff)
}

func (r request) repeatable(fault *Error) bool {
	switch {
	case fault.Status == http.StatusTooManyRequests, r.contended(fault):
		return true
	case r.repeat == afterAnything:
		return fault.Class == Unavailable && fault.Status != http.StatusNotImplemented
	default:
		return false
	}
}

// contended reports whether something else was at the resource at the same time,
// so that the same change may be taken a moment later. A target that names the
// uniqueness of a value means another resource, which time does not mend, and a
// create is answered by looking who has the value.
func (r request) contended(fault *Error) bool {
	return fault.Class == Clash && r.method != http.MethodPost && !strings.EqualFold(fault.ScimType, "uniqueness")
}

// paced sends r one time, when it is its turn.
func (c *Client) paced(ctx context.Context, r request) (answer, error) {
	if err := c.slots.take(ctx); err != nil {
		return answer{}, err
	}
	began := c.opts.Now()
	a, err := c.once(ctx, r)
	c.slots.give(c.opts.Now().Sub(began), err)
	return a, err
}

// overloaded reports whether an error says that the target is asked too much.
func overloaded(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable)
}

// once sends r one time. A write that is on its way is not given up when the caller
// is: the target might carry it out after the next one has looked for it. It is waited
// for as long as the grace lasts.
func (c *Client) once(ctx context.Context, r request) (answer, error) {
	if ctx.Err() != nil {
		return answer{}, context.Cause(ctx)
	}
	inner, end := c.span(ctx, r)
	defer end()
	req, err := c.httpRequest(inner, r)
	if err != nil {
		return answer{}, err
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return answer{}, r.unanswered(ctx, err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end or given up; nothing is lost
	body, err := readAll(resp)
	if err != nil {
		return answer{}, r.unanswered(ctx, err)
	}
	a := answer{request: r, status: resp.StatusCode, body: body}
	if len(body) > maxBody {
		return answer{}, a.incompatible("the answer is larger than %d bytes", maxBody)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return answer{}, a.refusal(retryAfter(resp.Header.Get("Retry-After"), c.opts.Now()))
	}
	return a, nil
}

// span returns the context of one request, which bounds the time that it takes, and
// the function that frees it. That of a write ends a while after ctx does.
func (c *Client) span(ctx context.Context, r request) (context.Context, func()) {
	if r.method == http.MethodGet {
		return c.bounded(ctx)
	}
	inner, cancel := c.bounded(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(c.opts.Grace, cancel)
		context.AfterFunc(inner, func() { timer.Stop() })
	})
	return inner, func() {
		stop()
		cancel()
	}
}

func (c *Client) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.timeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, c.timeout)
}

func (c *Client) httpRequest(ctx context.Context, r request) (*http.Request, error) {
	text := c.prefix + r.path
	if query := join(c.query, r.query.Encode()); query != "" {
		text += "?" + query
	}
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, text, body)
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "InternalError", "The request to the target cannot be built.")
	}
	req.Header = c.reading
	if r.body != nil {
		req.Header = c.writing
	}
	return req, nil
}

// header returns the fields that every request has, with those of a body. Requests share
// it: a transport changes no request ([http.RoundTripper]).
func header(body ...string) http.Header {
	h := http.Header{"Accept": {scim.MediaType + ", application/json"}, "User-Agent": {"Provisor"}}
	if len(body) > 0 {
		h["Content-Type"] = body
	}
	return h
}

// unanswered is the error of a request that got no whole answer. Whether the
// target acted is not known, unless nothing can have changed. When the caller gave
// up, that is the error: it says nothing of the target.
func (r request) unanswered(ctx context.Context, cause error) error {
	if ctx.Err() != nil && r.method == http.MethodGet {
		return context.Cause(ctx)
	}
	if inner, ok := errors.AsType[*errs.Error](cause); ok {
		return inner // never sent: there is no token, or the address is not allowed
	}
	return &Error{Class: Unavailable, Method: r.method, Resource: r.path, cause: plain(cause), Uncertain: r.method != http.MethodGet}
}

// plain takes the URL, which may carry personal data in its query, out of a
// transport error.
func plain(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// join returns the parameters of both queries.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}

// readAll reads the body of an answer, and a byte more than may be.
func readAll(resp *http.Response) ([]byte, error) {
	if resp.ContentLength <= 0 || resp.ContentLength > maxKnown {
		return io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	}
	whole := make([]byte, resp.ContentLength+1) // only the end itself gives the connection free
	n, err := io.ReadFull(resp.Body, whole)
	if int64(n) == resp.ContentLength && errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return whole[:n], err
}

func (a answer) refusal(after time.Duration) error {
	e := &Error{
		Class: classOf(a.status), Method: a.request.method, Resource: a.request.path, Status: a.status, RetryAfter: after,
		Uncertain: a.request.method != http.MethodGet && !declined(a.status),
	}
	if object, err := decode(a.body); err == nil {
		e.Detail, e.ScimType = text(object, "detail"), text(object, "scimType")
		return e
	}
	e.Detail = shorten(string(a.body))
	return e
}

// declined reports whether a status says that the target did not act. A redirect,
// a time-out and a gateway's trouble do not say so.
func declined(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout
}

// incompatible is the error of an answer that is a success by its status and none
// by what it says: the target may have acted.
func (a answer) incompatible(format string, args ...any) error {
	return &Error{
		Class: Incompatible, Method: a.request.method, Resource: a.request.path, Status: a.status,
		Detail: fmt.Sprintf(format, args...), Uncertain: a.request.method != http.MethodGet,
	}
}

// resource reads one resource.
func (a answer) resource() (scim.Resource, error) {
	object, err := decode(a.body)
	if err != nil || object == nil {
		return nil, a.incompatible("the answer is not a SCIM resource: %s", shorten(string(a.body)))
	}
	return object, nil
}

// part reads the id of a resource and what it shows under the paths.
func (a answer) part(show []scim.Path) (scim.Resource, error) {
	object, err := plainjson.Some(a.body, func(name string) bool { return reads(name, show) })
	if err != nil || object == nil {
		return nil, a.incompatible("the answer is not a SCIM resource: %s", shorten(string(a.body)))
	}
	return object, nil
}

// acknowledged reports whether a success without need of a body is one: a page of
// a proxy is answered 200 as well.
func (a answer) acknowledged() error {
	if a.status == http.StatusNoContent || len(bytes.TrimSpace(a.body)) == 0 {
		return nil
	}
	_, err := a.resource()
	return err
}

func text(object map[string]any, name string) string {
	v, _ := field(object, name)
	s, _ := v.(string)
	return shorten(s)
}

// shorten keeps a target's words to a line.
func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > 300 {
		return string(runes[:300]) + "…"
	}
	return s
}

// retryAfter reads a Retry-After header (RFC 9110 section 10.2.3): seconds or a
// date. Zero means that it says nothing.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds > 0 {
		return time.Duration(min(seconds, math.MaxInt32)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
