package engine

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/plan"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// sweep is one phase over the objects of one kind.
type sweep struct {
	kind directory.Kind
	of   store.Selection
}

// sweepOf returns the sweep of a phase.
func sweepOf(p synchronization.Phase) sweep {
	switch p { //nolint:exhaustive // the others are no sweeps
	case synchronization.PhaseDepartUsers:
		return sweep{directory.User, store.Departing}
	case synchronization.PhaseDepartGroups:
		return sweep{directory.Group, store.Departing}
	case synchronization.PhaseRetryUsers:
		return sweep{directory.User, store.Retried}
	case synchronization.PhaseRetryGroups:
		return sweep{directory.Group, store.Retried}
	case synchronization.PhaseGroups:
		return sweep{directory.Group, store.Changed}
	default:
		return sweep{directory.User, store.Changed}
	}
}

// position returns how far the phase is when c is done.
func (s sweep) position(c store.Candidate) int64 {
	if s.of == store.Changed || s.of == store.Linked {
		return c.Sequence
	}
	return int64(c.Key)
}

// candidates reads the page of a sweep behind a position.
func (c *Cycle) candidates(ctx context.Context, s sweep, after int64) ([]store.Candidate, error) {
	m := c.byKind[s.kind]
	return c.Store.Candidates(ctx, store.CandidateQuery{
		Claim: c.claim, Kind: s.kind, Of: s.of, From: c.state.From, Head: c.state.Head, After: after,
		Due: c.Now(), Limit: pageSize, WithoutRoles: c.TakeAll && (m == nil || !m.ReadsAppRoles()),
	})
}

// objects processes one page of a sweep, or as much of it as the slice has time
// for, and reports whether there may be more.
func (c *Cycle) objects(ctx context.Context, s sweep) (bool, error) {
	m := c.byKind[s.kind]
	if m == nil {
		return false, nil
	}
	b, err := c.next(ctx, m, s)
	if err != nil || len(b.page) == 0 {
		return false, err
	}
	if err := c.list(ctx, m, s); err != nil {
		return false, err
	}
	c.readAhead(ctx, m, s, b)
	rec := newRecorder(c, s, b.page)
	rec.pass(b.attempts)
	done, err := c.workers(ctx, len(b.page), func(ctx context.Context, i int) error {
		if b.attempts[i].passed {
			return nil
		}
		out, err := b.attempts[i].take(ctx)
		if err != nil {
			return err
		}
		return rec.add(ctx, i, out)
	})
	if err != nil {
		rec.keep(ctx)
		return false, err
	}
	if err := rec.outOfReach(ctx); err != nil {
		return false, err
	}
	if err := rec.flush(ctx); err != nil {
		return false, err
	}
	c.claims.forget()
	return done < len(b.page) || len(b.page) == pageSize, nil
}

// announce records, before anything is sent, which objects of a page are about to be
// written, or taken on by a create. If the outcome is then lost, by a crash or an
// order, the object is looked at again even when the directory has taken the change
// back in the meantime, and looked after even when it has left the scope: nobody keeps
// an account that the job does not know of.
func (c *Cycle) announce(ctx context.Context, s sweep, attempts []*attempt) error {
	var begun []store.Outcome
	anew := store.Announcement{Cycle: c.snapshot()}
	for _, a := range attempts {
		link, changed := a.beginning()
		switch {
		case !changed, a.passed:
		case a.unlinked && s.of == store.Changed && !c.onDemand:
			anew.Objects = append(anew.Objects, store.Beginning{Object: a.object.Key, Kind: a.object.Kind, Position: s.position(a.object), Begun: link.Begun})
		default:
			a.unlinked = false
			begun = append(begun, store.Outcome{Object: a.object.Key, Kind: a.object.Kind, Link: link, Adopted: link.Managed && !a.facts.Managed && a.refers(link)})
		}
	}
	if len(anew.Objects) > 0 {
		anew.Upto = s.position(attempts[len(attempts)-1].object)
		if err := c.Store.Announce(ctx, c.claim, anew); err != nil {
			return err
		}
	}
	if len(begun) == 0 {
		return nil
	}
	return c.Store.Record(ctx, c.claim, store.Batch{Outcomes: begun})
}

