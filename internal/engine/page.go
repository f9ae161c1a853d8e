package engine

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// objects processes one page of a kind and reports whether there may be more.
func (c *Cycle) objects(ctx context.Context, kind directory.Kind, retry bool) (bool, error) {
	m := c.byKind[kind]
	if m == nil {
		return false, nil
	}
	page, err := c.Store.Candidates(ctx, store.CandidateQuery{
		Claim: c.claim, Kind: kind, From: c.state.From, Head: c.state.Head, After: c.state.After,
		Retry: retry, Due: c.Now(), Limit: pageSize,
	})
	if err != nil || len(page) == 0 {
		return false, err
	}
	last := page[len(page)-1]
	after := last.Sequence
	if retry {
		after = int64(last.Key)
	}
	rec := &recorder{cycle: c}
	err = c.workers(ctx, len(page), func(ctx context.Context, i int) error {
		out, err := c.object(ctx, m, page[i])
		if err != nil {
			return err
		}
		return rec.add(ctx, out)
	})
	if err != nil {
		rec.keep(ctx)
		return false, err
	}
	c.state.After = after
	c.claims.forget()
	return len(page) == pageSize, rec.flush(ctx)
}

// workers calls do for 0 … n-1, some at once, and returns the first error.
func (c *Cycle) workers(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(c.Concurrency)
	for i := range n {
		if inner.Err() != nil {
			break
		}
		group.Go(func() error { return do(inner, i) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// recorder gathers outcomes and commits them in groups. Until a page is whole, the
// position that is committed with them stays in front of the page.
type recorder struct {
	cycle    *Cycle
	mu       sync.Mutex
	outcomes []store.Outcome
}

// add takes what one object left behind; an outcome without object leaves nothing.
func (r *recorder) add(ctx context.Context, out result) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cycle.count(out)
	if out.outcome.Object == 0 {
		return nil
	}
	r.outcomes = append(r.outcomes, out.outcome)
	if len(r.outcomes) < groupSize {
		return nil
	}
	return r.commit(ctx)
}

// flush commits the rest of a page with the position after it.
func (r *recorder) flush(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commit(ctx)
}

// keep commits what was done of a page that something ended. It works in spite of
// a cancelled context, and when it fails, the objects are looked at again.
func (r *recorder) keep(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.outcomes) > 0 {
		_ = r.commit(context.WithoutCancel(ctx)) // done again by the next worker
	}
}

func (r *recorder) commit(ctx context.Context) error {
	err := r.cycle.Store.Record(ctx, r.cycle.claim, store.Batch{Outcomes: r.outcomes, Cycle: r.cycle.snapshot()})
	if err != nil {
		return err
	}
	for i := range r.outcomes {
		if l := r.outcomes[i].Log; l != nil {
			r.cycle.Observe(l.Action, l.Status)
		}
	}
	r.outcomes = nil
	return nil
}

// result is what processing one object came to.
type result struct {
	outcome  store.Outcome
	entitled bool
	exports  bool // something was to be written
	exported bool // it was
	failed   bool
}

// count adds one object to the counts of the cycle.
func (c *Cycle) count(out result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := &c.state.Counts
	n.Imported++
	if !c.state.Initial {
		n.ImportedDeltas++
	}
	add(&n.Entitled, out.entitled)
	add(&n.EntitledForProvisioning, out.entitled)
	add(&n.Exports, out.exports)
	add(&n.Exported, out.exported)
	add(&n.Escrowed, out.failed)
	add(&n.EscrowedRaw, out.failed)
}

func add(n *int64, yes bool) {
	if yes {
		*n++
	}
}

// snapshot returns the state as it is to be recorded.
func (c *Cycle) snapshot() synchronization.Cycle {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// countReferences adds references that were written.
func (c *Cycle) countReferences(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Counts.ImportedReferenceDeltas += int64(n)
}

// countFailure adds an owner whose references could not be written.
func (c *Cycle) countFailure() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Counts.Escrowed++
	c.state.Counts.EscrowedRaw++
}
