package engine

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/plan"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// survey marks, on one page of what the job knows and what changed, the objects that
// are to be taken away. Nothing is sent. It reports whether there may be more.
func (c *Cycle) survey(ctx context.Context, kind directory.Kind) (bool, error) {
	m := c.byKind[kind]
	if m == nil {
		return c.unmark(ctx, kind)
	}
	s := sweep{kind, store.Linked}
	page, err := c.candidates(ctx, s, c.state.After)
	if err != nil || len(page) == 0 {
		return false, err
	}
	var marked []store.Outcome
	for i := range page {
		a := c.prepare(m, page[i])
		link := a.object.Link
		if departs := a.departs(); departs == (link.Departure != 0) {
			continue
		}
		link.Departure = stagedUnless(link.Departure)
		marked = append(marked, store.Outcome{Object: a.object.Key, Kind: kind, Link: link})
	}
	reached := c.snapshot()
	reached.After = s.position(page[len(page)-1])
	if err := c.Store.Record(ctx, c.claim, store.Batch{Outcomes: marked, Cycle: reached}); err != nil {
		return false, err
	}
	c.reach(reached)
	return len(page) == pageSize, nil
}

// unmark drops the marks of a kind whose mapping was disabled: nothing of it departs.
func (c *Cycle) unmark(ctx context.Context, kind directory.Kind) (bool, error) {
	page, err := c.candidates(ctx, sweep{kind, store.Departing}, c.state.After)
	if err != nil || len(page) == 0 {
		return false, err
	}
	marked := make([]store.Outcome, len(page))
	for i := range page {
		marked[i] = store.Outcome{Object: page[i].Key, Kind: kind, Link: page[i].Link}
		marked[i].Link.Departure = 0
	}
	return len(page) == pageSize, c.Store.Record(ctx, c.claim, store.Batch{Outcomes: marked, Cycle: c.snapshot()})
}

// stagedUnless is the other state of a mark: staged, or none when there was one.
func stagedUnless(before store.Departure) store.Departure {
	if before == 0 {
		return store.Staged
	}
	return 0
}

// weigh decides, once all departures are known and before any is sent, whether they
// are held back.
func (c *Cycle) weigh(ctx context.Context) error {
	n, err := c.Store.Standing(ctx, c.claim)
	if err != nil {
		return err
	}
	c.state.Held = nil
	if !c.state.Forced {
		c.state.Held = plan.Weigh(plan.Balance{Departing: n.Departing, Accounts: n.Accounts, Threshold: c.DeleteThreshold})
	}
	return nil
}

// departs reports whether the object is to be taken away.
func (a *attempt) departs() bool {
	return a.fault == nil && plan.Departs(a.facts, a.first)
}

// sends reports whether the sweep is the one that carries the decision out. What
// departs is sent in the phase of departures and nowhere else. What became of a create
// that was begun is looked up even when departures are held back.
func (a *attempt) sends() bool {
	departs := a.departs()
	switch {
	case a.onDemand:
		return true
	case a.of != store.Departing:
		return !departs
	default:
		return departs && (a.state.Held == nil || a.object.Link.Departure == store.Released || a.facts.Begun())
	}
}

// take does what the sweep is for.
func (a *attempt) take(ctx context.Context) (result, error) {
	switch mark := a.object.Link.Departure; {
	case a.sends():
		return a.process(ctx)
	case a.of != store.Departing:
		return a.staged(mark), nil
	case !a.departs():
		return a.marked(0), nil
	case mark == store.Held:
		return result{}, nil
	default:
		return a.held(), nil
	}
}

// staged leaves a departure to the phase of departures: of this cycle, if it was
// surveyed, else of the next.
func (a *attempt) staged(mark store.Departure) result {
	if mark != 0 {
		return result{tally: tally{entitled: a.entitled()}}
	}
	return a.marked(store.Staged)
}

// marked changes nothing but the mark.
func (a *attempt) marked(d store.Departure) result {
	out := a.outcome(a.object.Link)
	out.Link.Departure, out.Reconcile = d, false
	return result{outcome: out, tally: tally{entitled: a.entitled()}}
}

// held tells in the log, once, that a departure is held back.
func (a *attempt) held() result {
	out := a.marked(store.Held)
	out.outcome.Log = a.entry(verdict{
		action: synchronization.ActionStaged, status: synchronization.ResultSkipped, code: a.state.Held.Code, reason: a.first.Reason,
		details: a.state.Held.Message, targetID: a.object.Link.TargetID,
		recommended: "If it is meant, restart the job with ForceDeletes. If not, correct the source.",
	})
	return out
}
