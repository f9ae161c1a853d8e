package egress

import (
	"net/netip"
	"slices"
)

// danger is the reason why an address is refused, in words.
type danger string

// The dangers.
const (
	harmless    danger = ""
	loopback    danger = "which is this machine itself"
	linkLocal   danger = "a link-local address"
	metadata    danger = "the metadata service of a cloud, which hands out credentials"
	unspecified danger = "an unspecified address"
	multicast   danger = "a multicast address"
	reserved    danger = "a reserved address"
	unreadable  danger = "an address that hides another one"
)

// classify says what is dangerous about addr.
func classify(addr netip.Addr) danger {
	switch {
	case isMetadata(addr):
		return metadata
	case addr.IsLoopback():
		return loopback
	case addr.IsUnspecified() || inside(addr, "0.0.0.0/8"):
		return unspecified
	case addr.IsLinkLocalUnicast():
		return linkLocal
	case addr.IsMulticast():
		return multicast
	case inside(addr, "240.0.0.0/4", "192.0.0.0/24"):
		return reserved
	case inside(addr, "64:ff9b:1::/48"):
		// Local-use NAT64 (RFC 8215): the IPv4 address sits where the operator put it.
		return unreadable
	}
	return harmless
}

// isMetadata knows the addresses at which clouds tell a machine about itself.
func isMetadata(addr netip.Addr) bool {
	return inside(addr,
		"169.254.169.254/32", // AWS, Azure, Google, Oracle, OpenStack, DigitalOcean
		"169.254.170.2/32",   // AWS container credentials
		"169.254.170.23/32",  // AWS pod identity
		"169.254.0.23/32",    // Tencent
		"100.100.100.200/32", // Alibaba
		"168.63.129.16/32",   // Azure host agent
		"192.0.0.192/32",     // Oracle, older
		"fd00:ec2::/32",      // AWS
		"fd20:ce::254/128",   // Google
		"fd00:c1::a9fe:a9fe/128",
		"fe80::a9fe:a9fe/128", // OpenStack
	)
}

func inside(addr netip.Addr, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(text string) bool {
		return netip.MustParsePrefix(text).Contains(addr)
	})
}

// embedded returns the IPv4 address to which an IPv6 address leads through a
// translator, or addr itself.
func embedded(addr netip.Addr) netip.Addr {
	if !addr.Is6() {
		return addr
	}
	b := addr.As16()
	switch {
	case inside(addr, "64:ff9b::/96"): // NAT64, RFC 6052
		return netip.AddrFrom4([4]byte(b[12:16]))
	case inside(addr, "2002::/16"): // 6to4, RFC 3056
		return netip.AddrFrom4([4]byte(b[2:6]))
	case inside(addr, "2001::/32"): // Teredo, RFC 4380: the client's address, inverted
		return netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})
	case inside(addr, "::/96") && !addr.IsLoopback() && !addr.IsUnspecified(): // compatible, RFC 4291
		return netip.AddrFrom4([4]byte(b[12:16]))
	}
	return addr
}