// beginning returns the link as it is while the outcome is not known, and whether that
// is another than the one recorded.
func (a *attempt) beginning() (store.Link, bool) {
	link := a.object.Link
	asks := a.first.Step == plan.Find || a.first.Step == plan.Fetch || a.first.Step == plan.Delete
	if a.fault != nil || !asks || !a.sends() {
		return link, false
	}
	takesOn := !a.first.Deprovision && a.first.Step != plan.Delete && !link.Managed
	givesBack := link.Disabled && !a.facts.SoftDeleted()
	begun := link.Begun
	if link.TargetID == "" && !a.first.Deprovision && (takesOn || link.Managed) {
		begun = a.begins()
	}
	if !takesOn && !givesBack && len(link.Digest) == 0 && len(begun) == len(link.Begun) {
		return link, false
	}
	link.Begun, link.Digest, link.Managed, link.Disabled = begun, nil, link.Managed || takesOn, link.Disabled && !givesBack
	return link, true
}

// workers calls do for 0, 1, …, some at once, until all n are done or the time of
// the slice is over. It returns how many are done, or the first error.
func (c *Cycle) workers(ctx context.Context, n int, do func(ctx context.Context, i int) error) (int, error) {
	group, inner := errgroup.WithContext(ctx)
	queue := queue{n: n, open: func() bool { return inner.Err() == nil && c.Now().Before(c.until) }}
	for range min(c.Concurrency, n) {
		group.Go(func() error {
			for i, ok := queue.take(); ok; i, ok = queue.take() {
				if err := do(inner, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return queue.taken, context.Cause(ctx)
}

// queue hands out 0, 1, … until n are taken or it is no longer open. The first is given
// even then, so that every slice gets on.
type queue struct {
	n     int
	open  func() bool
	mu    sync.Mutex
	taken int
}

func (q *queue) take() (int, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.taken == q.n || q.taken > 0 && !q.open() {
		return 0, false
	}
	q.taken++
	return q.taken - 1, true
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
	held     []unreached
	// committing: a group is on its way to the store.
	committing bool
}

func newRecorder(c *Cycle, s sweep, page []store.Candidate) *recorder {
	return &recorder{cycle: c, sweep: s, page: page, done: make([]bool, len(page))}
}

// add takes what the object at i left behind. When enough has gathered, the one who
// brought the last of it commits, and the others go on meanwhile.
func (r *recorder) add(ctx context.Context, i int, out result) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hold(i, out) {
		return nil
	}
	r.take(i, out)
	if len(r.outcomes) < groupSize || r.committing {
		return nil
	}
	return r.commit(ctx)
}

// take counts what the object at i left behind, and gathers it for the next commit. The
// lock is held.
func (r *recorder) take(i int, out result) {
	if r.sweep.of != store.Departing { // what departs was changed, and is counted there
		out.tally.imported = 1
	}
	r.cycle.count(out.tally)
	r.done[i] = true
	for r.whole < len(r.done) && r.done[r.whole] {
		r.whole++
	}
	if out.outcome.Object != 0 {
		r.outcomes = append(r.outcomes, out.outcome)
	}
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

// commit records what was gathered, one group at a time. The lock is held when it is
// called and when it returns, and not while the store works. The cycle's own position
// follows only when that succeeded: it is what is stored when the slice ends, even by
// a fault.
func (r *recorder) commit(ctx context.Context) error {
	reached := r.cycle.snapshot()
	if r.whole > 0 {
		reached.After = r.sweep.position(r.page[r.whole-1])
	}
	reached.Beyond = r.beyond()
	group := r.outcomes
	r.outcomes, r.committing = nil, true
	r.mu.Unlock()
	err := r.cycle.Store.Record(ctx, r.cycle.claim, store.Batch{Outcomes: group, Cycle: reached})
	r.mu.Lock()
	r.committing = false
	if err != nil {
		r.outcomes = append(group, r.outcomes...)
		return err
	}
	r.reach(reached)
	for i := range group {
		if l := group[i].Log; l != nil {
			r.cycle.Observe(l.Action, l.Status)
		}
	}
	return nil
}
