package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/provisor/provisor/internal/errs"
)

// Options are the particulars of one client. The zero Options suit most uses.
type Options struct {
	// Certificate is shown to servers that ask for one; nil shows none.
	Certificate *tls.Certificate
	// RootCAs are trusted instead of the system's; nil means the system's. See [Roots].
	RootCAs *x509.CertPool
	// Resolver resolves names; nil means the system's.
	Resolver *net.Resolver
	// Timeout bounds a whole request, from dialling to the last byte of the answer.
	// Zero means 30 seconds. A transport alone bounds its steps only.
	Timeout time.Duration
}

const (
	defaultTimeout = 30 * time.Second
	stepTimeout    = 10 * time.Second
	maxHeaderBytes = 256 << 10
)

// NewClient returns a client that keeps to p. It follows no redirect: the answer
// that redirects is returned as it is; see [Redirected].
func NewClient(p Policy, o Options) *http.Client {
	return &http.Client{
		Transport: NewTransport(p, o),
		Timeout:   timeout(o),
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// NewTransport returns a transport that keeps to p. A request that p refuses fails
// with an errs.Invalid error before anything is sent. Do not Clone the transport:
// a clone forgets that http is refused.
func NewTransport(p Policy, o Options) *http.Transport {
	t := &http.Transport{
		Proxy:                  nil, // a proxy would connect where p cannot look
		DialContext:            p.dial(o),
		TLSClientConfig:        tlsConfig(o),
		TLSHandshakeTimeout:    stepTimeout,
		ResponseHeaderTimeout:  timeout(o),
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    64,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ForceAttemptHTTP2:      true,
	}
	if !p.AllowHTTP {
		t.RegisterProtocol("http", refuseHTTP{policy: p})
	}
	return t
}

func timeout(o Options) time.Duration {
	if o.Timeout == 0 {
		return defaultTimeout
	}
	return o.Timeout
}

func tlsConfig(o Options) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs}
	if o.Certificate != nil {
		config.Certificates = []tls.Certificate{*o.Certificate}
	}
	return config
}

// dial returns a dialer that looks at every address before it connects to it.
func (p Policy) dial(o Options) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("dial: %w", err)
		}
		dialer := net.Dialer{Timeout: stepTimeout, KeepAlive: 30 * time.Second, Resolver: o.Resolver}
		dialer.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			addr, err := netip.ParseAddrPort(resolved)
			if err != nil {
				return errs.Wrap(err, errs.Invalid, code, "Requests to %s are refused: its address cannot be judged.", host)
			}
			return p.check(host, addr.Addr())
		}
		return dialer.DialContext(ctx, network, address)
	}
}

// refuseHTTP answers requests without TLS when the policy wants it.
type refuseHTTP struct{ policy Policy }

// RoundTrip implements [http.RoundTripper].
func (r refuseHTTP) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close() // an error in closing what was never read changes nothing
	}
	return nil, r.policy.checkScheme(req.URL)
}

// Roots returns the system's certificate authorities and those in pem.
func Roots(pem []byte) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("read certificate authorities: no certificate found; give a PEM file with BEGIN CERTIFICATE blocks")
	}
	return pool, nil
}

// Redirected returns an errs.Invalid error when answer redirects, naming who was
// asked and where the answer points, else nil. Credentials are never carried along
// a redirect.
func Redirected(answer *http.Response) error {
	if answer.StatusCode < 300 || answer.StatusCode > 399 || answer.StatusCode == http.StatusNotModified {
		return nil
	}
	asked := "The server"
	if answer.Request != nil {
		asked = show(answer.Request.URL)
	}
	to, err := answer.Location()
	if err != nil {
		to = &url.URL{Host: "nowhere"}
	}
	return errs.New(errs.Invalid, code,
		"%s answered %d and redirects to %s. Redirects are not followed, so that credentials stay where they were meant to go; configure the final URL.",
		asked, answer.StatusCode, to.Host)
}
