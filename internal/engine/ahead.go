package engine

import (
	"context"
	"slices"

	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/store"
)

// batch is one page of a sweep, evaluated and announced.
type batch struct {
	attempts []*attempt
	// upto is the position of the last object that was read.
	upto int64
	// full: there may be more behind it.
	full bool
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

// next returns the batch behind a position: the one that was read ahead, or one that is
// read now. The one behind it is begun to be read.
func (c *Cycle) next(ctx context.Context, m *mapping.Mapping, s sweep, after int64) (batch, error) {
	b, err := c.present(ctx, m, s, after)
	if err == nil {
		c.readAhead(ctx, m, s, b)
	}
	return b, err
}

func (c *Cycle) present(ctx context.Context, m *mapping.Mapping, s sweep, after int64) (batch, error) {
	if a := c.ahead; a != nil && a.sweep == s && a.after == after {
		c.ahead = nil
		<-a.ready
		a.cancel()
		return a.batch, a.err
	}
	c.drop()
	return c.read(ctx, m, s, after)
}

// readAhead begins to read what comes behind a batch. What a sweep of changes meets
// further on does not depend on what becomes of this batch; the other sweeps are short,
// and read what outcomes leave behind.
func (c *Cycle) readAhead(ctx context.Context, m *mapping.Mapping, s sweep, b batch) {
	if s.of != store.Changed || !b.full {
		return
	}
	inner, cancel := context.WithCancel(ctx)
	a := &ahead{sweep: s, after: b.upto, ready: make(chan struct{}), cancel: cancel}
	c.ahead = a
	go func() {
		defer close(a.ready)
		a.batch, a.err = c.read(inner, m, s, b.upto)
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
// may be ahead of it. What an earlier slice has done is left out.
func (c *Cycle) read(ctx context.Context, m *mapping.Mapping, s sweep, after int64) (batch, error) {
	page, err := c.candidates(ctx, s, after)
	if err != nil || len(page) == 0 {
		return batch{}, err
	}
	b := batch{attempts: make([]*attempt, 0, len(page)), upto: s.position(page[len(page)-1]), full: len(page) == pageSize}
	for i := range page {
		if _, passed := slices.BinarySearch(c.passed, s.position(page[i])); passed {
			continue
		}
		a := c.prepare(m, page[i])
		a.of = s.of
		b.attempts = append(b.attempts, a)
	}
	return b, c.announce(ctx, s, b.attempts)
}
