package engine

import (
	"context"
	"errors"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/plan"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/store"
)

// attempt is the work on one object.
type attempt struct {
	*Cycle
	m       *mapping.Mapping
	object  store.Candidate
	facts   plan.Facts
	desired mapping.Desired
	digest  []byte
	began   time.Time
	// sent says that something was written, or tried.
	sent bool
	// keptLink is the link as it is when the attempt fails half-way.
	keptLink store.Link
}

// object processes one candidate. The error is one that ends the cycle; what
// concerns the object alone is part of the result.
func (c *Cycle) object(ctx context.Context, m *mapping.Mapping, candidate store.Candidate) (result, error) {
	a := &attempt{Cycle: c, m: m, object: candidate, began: c.Now(), keptLink: candidate.Link}
	a.keptLink.Failure = nil
	if err := a.evaluate(); err != nil {
		return a.failed(err), nil
	}
	out, err := a.run(ctx)
	if err == nil {
		c.silent.after(false)
		return out, nil
	}
	if fatal := c.fatal(ctx, err); fatal != nil {
		return result{}, fatal
	}
	return a.failed(err), nil
}

// evaluate gathers the facts and computes what the target should hold.
func (a *attempt) evaluate() error {
	link, o := a.object.Link, a.object
	a.facts = plan.Facts{
		Kind: o.Kind, Presence: o.Presence, Enabled: o.Attributes["accountEnabled"] != false,
		Verdict: a.m.Scope(o.Change, a.TakeAll),
		Linked:  link.TargetID != "", Managed: link.Managed, Failed: link.Failure != nil,
		Recheck: a.state.Initial, Flow: a.m.Flow, Disables: a.m.Disables, KeepOutOfScope: a.KeepOutOfScope,
	}
	if o.Presence == directory.Purged || (!a.facts.Linked && !a.facts.Verdict.InScope) {
		return nil
	}
	desired, err := a.m.Evaluate(o.Change, mapping.Inputs{SoftDeleted: a.facts.SoftDeleted(), Now: a.began})
	if err != nil {
		return err
	}
	a.desired = desired
	if a.digest, err = desired.Digest(); err != nil {
		return err
	}
	a.facts.Same = len(link.Digest) > 0 && string(link.Digest) == string(a.digest)
	a.facts.Matchable = len(desired.Matches()) > 0
	return nil
}

// run takes the first decision and follows it.
func (a *attempt) run(ctx context.Context) (result, error) {
	d := plan.First(a.facts)
	switch d.Step {
	case plan.Find:
		return a.find(ctx, d)
	case plan.Fetch:
		return a.fetch(ctx, d)
	case plan.Delete:
		return a.remove(ctx, d)
	case plan.Refuse:
		return a.refused(d), nil
	case plan.Skip, plan.Create, plan.Update:
	}
	return a.skipped(d), nil
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
	case c.silent.after(fault.Class == scimclient.Unavailable) >= patience:
		return errs.Wrap(err, errs.Unavailable, scimclient.Code(err),
			"The application did not answer for %d objects in a row, the last time with: %v. The cycle goes on from here at its next run.", patience, err)
	default:
		return nil
	}
}

// objectError is a failure that concerns one object and has its own code.
type objectError struct {
	code  string
	cause error
}

func (e *objectError) Error() string { return e.cause.Error() }

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
