package http1

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"
)

// origin is where connections lead to (RFC 9110 section 4.3.1).
type origin struct {
	secure  bool
	host    string
	address string // with the port
}

func originOf(u *url.URL) origin {
	secure := u.Scheme == "https"
	port := u.Port()
	if port == "" {
		port = "80"
		if secure {
			port = "443"
		}
	}
	host := punycode(u.Hostname())
	return origin{secure: secure, host: host, address: net.JoinHostPort(host, port)}
}

// punycode is a name as resolvers and certificates have it (RFC 5891 section 4.4), which
// is how net/http writes it. One that net/http does not write stays as it is.
func punycode(name string) string {
	if !strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) {
		return name
	}
	var message bytes.Buffer
	if err := (&http.Request{Method: http.MethodGet, URL: &url.URL{Host: name}}).Write(&message); err != nil {
		return name
	}
	written, err := http.ReadRequest(bufio.NewReader(&message))
	if err != nil {
		return name
	}
	return written.Host
}

// pool keeps the connections that no request uses. The last one that was used is the
// first to be used again, so that those beyond need grow old.
type pool struct {
	most     int
	patience time.Duration
	now      func() time.Time

	mu    sync.Mutex
	idle  map[origin][]*conn
	sweep *time.Timer // nil while nothing is idle
}

// take returns an idle connection that is still open, or nil.
func (p *pool) take(where origin) *conn {
	for {
		c := p.pop(where)
		if c == nil {
			return nil
		}
		if !c.holds() && !stale(c.raw) {
			return c
		}
		_ = c.Close() // the other side has closed it, or said what nobody asked for
	}
}

func (p *pool) pop(where origin) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.idle[where]
	if len(kept) == 0 {
		return nil
	}
	c := kept[len(kept)-1]
	p.idle[where] = kept[:len(kept)-1]
	return c
}

// put keeps a connection for the next request.
func (p *pool) put(c *conn) {
	c.used, c.idleSince = true, p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle[c.origin]) >= p.most {
		_ = c.Close() // enough are kept
		return
	}
	p.idle[c.origin] = append(p.idle[c.origin], c)
	if p.sweep == nil {
		p.sweep = time.AfterFunc(p.patience, p.retire)
	}
}

// retire closes what nobody used for long, and comes again while something is left.
func (p *pool) retire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sweep == nil {
		return
	}
	oldest := p.now().Add(-p.patience)
	for where, kept := range p.idle {
		fresh := 0
		for fresh < len(kept) && kept[fresh].idleSince.Before(oldest) {
			_ = kept[fresh].Close() // it was idle
			fresh++
		}
		if fresh == len(kept) {
			delete(p.idle, where)
			continue
		}
		p.idle[where] = append([]*conn(nil), kept[fresh:]...)
	}
	if len(p.idle) == 0 {
		p.sweep = nil
		return
	}
	p.sweep.Reset(p.patience)
}

func (p *pool) closeIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, kept := range p.idle {
		for _, c := range kept {
			_ = c.Close() // it was idle
		}
	}
	clear(p.idle)
	if p.sweep != nil {
		p.sweep.Stop()
		p.sweep = nil
	}
}
