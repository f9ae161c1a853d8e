package engine

import (
	"context"
	"slices"
	"sync"

	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// recorder gathers the outcomes of a sweep and commits them in groups. With each group
// goes the position up to which every object is done, so that nothing is passed that is
// not recorded, and which ones behind it are done already, so that nothing is done again.
type recorder struct {
	cycle *Cycle
	sweep sweep

	mu sync.Mutex
	// places are those of the objects that were handed out, in their order, without the
	// first ones, which are recorded.
	places []place
	gone   int // how many places were left out
	whole  int // how many places at the beginning are done
	// outcomes are those that are not on their way to the store yet.
	outcomes []store.Outcome
	held     []unreached
	// committing: a group is on its way to the store.
	committing bool
}

// place is where an object stands in its sweep.
type place struct {
	position int64
	page     int
	done     bool
}

// expect makes places for the objects of a page and returns the number of the first.
func (r *recorder) expect(b batch, page int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := r.gone + len(r.places)
	for _, a := range b.attempts {
		r.places = append(r.places, place{position: r.sweep.position(a.object), page: page})
	}
	return first
}

// add takes what the object with a number left behind. When enough has gathered, the one
// who brought the last of it commits, and the others go on meanwhile.
func (r *recorder) add(ctx context.Context, number int, out result) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hold(number, out) {
		return nil
	}
	r.take(number, out)
	if len(r.outcomes) < groupSize && r.whole < pageSize || r.committing {
		return nil
	}
	return r.commit(ctx)
}

// take counts what an object left behind, and gathers it for the next commit. The lock
// is held.
func (r *recorder) take(number int, out result) {
	if r.sweep.of != store.Departing { // what departs was changed, and is counted there
		out.tally.imported = 1
	}
	r.cycle.count(out.tally)
	r.places[number-r.gone].done = true
	for r.whole < len(r.places) && r.places[r.whole].done {
		r.whole++
	}
	if out.outcome.Object != 0 {
		r.outcomes = append(r.outcomes, out.outcome)
	}
}

// flush commits the rest with the position behind it. No worker runs any more.
func (r *recorder) flush(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commit(ctx)
}

// keep commits what was done before something ended the sweep. It works in spite of a
// cancelled context, and when it fails, the objects are looked at again.
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
	whole := r.whole
	reached := r.reached()
	group := r.outcomes
	r.outcomes, r.committing = make([]store.Outcome, 0, len(group)), true
	r.mu.Unlock()
	err := r.cycle.Store.Record(ctx, r.cycle.claim, store.Batch{Outcomes: group, Cycle: reached})
	r.mu.Lock()
	r.committing = false
	if err != nil {
		r.outcomes = append(group, r.outcomes...)
		return err
	}
	r.cycle.reach(reached)
	r.leave(whole)
	for i := range group {
		if l := group[i].Log; l != nil {
			r.cycle.Observe(l.Action, l.Status)
		}
	}
	return nil
}

// reached is the cycle as it is when what was gathered is recorded. The lock is held.
func (r *recorder) reached() synchronization.Cycle {
	at := r.cycle.snapshot()
	if r.whole > 0 {
		at.After = r.places[r.whole-1].position
	}
	at.Beyond = nil
	for _, p := range r.places[r.whole:] {
		if p.done {
			at.Beyond = append(at.Beyond, p.position)
		}
	}
	for _, position := range r.cycle.passed {
		if position > at.After {
			at.Beyond = append(at.Beyond, position)
		}
	}
	slices.Sort(at.Beyond)
	return at
}

// leave drops the first places, which are recorded, and what was claimed for the pages of
// which nothing is left. The lock is held.
func (r *recorder) leave(whole int) {
	if whole == 0 {
		return
	}
	page := r.places[whole-1].page
	r.places = r.places[whole:]
	r.gone, r.whole = r.gone+whole, r.whole-whole
	if len(r.places) > 0 && r.places[0].page == page {
		page--
	}
	r.cycle.claims.forget(page)
}
