package issuer

import (
	"net"
	"net/url"
	"strings"
)

// RedirectKind is the platform under which a redirect URI is registered.
type RedirectKind uint8

// The platforms.
const (
	// Web is a server, which proves itself when it redeems a code.
	Web RedirectKind = iota
	// SinglePage is a script in a browser.
	SinglePage
	// Native is a program on a person's own device.
	Native
)

// Redirect is a registered redirect URI.
type Redirect struct {
	URI  string
	Kind RedirectKind
}

// redirect returns the registered redirect URI that given stands for. They are
// compared as text (RFC 9700 section 4.1.1), apart from the port of the loopback
// address, which a program takes as it finds it free (RFC 8252 section 7.3).
func (c Client) redirect(given string) (Redirect, bool) {
	for _, r := range c.Redirects {
		if r.URI == given || sameLoopback(r.URI, given) {
			return Redirect{URI: given, Kind: r.Kind}, true
		}
	}
	return Redirect{}, false
}

func sameLoopback(registered, given string) bool {
	a, errA := url.Parse(registered)
	b, errB := url.Parse(given)
	if errA != nil || errB != nil || a.Scheme != "http" || b.Scheme != "http" || b.User != nil || b.Fragment != "" {
		return false
	}
	return isLoopback(a.Hostname()) && strings.EqualFold(a.Hostname(), b.Hostname()) &&
		strings.TrimSuffix(a.Path, "/") == strings.TrimSuffix(b.Path, "/") && a.RawQuery == b.RawQuery
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// wellKnown are command-line tools that sign people in under an id of their own in
// every tenant: Microsoft Graph PowerShell, the Azure command line and Azure
// PowerShell. They are known here so that they work unchanged.
func wellKnown(appID string) (Client, bool) {
	var name string
	switch strings.ToLower(appID) {
	case "14d82eec-204b-4c2f-b7e8-296a70dab67e":
		name = "Microsoft Graph Command Line Tools"
	case "04b07795-8ddb-461a-bbee-02f9e1bf7b46":
		name = "Microsoft Azure CLI"
	case "1950a258-227b-4e31-a9cf-717495945fc2":
		name = "Microsoft Azure PowerShell"
	default:
		return Client{}, false
	}
	return Client{
		AppID: strings.ToLower(appID), Name: name, Public: true, FirstParty: true,
		Redirects: []Redirect{{"http://localhost", Native}, {"http://127.0.0.1", Native}},
	}, true
}
