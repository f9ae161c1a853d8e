package engine

import (
	"context"
	"errors"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/plan"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// attempt is the work on one object.
type attempt struct {
	*Cycle
	m       *mapping.Mapping
	object  store.Candidate
	facts   plan.Facts
	desired *mapping.Desired
	digest  []byte
	// fault is why the object cannot be evaluated; nil when it can.
	fault error
	// first is the decision that needs nothing of the target.
	first plan.Decision
	began time.Time
	// of is the sweep that met it, and page the number of its page there.
	of   store.Selection
	page int
	// seen is what the target had, where it was read.
	seen scim.Resource
	// detailed: the record shows what was read.
	detailed bool
	// told is that record.
	told *synchronization.ObjectSummary
	// unlinked: the job has no row for the object.
	unlinked bool
	// sent says that something was written, or tried.
	sent bool
	// keptLink is the link as it is when the attempt fails half-way.
	keptLink store.Link
}

// prepare evaluates one candidate and takes the first decision.
func (c *Cycle) prepare(m *mapping.Mapping, candidate store.Candidate) *attempt {
	a := &attempt{Cycle: c, m: m, object: candidate, began: c.Now(), keptLink: candidate.Link, unlinked: candidate.Link.IsZero()}
	a.keptLink.Failure = nil
	if a.fault = a.evaluate(); a.fault == nil {
		a.first = plan.First(a.facts)
	}
	return a
}

// process does what the object needs. The error is one that ends the cycle; what
// concerns the object alone is part of the result.
func (a *attempt) process(ctx context.Context) (result, error) {
	out, err := a.run(ctx)
	if err == nil {
		return a.answered(out), nil
	}
	if fatal := a.fatal(ctx, err); fatal != nil {
		return result{}, fatal
	}
	return a.failed(err), nil
}

// evaluate gathers the facts and computes what the target should hold.
func (a *attempt) evaluate() error {
	link, o := a.object.Link, a.object
	a.facts = plan.Facts{
		Kind: o.Kind, Presence: o.Presence, Enabled: o.Attributes["accountEnabled"] != false,
		Verdict: a.m.Scope(o.Change, a.entitlement()),
		Linked:  link.TargetID != "", Managed: link.Managed, Disabled: link.Disabled, Failed: link.Failure != nil, Remembered: len(link.Begun) > 0,
		Recheck: a.state.Initial, Flow: a.m.Flow, Disables: a.m.Disables, KeepOutOfScope: a.KeepOutOfScope,
	}
	unknown := !a.facts.Linked && !a.facts.Managed && !a.facts.Verdict.InScope
	if o.Presence == directory.Purged || unknown {
		return nil
	}
	desired, err := a.m.Evaluate(o.Change, mapping.Inputs{
		SoftDeleted: a.facts.SoftDeleted(), Now: a.began, DefaultDomain: a.DefaultDomain, AppRoles: a.AppRoles,
	})
	if err != nil {
		return err
	}
	a.desired, a.digest = desired, desired.Digest()
	a.facts.Same = len(link.Digest) > 0 && string(link.Digest) == string(a.digest)
	a.facts.Matchable, a.facts.Withheld = desired.Matchable(), desired.Withheld()
	return nil
}

// run follows the first decision.
func (a *attempt) run(ctx context.Context) (result, error) {
	if a.fault != nil {
		return result{}, &objectError{code: codeOf(a.fault), cause: a.fault}
	}
	switch a.first.Step {
	case plan.Find:
		return a.find(ctx)
	case plan.Fetch:
		return a.fetch(ctx)
	case plan.Delete:
		return a.remove(ctx, a.first, a.object.Link.TargetID)
	case plan.Refuse:
		return a.refused(a.first), nil
	case plan.Skip, plan.Create, plan.Update:
	}
	return a.skipped(a.first), nil
}

// fatal returns the error that ends the cycle, or nil when err concerns one object
// only: the context, a store that fails, credentials that do not hold, or a target
// that has not answered for many objects in a row.
func (c *Cycle) fatal(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if _, ok := errors.AsType[*objectError](err); ok {
		return nil
	}
	fault, ok := errors.AsType[*scimclient.Error](err)
	switch {
	case !ok:
		return err
	case fault.Class == scimclient.Unauthorized:
		return errs.Wrap(err, errs.Unavailable, "SystemForCrossDomainIdentityManagementInvalidCredentials",
			"The application refuses the credentials: %v. Acquire a new access token or correct the secrets; the job goes on by itself then.", err)
	case fault.Class != scimclient.Unavailable:
		c.silent.end()
		return nil
	case c.silent.grow() >= patience:
		return silenced(patience, err)
	default:
		return nil
	}
}

// objectError is a failure that concerns one object and has its own code.
type objectError struct {
	code  string
	cause error
}

// Error is the cause's.
func (e *objectError) Error() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *objectError) Unwrap() error { return e.cause }

// codeOf returns the error code of the log for an object's failure.
func codeOf(err error) string {
	if e, ok := errors.AsType[*objectError](err); ok {
		return e.code
	}
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e.Code
	}
	return scimclient.Code(err)
}

// reasonOf says for people why an object failed. What only the operator may see is
// not in it.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e.Message
	}
	return err.Error()
}
