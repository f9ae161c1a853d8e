package credential

import (
	"sync"
	"time"

	"github.com/provisor/provisor/internal/oauth"
)

const (
	cacheFor     = 5 * time.Second  // how long another process's change may go unnoticed
	holdOutage   = 30 * time.Second // between attempts at an endpoint that does not answer
	holdRefusal  = time.Minute      // between attempts that the endpoint refused
	forcedFor    = time.Minute      // between renewals that a 401 forces
	renewMargin  = 5 * time.Minute  // the longest margin before expiry
	marginFactor = 10               // the margin is at most this part of the lifetime
)

// cache spares the store a look for every request. It holds what is in the store,
// never more.
type cache struct {
	mu      sync.Mutex
	bearers map[Owner]cached
}

type cached struct {
	view view
	at   time.Time
}

func (c *cache) get(o Owner, now time.Time) (view, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	hit, ok := c.bearers[o]
	return hit.view, ok && now.Sub(hit.at) < cacheFor && !now.Before(hit.at)
}

func (c *cache) put(o Owner, v view, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bearers[o] = cached{view: v, at: now}
}

func (c *cache) forget(o Owner) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.bearers, o)
}

// notes are what this process remembers of past exchanges. Losing them is harmless,
// but for a pending result.
type notes struct {
	mu     sync.Mutex
	owners map[Owner]note
}

type note struct {
	pending *pendingResult

	failure error  // why the last renewal failed
	failed  string // digest of the settings that it was made of
	until   time.Time

	forced   string // digest of the token that a renewal after a 401 gave
	forcedAt time.Time
}

// pendingResult is what was granted and is not stored yet.
type pendingResult struct {
	request oauth.Request
	token   oauth.Token
}

func (n *notes) change(o Owner, f func(*note)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	mine := n.owners[o]
	f(&mine)
	if mine == (note{}) {
		delete(n.owners, o)
		return
	}
	n.owners[o] = mine
}

func (n *notes) read(o Owner) note {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.owners[o]
}

// forget drops what was noted of failures.
func (n *notes) forget(o Owner) { n.change(o, func(mine *note) { *mine = note{} }) }

// keepPending keeps what came in exchange for a refresh token; other grants can
// be asked for again.
func (n *notes) keepPending(o Owner, r oauth.Request, token oauth.Token) {
	if r.Grant == oauth.RefreshToken {
		n.change(o, func(mine *note) { mine.pending = &pendingResult{request: r, token: token} })
	}
}

func (n *notes) pending(o Owner) (pendingResult, bool) {
	p := n.read(o).pending
	if p == nil {
		return pendingResult{}, false
	}
	return *p, true
}

func (n *notes) dropPending(o Owner) { n.change(o, func(mine *note) { mine.pending = nil }) }

// hold makes further renewals with the same settings fail with err until then.
func (n *notes) hold(o Owner, settings string, err error, until time.Time) {
	n.change(o, func(mine *note) { mine.failure, mine.failed, mine.until = err, settings, until })
}

// held returns the error of the last renewal while the next has to wait.
func (n *notes) held(o Owner, settings string, now time.Time) error {
	mine := n.read(o)
	if mine.failed != settings || !now.Before(mine.until) {
		return nil
	}
	return mine.failure
}

// succeeded drops the last failure, and a pending result that is stored now.
func (n *notes) succeeded(o Owner) {
	n.change(o, func(mine *note) { mine.failure, mine.failed, mine.until = nil, "", time.Time{} })
}

func (n *notes) force(o Owner, token Secret, now time.Time) {
	n.change(o, func(mine *note) { mine.forced, mine.forcedAt = digest(token.Reveal()), now })
}

// forcedLately reports whether token itself came of a renewal that a 401 forced
// lately: renewing it once more would not help.
func (n *notes) forcedLately(o Owner, token Secret, now time.Time) bool {
	mine := n.read(o)
	return mine.forced == digest(token.Reveal()) && now.Sub(mine.forcedAt) < forcedFor
}
