package egress

import (
	"net/http"
	"time"

	"github.com/provisor/provisor/internal/http1"
)

// Direct is a transport that keeps to a policy as that of [NewTransport] does, for
// requests that come in great numbers: it speaks HTTP/1.1 alone (see package http1).
// Options.Timeout does not concern it; the request's context bounds its time.
type Direct struct {
	*http1.Transport

	policy Policy
}

// NewDirect returns a direct transport. A request that p refuses fails with an
// errs.Invalid error before anything is sent.
func NewDirect(p Policy, o Options, now func() time.Time) *Direct {
	return &Direct{policy: p, Transport: http1.New(http1.Options{
		Dial: p.dial(o), TLS: tlsConfig(o), HandshakeTimeout: stepTimeout, MaxHeaderBytes: maxHeaderBytes, Now: now,
	})}
}

// RoundTrip implements [http.RoundTripper].
func (d *Direct) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme == "http" && !d.policy.AllowHTTP {
		return refuseHTTP{policy: d.policy}.RoundTrip(req)
	}
	return d.Transport.RoundTrip(req)
}
