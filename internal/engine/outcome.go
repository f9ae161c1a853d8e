package engine

import (
	"github.com/provisor/provisor/internal/plan"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// exported is the result of a write that the target confirmed.
func (a *attempt) exported(action, reason string, link store.Link, changed []synchronization.ModifiedProperty, adopted bool) result {
	out := a.outcome(link, a.references(link))
	out.Adopted = adopted && out.Reconcile
	out.Log = a.entry(verdict{action: action, status: synchronization.ResultSuccess, reason: reason, targetID: a.targetID(link), changed: changed})
	return result{outcome: out, entitled: a.facts.Verdict.InScope, exports: true, exported: true}
}

// unchanged is the result of a comparison that found nothing to write.
func (a *attempt) unchanged(d plan.Decision, link store.Link, adopted bool) result {
	out := a.outcome(link, a.references(link))
	out.Adopted = adopted && out.Reconcile
	out.Log = a.entry(verdict{action: synchronization.ActionOther, status: synchronization.ResultSkipped, code: d.Code, reason: d.Reason, targetID: link.TargetID})
	return result{outcome: out, entitled: a.facts.Verdict.InScope}
}

// skipped is the result of a decision that needs nothing of the target. It leaves
// a row only where the state changes or references may have.
func (a *attempt) skipped(d plan.Decision) result {
	link := a.object.Link
	link.Failure = nil
	out := result{entitled: a.facts.Verdict.InScope}
	moved := link.Managed != d.Managed || a.object.Link.Failure != nil
	link.Managed = d.Managed
	reconcile := a.references(link)
	if d.Code == "" && !moved && !reconcile {
		return out
	}
	out.outcome = a.outcome(link, reconcile)
	if d.Code != "" {
		out.outcome.Log = a.entry(verdict{action: synchronization.ActionOther, status: synchronization.ResultSkipped, code: d.Code, reason: d.Reason, targetID: link.TargetID})
	}
	return out
}

// gone is the result when the linked resource vanished and none is wanted.
func (a *attempt) gone(d plan.Decision) result {
	out := a.outcome(store.Link{}, false)
	out.Log = a.entry(verdict{action: synchronization.ActionOther, status: synchronization.ResultSkipped, code: d.Code, reason: d.Reason})
	return result{outcome: out, entitled: a.facts.Verdict.InScope}
}

// refused is the result of facts that cannot be decided.
func (a *attempt) refused(d plan.Decision) result {
	return a.escrow(d.Code, d.Reason, "")
}

// failed is the result of an attempt that err ended.
func (a *attempt) failed(err error) result {
	return a.escrow(codeOf(err), err.Error(), advice(err))
}

// escrow keeps the failure for the next attempt. What is known of the target object
// is kept; what it holds is not known any more.
func (a *attempt) escrow(code, reason, recommended string) result {
	link := a.keptLink
	link.Digest = nil
	failure := store.Failure{Code: code, Reason: reason, Attempts: 1, First: a.began, RetryAt: a.Now()}
	if before := a.object.Link.Failure; before != nil {
		failure.Attempts, failure.First = before.Attempts+1, before.First
	}
	link.Failure = &failure
	out := a.outcome(link, false)
	out.Adopted = link.TargetID != "" && link.TargetID != a.object.Link.TargetID && len(a.m.References) > 0
	out.Log = a.entry(verdict{
		action: a.intended(), status: synchronization.ResultFailure, code: code, reason: reason,
		recommended: recommended, targetID: link.TargetID,
	})
	return result{outcome: out, entitled: a.facts.Verdict.InScope, exports: a.sent, failed: true}
}

func (a *attempt) outcome(link store.Link, reconcile bool) store.Outcome {
	return store.Outcome{Object: a.object.Key, Kind: a.object.Kind, Link: link, Reconcile: reconcile}
}

// references reports whether the object's references are to be reconciled: it has
// a managed link, and its mapping has references.
func (a *attempt) references(link store.Link) bool {
	return link.TargetID != "" && link.Managed && len(a.m.References) > 0
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
	case !a.facts.Linked:
		return synchronization.ActionCreate
	case plan.First(a.facts).Step == plan.Delete:
		return synchronization.ActionDelete
	case a.facts.SoftDeleted():
		return synchronization.ActionDisable
	default:
		return synchronization.ActionUpdate
	}
}
