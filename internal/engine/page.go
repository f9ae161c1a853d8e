package engine

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/plan"
	"github.com/provisor/provisor/internal/store"
)

// sweep is one phase over the objects of one kind.
type sweep struct {
	kind  directory.Kind
	retry bool // those with a failure to retry, else those that changed
}

// position returns how far the phase is when c is done.
func (s sweep) position(c store.Candidate) int64 {
	if s.retry {
		return int64(c.Key)
	}
	return c.Sequence
}

// objects processes one page of a sweep, or as much of it as the slice has time
// for, and reports whether there may be more.
func (c *Cycle) objects(ctx context.Context, s sweep) (bool, error) {
	m := c.byKind[s.kind]
	if m == nil {
		return false, nil
	}
	page, err := c.Store.Candidates(ctx, store.CandidateQuery{
		Claim: c.claim, Kind: s.kind, From: c.state.From, Head: c.state.Head, After: c.state.After,
		Retry: s.retry, Due: c.Now(), Limit: pageSize,
	})
	if err != nil || len(page) == 0 {
		return false, err
	}
	attempts := make([]*attempt, len(page))
	for i := range page {
		attempts[i] = c.prepare(m, page[i])
	}
	if err := c.announce(ctx, attempts); err != nil {
		return false, err
	}
	rec := newRecorder(c, s, page)
	done, err := c.workers(ctx, len(page), func(ctx context.Context, i int) error {
		out, err := attempts[i].process(ctx)
		if err != nil {
			return err
		}
		return rec.add(ctx, i, out)
	})
	if err != nil {
		rec.keep(ctx)
		return false, err
	}
	if err := rec.flush(ctx); err != nil {
		return false, err
	}
	c.claims.forget()
	return done < len(page) || len(page) == pageSize, nil
}

// announce records, before anything is sent, which objects of a page the job is
// about to take on: by a create, or by giving an account back to one that it had let
// go. If the outcome is then lost, by a crash or an order, the object is looked after
// even when it has left the scope in the meantime: nobody keeps an account that the
// job does not know of.
func (c *Cycle) announce(ctx context.Context, attempts []*attempt) error {
	var taken []store.Outcome
	for _, a := range attempts {
		if !a.takesOn() {
			continue
		}
		link := a.object.Link
		link.Managed, link.Digest = true, nil
		taken = append(taken, store.Outcome{Object: a.object.Key, Kind: a.object.Kind, Link: link, Adopted: a.refers(link)})
	}
	if len(taken) == 0 {
		return nil
	}
	return c.Store.Record(ctx, c.claim, store.Batch{Outcomes: taken, Cycle: c.snapshot()})
}

// takesOn reports whether the attempt may make an object managed that is not.
func (a *attempt) takesOn() bool {
	asks := a.first.Step == plan.Find || a.first.Step == plan.Fetch
	return a.fault == nil && asks && !a.facts.Managed && !a.first.Deprovision
}

// workers calls do for 0, 1, …, some at once, until all n are done or the time of
// the slice is over. It returns how many are done, or the first error.
func (c *Cycle) workers(ctx context.Context, n int, do func(ctx context.Context, i int) error) (int, error) {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(c.Concurrency)
	done := 0
	for i := range n {
		if inner.Err() != nil || i > 0 && !c.Now().Before(c.until) {
			break
		}
		group.Go(func() error { return do(inner, i) })
		done++
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return done, context.Cause(ctx)
}

// recorder gathers the outcomes of a page and commits them in groups. With each
// group goes the position up to which every object of the page is done, so that
// nothing is passed that is not recorded, and little is done again.
type recorder struct {
	cycle    *Cycle
	sweep    sweep
	page     []store.Candidate
	mu       sync.Mutex
	done     []bool
	whole    int // every object of the page before this index is done
	outcomes []store.Outcome
}

func newRecorder(c *Cycle, s sweep, page []store.Candidate) *recorder {
	return &recorder{cycle: c, sweep: s, page: page, done: make([]bool, len(page))}
}

// add takes what the object at i left behind.
func (r *recorder) add(ctx context.Context, i int, out result) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cycle.count(out.tally)
	r.done[i] = true
	for r.whole < len(r.done) && r.done[r.whole] {
		r.whole++
	}
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

// commit records what was gathered. The cycle's own position follows only when that
// succeeded: it is what is stored when the slice ends, even by a fault.
func (r *recorder) commit(ctx context.Context) error {
	reached := r.cycle.snapshot()
	if r.whole > 0 {
		reached.After = r.sweep.position(r.page[r.whole-1])
	}
	if err := r.cycle.Store.Record(ctx, r.cycle.claim, store.Batch{Outcomes: r.outcomes, Cycle: reached}); err != nil {
		return err
	}
	r.cycle.reach(reached.After)
	for i := range r.outcomes {
		if l := r.outcomes[i].Log; l != nil {
			r.cycle.Observe(l.Action, l.Status)
		}
	}
	r.outcomes = nil
	return nil
}
