// Package egress says where the program may send requests, and makes HTTP clients
// that cannot send them anywhere else.
//
// A [Policy] is checked twice. [Policy.CheckURL] looks at a URL when somebody
// enters it and answers in words. The dialer of [NewTransport] looks at the
// address that a name resolved to, at the moment of connecting, so that a name
// which resolves differently the second time (DNS rebinding) gains nothing.
//
// Refused are loopback, link-local, unspecified, multicast and reserved addresses
// and the metadata services of clouds, also when they hide in an IPv6 address
// (mapped, compatible, NAT64, 6to4, Teredo). Private ranges (RFC 1918, unique
// local) are allowed: a self-hosted service has its targets there. Clients follow
// no redirect and use no proxy of the environment.
package egress

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// code is the Graph error code of everything that this package refuses.
const code = "RequestParameterInvalid"

// Policy says where requests may go. The zero Policy allows https to every address
// that is not refused above. A Policy is a value; methods may be called from any
// goroutine.
type Policy struct {
	// AllowHTTP lets requests go without TLS.
	AllowHTTP bool
	// AllowLoopback lets requests go to the machine itself.
	AllowLoopback bool
	// AllowCIDRs lets requests go to addresses that would be refused otherwise. A
	// metadata service of a cloud is allowed only by its exact address (/32, /128),
	// so that a wide range does not open it by accident.
	AllowCIDRs []netip.Prefix
}

// CheckURL parses raw and checks everything about it that shows without resolving
// its name. It returns an errs.Invalid error that says what is wrong and what to do.
func (p Policy) CheckURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || strings.ContainsAny(raw, " \t\r\n") {
		// The parser's error quotes the text, which may hold a password.
		return nil, errs.New(errs.Invalid, code, "The URL cannot be read. Give an absolute URL such as https://app.example.com/oauth/token.")
	}
	switch {
	case u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return nil, errs.New(errs.Invalid, code, "The URL %q is not absolute. Give scheme and host, as in https://app.example.com/oauth/token.", show(u))
	case u.User != nil:
		return nil, errs.New(errs.Invalid, code, "The URL of host %q carries a user name or password. Put credentials into their own fields.", u.Host)
	case u.Fragment != "":
		return nil, errs.New(errs.Invalid, code, "The URL %q carries a fragment (#…), which is never sent. Remove it.", show(u))
	}
	if err := p.checkScheme(u); err != nil {
		return nil, err
	}
	return u, p.checkHost(u.Hostname())
}

func (p Policy) checkScheme(u *url.URL) error {
	switch {
	case u.Scheme == "https", u.Scheme == "http" && p.AllowHTTP:
		return nil
	case u.Scheme == "http":
		return errs.New(errs.Invalid, code,
			"The URL %q would be called without TLS, and secrets would travel readable. Use https, or start Provisor with --allow-http.", show(u))
	default:
		return errs.New(errs.Invalid, code, "The URL %q has the scheme %q; only https is called.", show(u), u.Scheme)
	}
}

func (p Policy) checkHost(host string) error {
	if addr, err := netip.ParseAddr(host); err == nil {
		return p.check(host, addr)
	}
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return p.check(host, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	}
	return nil
}

// CheckAddr reports whether requests may go to addr: nil, or an errs.Invalid error.
func (p Policy) CheckAddr(addr netip.Addr) error { return p.check(addr.String(), addr) }

// check judges addr, to which host resolved.
func (p Policy) check(host string, addr netip.Addr) error {
	addr = addr.Unmap().WithZone("")
	inner := embedded(addr)
	danger := classify(inner)
	if danger == harmless || danger == loopback && p.AllowLoopback || p.allows(addr, danger) || p.allows(inner, danger) {
		return nil
	}
	return errs.New(errs.Invalid, code,
		"Requests to %s are refused: it leads to %s, %s. If that is meant, start Provisor with --egress-allow %s.",
		host, addr, danger, netip.PrefixFrom(addr, addr.BitLen()))
}

func (p Policy) allows(addr netip.Addr, danger danger) bool {
	for _, prefix := range p.AllowCIDRs {
		if prefix.Contains(addr) && (danger != metadata || prefix.IsSingleIP()) {
			return true
		}
	}
	return false
}

// show prints a URL without its query, which may hold secrets.
func show(u *url.URL) string {
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, Opaque: u.Opaque}
	return shown.String()
}
