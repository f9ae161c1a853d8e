package tlsauto

import (
	"crypto/x509"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// names are what a server certificate is good for.
type names struct {
	hosts     []string
	addresses []net.IP
}

// parseNames returns the names that every server has, and more.
func parseNames(more []string) (names, error) {
	n := names{
		hosts:     []string{"localhost"},
		addresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if machine, err := os.Hostname(); err == nil && valid(machine) {
		n = n.with(machine)
	}
	for _, name := range more {
		if !valid(name) && net.ParseIP(name) == nil {
			return names{}, errs.New(errs.Invalid, code, "%q is neither a host name nor an IP address; give names without scheme and port.", name)
		}
		n = n.with(name)
	}
	return n, nil
}

// with returns n with one name more, unless it is there already.
func (n names) with(name string) names {
	if ip := net.ParseIP(name); ip != nil {
		if !slices.ContainsFunc(n.addresses, ip.Equal) {
			n.addresses = append(n.addresses, ip)
		}
		return n
	}
	if name = strings.ToLower(name); !slices.Contains(n.hosts, name) {
		n.hosts = append(n.hosts, name)
	}
	return n
}

// valid reports whether name is a host name: labels of letters, digits, hyphens and
// underscores, each of 1 to 63 characters, 253 in all; the first may be a star.
func valid(name string) bool {
	name = strings.TrimPrefix(name, "*.")
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.ContainsFunc(label, foreign) {
			return false
		}
	}
	return true
}

func foreign(r rune) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return !strings.ContainsRune(letters, r)
}

// covered reports whether a certificate has all the names.
func (n names) covered(c *x509.Certificate) bool {
	for _, h := range n.hosts {
		if !slices.Contains(c.DNSNames, h) {
			return false
		}
	}
	for _, ip := range n.addresses {
		if !slices.ContainsFunc(c.IPAddresses, ip.Equal) {
			return false
		}
	}
	return true
}
