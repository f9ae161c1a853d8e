package issuer

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// attempts slows down who guesses: after some attempts in a row that did not succeed
// a name is locked for a while. An attempt counts when it begins, so that those made
// at once are limited as those made one after the other are. It is kept in memory:
// every process counts for itself, and a restart forgets.
type attempts struct {
	mu   sync.Mutex
	seen map[string]tries
}

type tries struct {
	count int
	last  time.Time
}

const (
	// triesAllowed is how often one address may try one name.
	triesAllowed = 10
	// triesOfAll is how often all addresses together may: a person is not locked out
	// by one stranger, and many strangers do not guess without end.
	triesOfAll   = 100
	lockedFor    = time.Minute
	namesWatched = 10_000
)

func newAttempts() *attempts { return &attempts{seen: map[string]tries{}} }

// limit is how often a key may be tried.
type limit struct {
	key   string
	tries int
}

// begin counts an attempt against every limit, or reports that one is used up and
// counts nothing.
func (a *attempts) begin(now time.Time, limits ...limit) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range limits {
		if a.of(l.key, now) >= l.tries {
			return false
		}
	}
	for _, l := range limits {
		a.makeRoom(l.key, now)
		a.seen[l.key] = tries{a.of(l.key, now) + 1, now}
	}
	return true
}

// of is how many attempts count at now.
func (a *attempts) of(key string, now time.Time) int {
	t := a.seen[key]
	if now.Sub(t.last) >= lockedFor {
		return 0
	}
	return t.count
}

// makeRoom forgets what no longer counts when too much is watched, and if that is
// not enough something else.
func (a *attempts) makeRoom(key string, now time.Time) {
	if _, watched := a.seen[key]; watched || len(a.seen) < namesWatched {
		return
	}
	for other := range a.seen {
		if a.of(other, now) == 0 {
			delete(a.seen, other)
		}
	}
	for other := range a.seen {
		if len(a.seen) < namesWatched {
			return
		}
		delete(a.seen, other)
	}
}

// giveBack takes one attempt back, which was no guess.
func (a *attempts) giveBack(limits ...limit) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range limits {
		t := a.seen[l.key]
		if t.count <= 1 {
			delete(a.seen, l.key)
			continue
		}
		a.seen[l.key] = tries{t.count - 1, t.last}
	}
}

// succeeded forgets the attempts: who made the last one is who they say.
func (a *attempts) succeeded(limits ...limit) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range limits {
		delete(a.seen, l.key)
	}
}

// remote names the network that a request came from: an IPv4 address, or the first 64
// bits of an IPv6 address, as one subscriber has all of the rest.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	const subscriber = 64
	network, err := address.Prefix(subscriber)
	if err != nil {
		return host
	}
	return network.String()
}
