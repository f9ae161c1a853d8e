package engine

import (
	"context"
	"slices"

	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// batch is one page of a sweep, evaluated and announced.
type batch struct {
	page     []store.Candidate
	attempts []*attempt
}

// ahead is the batch behind the one that is being sent, on its way: while the target
// answers, the directory is read. One slice has one at a time.
type ahead struct {
	sweep  sweep
	after  int64 // the position behind which it was read
	ready  chan struct{}
	cancel context.CancelFunc
	batch  batch
	err    error
}

// next returns the batch at the position of the phase: the one that was read ahead,
// or one that is read now.
func (c *Cycle) next(ctx context.Context, m *mapping.Mapping, s sweep) (batch, error) {
	if a := c.ahead; a != nil && a.sweep == s && a.after == c.state.After {
		c.ahead = nil
		<-a.ready
		a.cancel()
		return a.batch, a.err
	}
	c.drop()
	return c.read(ctx, m, s, c.snapshot())
}

// readAhead begins to read what comes behind a batch that is about to be sent. What a
// sweep of changes meets further on does not depend on what becomes of this batch; the
// other sweeps are short, and read what outcomes leave behind.
func (c *Cycle) readAhead(ctx context.Context, m *mapping.Mapping, s sweep, b batch) {
	if s.of != store.Changed || len(b.page) < pageSize {
		return
	}
	at := c.snapshot()
	at.After = s.position(b.page[len(b.page)-1])
	inner, cancel := context.WithCancel(ctx)
	a := &ahead{sweep: s, after: at.After, ready: make(chan struct{}), cancel: cancel}
	c.ahead = a
	go func() {
		defer close(a.ready)
		a.batch, a.err = c.read(inner, m, s, at)
	}()
}

// drop ends what is being read ahead, and waits for that.
func (c *Cycle) drop() {
	if c.ahead == nil {
		return
	}
	c.ahead.cancel()
	<-c.ahead.ready
	c.ahead = nil
}

// read reads one page of a sweep from a position on, evaluates it, and announces what
// is about to be written. The position that is recorded stays where it is: this one
// may be ahead of it.
func (c *Cycle) read(ctx context.Context, m *mapping.Mapping, s sweep, at synchronization.Cycle) (batch, error) {
	page, err := c.candidates(ctx, s, at.After)
	if err != nil || len(page) == 0 {
		return batch{}, err
	}
	b := batch{page: page, attempts: make([]*attempt, len(page))}
	for i := range page {
		b.attempts[i] = c.prepare(m, page[i])
		b.attempts[i].of = s.of
		_, b.attempts[i].passed = slices.BinarySearch(at.Beyond, s.position(page[i]))
	}
	return b, c.announce(ctx, s, b.attempts)
}
