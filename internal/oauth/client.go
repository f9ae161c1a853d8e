package oauth

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

const (
	maxAnswer      = 1 << 20
	defaultTimeout = 20 * time.Second
)

// Client asks token endpoints. Its methods may be called from any goroutine.
type Client struct {
	// HTTP sends the requests. It decides which addresses may be reached; its
	// CheckRedirect and Jar are not used.
	HTTP *http.Client
	// Certified returns a client like HTTP that shows a certificate. It is needed
	// only for requests with a Certificate.
	Certified func(*tls.Certificate) *http.Client
	// Now is the clock.
	Now func() time.Time
	// Timeout bounds one request; zero means 20 seconds. An exchange makes at most
	// two.
	Timeout time.Duration
}

// MaxDuration is the longest that one Exchange takes.
func (c *Client) MaxDuration() time.Duration { return 2 * c.timeout() }

func (c *Client) timeout() time.Duration {
	if c.Timeout == 0 {
		return defaultTimeout
	}
	return c.Timeout
}

// Exchange asks for a token. Every error is an [*Error].
//
// A request with a code is sent once. One with a refresh token or client
// credentials is sent a second time only when the endpoint refused the place of
// the client secret; see [Request.First].
func (c *Client) Exchange(ctx context.Context, r Request) (Token, error) {
	method := r.method()
	token, err := c.send(ctx, r, method)
	if other, ok := r.fallback(method, err); ok {
		return c.send(ctx, r, other)
	}
	return token, err
}

// send makes one request and reads its answer.
func (c *Client) send(ctx context.Context, r Request, m Method) (Token, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	begun := c.Now()
	var sent atomic.Bool
	req, err := c.build(watch(ctx, &sent), r, m)
	if err != nil {
		return Token{}, err
	}
	client := c.client(r)
	if r.Certificate != nil {
		defer client.CloseIdleConnections()
	}
	resp, err := client.Do(req)
	if err != nil {
		return Token{}, broken(r, err, sent.Load())
	}
	defer func() { _ = resp.Body.Close() }() // the answer is read; nothing depends on it
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		failed := broken(r, err, true)
		failed.Status = resp.StatusCode
		return Token{}, failed
	}
	token, failed := judge(resp, body, begun)
	if failed != nil {
		failed.Endpoint, failed.Sent = show(r.Endpoint), true
		failed.redact(r)
		return Token{}, failed
	}
	token.Obtained, token.Method = begun, m
	return token, nil
}

// client returns the HTTP client for r, which follows no redirect: a redirect
// would carry code and secret to whoever the answer names.
func (c *Client) client(r Request) *http.Client {
	base := c.HTTP
	if r.Certificate != nil && c.Certified != nil {
		base = c.Certified(r.Certificate)
	}
	client := *base
	client.Jar = nil
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// build makes the HTTP request (RFC 6749 sections 3.2 and 2.3).
func (c *Client) build(ctx context.Context, r Request, m Method) (*http.Request, error) {
	misconfigured := func(what string, cause error) *Error {
		failed := &Error{Kind: Misconfigured, Endpoint: show(r.Endpoint), Description: what, cause: cause}
		failed.redact(r)
		return failed
	}
	if lack := r.missing(m); lack != "" {
		return nil, misconfigured("missing is "+lack, nil)
	}
	if r.Certificate != nil && c.Certified == nil {
		return nil, misconfigured("client certificates are not offered here", nil)
	}
	form := r.form()
	if m == PrivateKeyJWT {
		assertion, err := r.Key.assert(r, c.Now())
		if err != nil {
			return nil, misconfigured("the assertion could not be signed", err)
		}
		form.Set("client_assertion_type", assertionType)
		form.Set("client_assertion", assertion)
	}
	if m != SecretBasic {
		form.Set("client_id", r.ClientID)
	}
	if m == SecretPost {
		form.Set("client_secret", r.ClientSecret)
	}
	req, err := post(ctx, r.Endpoint, form)
	if err != nil {
		return nil, misconfigured("its URL is not one", nil)
	}
	if m == SecretBasic {
		req.SetBasicAuth(url.QueryEscape(r.ClientID), url.QueryEscape(r.ClientSecret))
	}
	return req, nil
}

// post makes a POST that net/http cannot send twice: the body cannot be rewound
// (GetBody is nil), and the connection is not kept, so none that went stale is
// taken for it.
func post(ctx context.Context, endpoint string, form url.Values) (*http.Request, error) {
	body := form.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, nil)
	if err != nil {
		return nil, err
	}
	req.Body = io.NopCloser(bytes.NewReader([]byte(body)))
	req.ContentLength = int64(len(body))
	req.Close = true
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	return req, nil
}

// watch sets sent once a connection was ready to take the request.
func watch(ctx context.Context, sent *atomic.Bool) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	})
}

// broken is the error of a request that got no whole answer.
func broken(r Request, err error, sent bool) *Error {
	kind := Unreachable
	var network net.Error
	switch {
	case errors.Is(err, context.Canceled):
		kind = Canceled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		kind = TimedOut
	}
	// net/http's own error repeats the URL with its query.
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	failed := &Error{Kind: kind, Endpoint: show(r.Endpoint), Sent: sent, cause: err}
	failed.redact(r)
	return failed
}
