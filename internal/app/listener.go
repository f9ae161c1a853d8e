package app

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// listen opens the address of --listen.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "Listen", "Cannot listen on %s: %s. Choose another address with --listen; port 0 takes a free one.", address, reason(err))
	}
	return l, nil
}

// reason is what the system says about an address, without repeating it.
func reason(err error) string {
	for {
		switch e := err.(type) { //nolint:errorlint // the chain is walked to its end
		case *net.OpError:
			err = e.Err
		case *os.SyscallError:
			err = e.Err
		default:
			return err.Error()
		}
	}
}

// baseURLs are the URLs under which the service can be reached, the one to tell
// others first: --base-url, the address that is listened on, and localhost.
func baseURLs(c Config, bound net.Addr) []string {
	scheme := "https"
	if c.TLS == "off" {
		scheme = "http"
	}
	var all []string
	if c.BaseURL != nil {
		all = append(all, c.BaseURL.String())
	}
	host, port, err := net.SplitHostPort(bound.String())
	if err != nil {
		return all
	}
	for _, name := range names(host) {
		all = append(all, (&url.URL{Scheme: scheme, Host: net.JoinHostPort(name, port)}).String())
	}
	return all
}

// names are the host names for the host of a bound address.
func names(host string) []string {
	ip := net.ParseIP(host)
	switch {
	case ip.IsUnspecified():
		all := []string{"localhost", "127.0.0.1"}
		if name, err := os.Hostname(); err == nil && name != "" && name != "localhost" {
			all = append([]string{name}, all...)
		}
		return all
	case ip.IsLoopback():
		return []string{host, "localhost"}
	default:
		return []string{host}
	}
}

// onlyHere reports whether the service can be reached from this machine only.
func onlyHere(c Config, bound net.Addr) bool {
	host, _, err := net.SplitHostPort(bound.String())
	return err == nil && c.BaseURL == nil && isLoopback(host)
}

// namedHere refuses requests that came under the name of another machine. A page of the
// web can have its own name mean this machine (DNS rebinding), and would then be one of
// ours to the browser.
func namedHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if !isLoopback(host) {
			http.Error(w, "This service signs people in without a password, so it answers to localhost only.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// onLaptop reports whether the service can be reached from this machine only and
// without TLS: then plain http and targets on this machine are what is meant.
func onLaptop(c Config, bound net.Addr) bool {
	host, _, err := net.SplitHostPort(bound.String())
	return err == nil && c.TLS == "off" && isLoopback(host)
}
