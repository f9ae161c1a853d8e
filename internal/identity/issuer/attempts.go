package issuer

import (
	"sync"
	"time"
)

// attempts slows down who guesses: after some failures in a row a name is locked for
// a while. It is kept in memory, so that every process counts for itself and a
// restart forgets.
type attempts struct {
	mu   sync.Mutex
	seen map[string]failures
}

type failures struct {
	count int
	last  time.Time
}

const (
	failuresAllowed = 10
	lockedFor       = time.Minute
	namesWatched    = 10_000
)

func newAttempts() *attempts { return &attempts{seen: map[string]failures{}} }

// allowed reports whether another attempt may be made at now.
func (a *attempts) allowed(name string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.seen[name]
	return f.count < failuresAllowed || now.Sub(f.last) >= lockedFor
}

// failed counts one. When too many names are watched, those whose lock would be over
// are forgotten, and if that is not enough all are.
func (a *attempts) failed(name string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.seen[name]
	if now.Sub(f.last) >= lockedFor && f.count >= failuresAllowed {
		f.count = 0
	}
	if len(a.seen) >= namesWatched {
		for other, g := range a.seen {
			if now.Sub(g.last) >= lockedFor {
				delete(a.seen, other)
			}
		}
	}
	if len(a.seen) >= namesWatched {
		clear(a.seen)
	}
	a.seen[name] = failures{f.count + 1, now}
}

// succeeded forgets the failures of a name.
func (a *attempts) succeeded(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.seen, name)
}
