package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/provisor/provisor/internal/directory"
)

// matchClaims keeps two source objects that are under way from racing for one target
// object: a matching value is looked up and created by one of them at a time, and
// a target object that one has taken is seen as taken by the other before it is
// recorded.
type matchClaims struct {
	mu    sync.Mutex
	busy  map[string]chan struct{} // nil until somebody waits
	taken map[string]taken
}

// taken is who has a target object that is not recorded as his yet.
type taken struct {
	by   directory.ObjectID
	page int // of the sweep
}

func newMatchClaims() *matchClaims {
	return &matchClaims{busy: map[string]chan struct{}{}, taken: map[string]taken{}}
}

// hold waits until nobody else works with any of the values and returns the release.
// All take them in one order, so that nobody waits for who waits for him.
func (c *matchClaims) hold(ctx context.Context, kind directory.Kind, values ...string) (func(), error) {
	keys := make([]string, len(values))
	for i, v := range values {
		keys[i] = string(kind) + " " + strings.ToLower(v)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for i, key := range keys {
		if err := c.holdOne(ctx, key); err != nil {
			c.release(keys[:i])
			return nil, err
		}
	}
	return func() { c.release(keys) }, nil
}

func (c *matchClaims) holdOne(ctx context.Context, key string) error {
	for {
		free := c.occupy(key)
		if free == nil {
			return nil
		}
		select {
		case <-free:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// occupy takes a value that nobody works with, or returns what is closed when it is free.
func (c *matchClaims) occupy(key string) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	free, held := c.busy[key]
	if !held {
		c.busy[key] = nil
		return nil
	}
	if free == nil {
		free = make(chan struct{})
		c.busy[key] = free
	}
	return free
}

// release gives values back and wakes who waits for them.
func (c *matchClaims) release(keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		if free := c.busy[key]; free != nil {
			close(free)
		}
		delete(c.busy, key)
	}
}

// take gives the target object to the source object of an attempt, or returns who has it.
func (c *matchClaims) take(a *attempt, targetID string) (directory.ObjectID, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := string(a.m.Kind) + " " + targetID
	if owner, ok := c.taken[key]; ok && owner.by != a.object.ID {
		return owner.by, false
	}
	c.taken[key] = taken{a.object.ID, a.page}
	return a.object.ID, true
}

// reserve gives a value that must be unique to the source object, unless another of
// those under way has it.
func (c *matchClaims) reserve(a *attempt, value string) bool {
	_, mine := c.take(a, strings.ToLower(value))
	return mine
}

// forget drops what was taken for the pages up to one: it is recorded now.
func (c *matchClaims) forget(page int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.taken, func(_ string, t taken) bool { return t.page <= page })
}

// streak counts objects in a row that failed because the target did not answer.
type streak struct {
	mu sync.Mutex
	n  int
}

// grow counts one more and returns the length.
func (s *streak) grow() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return s.n
}

// end starts anew: the target answered.
func (s *streak) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n = 0
}
