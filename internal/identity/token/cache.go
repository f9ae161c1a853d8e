package token

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/provisor/provisor/internal/identity"
)

// digest names a token in the cache, which so holds no token.
type digest [sha256.Size]byte

// cache remembers callers by token until the token expires. It holds at most two
// generations of size entries: a full young generation becomes the old one, whose
// entries are forgotten at the next turn unless asked for meanwhile.
type cache struct {
	size int

	mu         sync.Mutex
	young, old map[digest]entry
}

type entry struct {
	caller  identity.Caller
	expires time.Time
}

func newCache(size int) *cache {
	return &cache{size: size, young: map[digest]entry{}}
}

// get returns the caller of a token that has not expired at now.
func (c *cache) get(key digest, now time.Time) (identity.Caller, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.young[key]
	if !ok {
		if e, ok = c.old[key]; ok {
			delete(c.old, key)
			c.add(key, e)
		}
	}
	if !ok || !now.Before(e.expires) {
		return identity.Caller{}, false
	}
	return e.caller, true
}

// put remembers a caller until expires.
func (c *cache) put(key digest, who identity.Caller, expires time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(key, entry{who, expires})
}

func (c *cache) add(key digest, e entry) {
	if len(c.young) >= c.size {
		c.old, c.young = c.young, make(map[digest]entry, c.size)
	}
	c.young[key] = e
}

// clear forgets everything.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.young, c.old = map[digest]entry{}, nil
}
