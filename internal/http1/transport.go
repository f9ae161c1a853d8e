package http1

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Options configure a [Transport]. Dial and Now are required.
type Options struct {
	// Dial connects to an address, "host:port".
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS configures the connections of https; nil is the zero configuration. The name
	// of the server is filled in.
	TLS *tls.Config
	// HandshakeTimeout bounds the TLS handshake; zero means 10 s.
	HandshakeTimeout time.Duration
	// MaxHeaderBytes bounds the head of an answer; zero means 256 KiB.
	MaxHeaderBytes int64
	// MaxIdlePerHost bounds the connections that are kept for later; zero means 64.
	MaxIdlePerHost int
	// IdleTimeout is how long a connection is kept that nobody uses; zero means 90 s.
	IdleTimeout time.Duration
	// Now is the clock that idleness is measured by.
	Now func() time.Time
}

// Transport is an [http.RoundTripper] of HTTP/1.1 for http and https. It keeps
// connections open between requests, and opens as many as there are requests at once.
// Answers are unpacked when the server packs them with gzip, unless the request asks for
// an encoding itself. It may be used from any number of goroutines.
//
// A request whose connection turns out to be closed is sent once more on a new one when
// none of it was written, or when it only reads (GET, HEAD) and nothing of an answer came.
// Nothing else is ever sent twice.
type Transport struct {
	options Options
	pool    pool
}

// New returns a transport.
func New(o Options) *Transport {
	if o.HandshakeTimeout == 0 {
		o.HandshakeTimeout = 10 * time.Second
	}
	if o.MaxHeaderBytes == 0 {
		o.MaxHeaderBytes = 256 << 10
	}
	if o.MaxIdlePerHost == 0 {
		o.MaxIdlePerHost = 64
	}
	if o.IdleTimeout == 0 {
		o.IdleTimeout = 90 * time.Second
	}
	return &Transport{options: o, pool: pool{most: o.MaxIdlePerHost, patience: o.IdleTimeout, now: o.Now, idle: map[origin][]*conn{}}}
}

// CloseIdleConnections closes the connections that no request uses.
func (t *Transport) CloseIdleConnections() { t.pool.closeIdle() }

// RoundTrip implements [http.RoundTripper]. When the request's context ends, it returns
// that error, and so does the body of an answer that is still being read.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := check(req); err != nil {
		discard(req)
		return nil, err
	}
	for {
		c, err := t.connection(req)
		if err != nil {
			discard(req)
			return nil, err
		}
		resp, err := c.exchange(req)
		if err == nil {
			return unpacked(req, resp), nil
		}
		again, ok := repeatable(req, c)
		if !ok {
			return nil, err
		}
		req = again
	}
}

// connection returns one that is open already, or opens one.
func (t *Transport) connection(req *http.Request) (*conn, error) {
	where := originOf(req.URL)
	if c := t.pool.take(where); c != nil {
		return c, nil
	}
	return t.open(req.Context(), where)
}

// open connects to an origin.
func (t *Transport) open(ctx context.Context, where origin) (*conn, error) {
	network, err := t.options.Dial(ctx, "tcp", where.address)
	if err != nil {
		return nil, err
	}
	raw := network
	if where.secure {
		if network, err = t.handshake(ctx, network, where); err != nil {
			return nil, err
		}
	}
	return newConn(network, raw, &t.pool, where, t.options.MaxHeaderBytes), nil
}

func (t *Transport) handshake(ctx context.Context, raw net.Conn, where origin) (net.Conn, error) {
	config := t.options.TLS.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config.ServerName = where.host
	}
	config.NextProtos = []string{"http/1.1"}
	ctx, cancel := context.WithTimeout(ctx, t.options.HandshakeTimeout)
	defer cancel()
	secured := tls.Client(raw, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the handshake failed already
		return nil, err
	}
	return secured, nil
}

func check(req *http.Request) error {
	switch {
	case req.URL == nil || req.URL.Host == "":
		return errors.New("http1: the request has no host")
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return errors.New("http1: the scheme is neither http nor https")
	}
	return context.Cause(req.Context())
}

// discard ends a request that is not sent.
func discard(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // it was not read
	}
}

// repeatable returns the request once more when nothing can have come of it on a
// connection that the server had closed in the meantime.
func repeatable(req *http.Request, c *conn) (*http.Request, bool) {
	reads := req.Method == http.MethodGet || req.Method == http.MethodHead
	if !c.used || req.Context().Err() != nil || c.heard || c.wrote && !reads {
		return nil, false
	}
	if req.Body == nil || req.Body == http.NoBody {
		return req, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, false
	}
	again := *req
	again.Body = body
	return &again, true
}

// offersGzip reports whether the answer to req may come packed: its caller has nothing
// to say about that.
func offersGzip(req *http.Request) bool {
	return req.Method != http.MethodHead && len(req.Header["Accept-Encoding"]) == 0 && len(req.Header["Range"]) == 0
}

// unpacked returns the answer with its body as it was before the server packed it.
func unpacked(req *http.Request, resp *http.Response) *http.Response {
	if len(resp.Header["Content-Encoding"]) == 0 || !offersGzip(req) || !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		return resp
	}
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	resp.ContentLength, resp.Uncompressed = -1, true
	resp.Body = &packed{body: resp.Body}
	return resp
}

// packed is a body that is unpacked as it is read.
type packed struct {
	body   io.ReadCloser
	reader *gzip.Reader
}

// Read implements [io.Reader].
func (p *packed) Read(b []byte) (int, error) {
	if p.reader == nil {
		reader, err := gzip.NewReader(p.body)
		if err != nil {
			return 0, err
		}
		p.reader = reader
	}
	return p.reader.Read(b)
}

// Close implements [io.Closer].
func (p *packed) Close() error { return p.body.Close() }
