package engine

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

// workers calls do for 0, 1, …, some at once, until all n are done or the time of
// the slice is over. It returns how many are done, or the first error.
func (c *Cycle) workers(ctx context.Context, n int, do func(ctx context.Context, i int) error) (int, error) {
	queue := queue{n: n, open: c.open}
	err := c.crew(ctx, func(ctx context.Context) error {
		for i, ok := queue.take(ctx); ok; i, ok = queue.take(ctx) {
			if err := do(ctx, i); err != nil {
				return err
			}
		}
		return nil
	})
	return queue.taken, err
}

// crew calls work as often at once as the job may, and returns the first error. When one
// fails, the context of the others ends.
func (c *Cycle) crew(ctx context.Context, work func(ctx context.Context) error) error {
	group, inner := errgroup.WithContext(ctx)
	for range c.Concurrency {
		group.Go(func() error { return work(inner) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// open reports whether something more may be begun in this slice.
func (c *Cycle) open(ctx context.Context) bool { return ctx.Err() == nil && c.Now().Before(c.until) }

// queue hands out 0, 1, … until n are taken or it is no longer open. The first is given
// even then, so that every slice gets on.
type queue struct {
	n     int
	open  func(ctx context.Context) bool
	mu    sync.Mutex
	taken int
}

func (q *queue) take(ctx context.Context) (int, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.taken == q.n || q.taken > 0 && !q.open(ctx) {
		return 0, false
	}
	q.taken++
	return q.taken - 1, true
}
