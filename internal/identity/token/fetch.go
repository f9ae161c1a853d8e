package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/provisor/provisor/internal/errs"
)

const (
	fetchTimeout = 10 * time.Second
	fetchLimit   = 1 << 20 // bytes of a discovery document or key set
)

// thrifty returns a copy of client for the documents of one issuer: bounded in time
// and size, and asking for the same document once per pause.
func thrifty(client *http.Client, now func() time.Time) *http.Client {
	c := *client
	if c.Timeout == 0 {
		c.Timeout = fetchTimeout
	}
	base := c.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	c.Transport = &documents{base: base, now: now, held: map[string]document{}}
	return &c
}

// documents fetches small JSON documents and repeats the last answer to whoever
// asks again too soon. Whatever else comes back is an error of kind Unavailable.
type documents struct {
	base http.RoundTripper
	now  func() time.Time

	mu   sync.Mutex
	held map[string]document
}

type document struct {
	body []byte
	at   time.Time
}

// RoundTrip implements http.RoundTripper.
func (d *documents) RoundTrip(r *http.Request) (*http.Response, error) {
	url := r.URL.String()
	d.mu.Lock()
	held, ok := d.held[url]
	d.mu.Unlock()
	if ok && d.now().Before(held.at.Add(pause)) {
		return answer(r, held.body), nil
	}
	body, err := d.fetch(r)
	if err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "ServiceUnavailable", "%s does not answer as it should.", url)
	}
	d.mu.Lock()
	d.held[url] = document{body, d.now()}
	d.mu.Unlock()
	return answer(r, body), nil
}

func (d *documents) fetch(r *http.Request) ([]byte, error) {
	resp, err := d.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // the body was read as far as it is wanted
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %s", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, fetchLimit+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > fetchLimit:
		return nil, fmt.Errorf("answered more than %d bytes", fetchLimit)
	case !json.Valid(body):
		return nil, errors.New("answered something other than JSON")
	}
	return body, nil
}

func answer(r *http.Request, body []byte) *http.Response {
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)), Request: r,
	}
}
