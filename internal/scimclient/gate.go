package scimclient

import (
	"context"
	"sync"
	"time"
)

// gate holds back every request to a target that asked for a pause.
type gate struct {
	mu    sync.Mutex
	until time.Time
}

// close keeps the gate shut until the instant, if that is later than it was.
func (g *gate) close(until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until.After(g.until) {
		g.until = until
	}
}

// pass waits until the gate is open.
func (g *gate) pass(ctx context.Context, wait func(context.Context, time.Duration) error, now func() time.Time) error {
	for {
		g.mu.Lock()
		left := g.until.Sub(now())
		g.mu.Unlock()
		if left <= 0 {
			return nil
		}
		if err := wait(ctx, left); err != nil {
			return err
		}
	}
}
