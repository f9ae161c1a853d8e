package engine

import (
	"github.com/provisor/provisor/internal/plan"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// result is what processing one object came to.
type result struct {
	// outcome is what is recorded; without an object, nothing is.
	outcome store.Outcome
	tally   tally
	// asked: something was asked of the target.
	asked bool
	// unreached is why nothing could be; nil when it could.
	unreached error
}

// tally is what one object adds to the counts of its cycle: zero or one each.
type tally struct {
	imported int64
	entitled int64
	exports  int64 // something was to be written
	exported int64 // it was
	compared int64 // the target had everything already
	failed   int64
	pruned   int64 // a failure was given up
}

// adopting makes the references of a resource that was there already due and open:
// what it refers to is not known.
func (r result) adopting(a *attempt) result {
	r.outcome.Adopted = a.refers(r.outcome.Link)
	return r
}

// from is adopting where the references are not known: of a resource that was found,
// and of one that had been let go, whose references were not kept up meanwhile.
func (r result) from(o origin, a *attempt) result {
	if o == adopted || !a.facts.Managed {
		return r.adopting(a)
	}
	return r
}

// exported is the result of a write that the target confirmed.
func (a *attempt) exported(action, reason string, link store.Link, changed []synchronization.PropertyChange) result {
	out := a.outcome(link)
	out.Log = a.entry(verdict{action: action, status: synchronization.ResultSuccess, reason: reason, targetID: a.targetID(link), changed: changed})
	return result{outcome: out, tally: tally{entitled: a.entitled(), exports: 1, exported: 1}}
}

// unchanged is the result of a comparison that found nothing to write.
func (a *attempt) unchanged(d plan.Decision, link store.Link) result {
	out := a.outcome(link)
	out.Log = a.entry(verdict{action: synchronization.ActionOther, status: synchronization.ResultSkipped, code: d.Code, reason: d.Reason, targetID: link.TargetID})
	return result{outcome: out, tally: tally{entitled: a.entitled(), compared: 1}}
}

// skipped is the result of a decision that needs nothing of the target. It leaves
// a row only where the state changes or references may have.
func (a *attempt) skipped(d plan.Decision) result {
	link := a.object.Link
	link.Failure = nil
	out := result{tally: tally{entitled: a.entitled()}}
	moved := link.Managed != d.Managed || a.object.Link.Failure != nil || link.Departure != 0
	link.Managed, link.Departure = d.Managed, 0
	if d.Code == "" && !moved && !a.refers(link) {
		return out
	}
	out.outcome = a.outcome(link)
	if d.Code != "" {
		out.outcome.Log = a.entry(verdict{action: synchronization.ActionOther, status: synchronization.ResultSkipped, code: d.Code, reason: d.Reason, targetID: link.TargetID})
	}
	return out
}

// gone is the result when the target has no resource for the object and none is
// wanted.
func (a *attempt) gone(d plan.Decision) result {
	out := a.outcome(store.Link{})
	out.Log = a.entry(verdict{action: synchronization.ActionOther, status: synchronization.ResultSkipped, code: d.Code, reason: d.Reason})
	return result{outcome: out, tally: tally{entitled: a.entitled()}}
}

// refused is the result of facts that cannot be decided.
func (a *attempt) refused(d plan.Decision) result {
	return a.escrow(trouble{code: d.Code, reason: d.Reason})
}

// failed is the result of an attempt that err ended.
func (a *attempt) failed(err error) result {
	out := a.escrow(troubleOf(err))
	out.asked = a.asks()
	if a.unasked(err) {
		out.unreached = err
	}
	return out
}

// escrow keeps the failure for the next attempt. What is known of the target object
// is kept; what it holds is not known any more.
func (a *attempt) escrow(t trouble) result {
	link := a.keptLink
	link.Digest, link.Departure = nil, 0
	if a.departs() {
		link.Departure = store.Released
	}
	link.Failure = t.failure(a.earlier(), a.Now())
	out := a.outcome(link)
	out.Reconcile = false
	out.Adopted = link.TargetID != "" && link.TargetID != a.object.Link.TargetID && len(a.m.References) > 0
	out.Log = a.entry(verdict{
		action: a.intended(), status: synchronization.ResultFailure, code: t.code, reason: t.reason, details: outlook(link.Failure),
		recommended: t.recommended, targetID: link.TargetID,
	})
	n := tally{entitled: a.entitled(), failed: 1}
	if a.sent {
		n.exports = 1
	}
	if link.Failure == nil {
		n.pruned = 1
	}
	return result{outcome: out, tally: n}
}

// earlier is the failure of which this one is another: none, when the object changed
// since.
func (a *attempt) earlier() *store.Failure {
	if a.of == store.Changed && !a.state.Initial {
		return nil
	}
	return a.object.Link.Failure
}

func (a *attempt) outcome(link store.Link) store.Outcome {
	return store.Outcome{Object: a.object.Key, Kind: a.object.Kind, Link: link, Reconcile: a.refers(link), Unlinked: a.unlinked}
}

// refers reports whether the object's references are to be reconciled: it has a
// managed link, and its mapping has references.
func (a *attempt) refers(link store.Link) bool {
	return link.TargetID != "" && link.Managed && len(a.m.References) > 0
}

func (a *attempt) entitled() int64 {
	if a.facts.Verdict.InScope {
		return 1
	}
	return 0
}

// targetID names the target object in the log, the deleted one too.
func (a *attempt) targetID(link store.Link) string {
	if link.TargetID != "" {
		return link.TargetID
	}
	return a.object.Link.TargetID
}

// intended is the action that a failed attempt was about.
func (a *attempt) intended() string {
	switch {
	case a.first.Step == plan.Delete:
		return synchronization.ActionDelete
	case a.first.Deprovision, a.facts.Linked && a.facts.SoftDeleted():
		return synchronization.ActionDisable
	case !a.facts.Linked:
		return synchronization.ActionCreate
	default:
		return synchronization.ActionUpdate
	}
}
