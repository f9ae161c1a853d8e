package engine

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
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

// objects processes the rest of a sweep, or as much of it as the slice has time for,
// and reports whether there may be more. Of a sweep that is not one of changes it
// processes one page.
func (c *Cycle) objects(ctx context.Context, s sweep) (bool, error) {
	m := c.byKind[s.kind]
	if m == nil {
		return false, nil
	}
	c.passed = c.state.Beyond
	b, err := c.next(ctx, m, s, c.state.After)
	if err != nil || !b.full && len(b.attempts) == 0 {
		return false, err
	}
	if err := c.list(ctx, m, s); err != nil {
		return false, err
	}
	rec := &recorder{cycle: c, sweep: s}
	work := newStream(rec, b, func(b batch) (batch, error) { return c.next(ctx, m, s, b.upto) })
	if err := c.crew(ctx, work.work); err != nil {
		rec.keep(ctx)
		return false, err
	}
	if err := rec.outOfReach(ctx); err != nil {
		return false, err
	}
	return work.more(), rec.flush(ctx)
}
