package engine

import (
	"context"
	"errors"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/plan"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// fetch reads the linked resource and writes the differences. One that is gone is
// looked up anew: it may have been replaced behind our back.
func (a *attempt) fetch(ctx context.Context) (result, error) {
	current, err := a.Target.Get(ctx, a.m.ResourceType, a.object.Link.TargetID, unread(a.m)...)
	if scimclient.Is(err, scimclient.Missing) {
		return a.find(ctx)
	}
	if err != nil {
		return result{}, err
	}
	return a.write(ctx, a.first, current, linked)
}

// unread names what is left out of reads: members can be many, and are read only
// where they are reconciled.
func unread(m *mapping.Mapping) []string {
	if m.ResourceType == scim.GroupType {
		return []string{"members"}
	}
	return nil
}

// find looks the object up by its matching attributes and links, creates or
// refuses. Nobody else works with the same matching value meanwhile.
func (a *attempt) find(ctx context.Context) (result, error) {
	matches, earlier := a.matches()
	if len(matches)+len(earlier) == 0 {
		return a.refused(plan.Decision{Code: "ImportSkipped", Reason: "none of its matching attributes has a value"}), nil
	}
	release, err := a.claims.hold(ctx, a.m.Kind, worked(matches, earlier)...)
	if err != nil {
		return result{}, err
	}
	defer release()
	hits, other, err := a.search(ctx, matches, earlier)
	if err != nil {
		return result{}, err
	}
	if len(hits) == 1 && other == "" && a.facts.Begun() && a.of == store.Departing {
		return a.located(hits[0]), nil
	}
	next := plan.Found(a.facts, a.first, len(hits), other)
	switch next.Step {
	case plan.Refuse:
		return a.refused(next), nil
	case plan.Create:
		return a.create(ctx, next, matches)
	case plan.Update:
		return a.write(ctx, next, hits[0], adopted)
	case plan.Delete:
		return a.remove(ctx, next, hits[0].ID())
	case plan.Skip, plan.Find, plan.Fetch:
	}
	return a.gone(next), nil
}

// lookUp asks by one matching attribute after the other until one has a hit.
func (a *attempt) lookUp(ctx context.Context, matches []mapping.Match) ([]scim.Resource, error) {
	for _, m := range matches {
		hits, err := a.Target.Find(ctx, a.m.ResourceType, question(m))
		if err != nil || len(hits) > 0 {
			return hits, err
		}
	}
	return nil, nil
}

// otherOwner returns the source object that the single hit belongs to already, or
// gives it to this one. It answers even when the cycle is being ended, so that what
// was written is recorded.
func (a *attempt) otherOwner(ctx context.Context, hits []scim.Resource) (directory.ObjectID, error) {
	if len(hits) != 1 {
		return "", nil
	}
	owner, ok, err := a.Store.LinkedTo(context.WithoutCancel(ctx), a.claim, a.m.Kind, hits[0].ID())
	if err != nil {
		return "", err
	}
	if ok && owner != a.object.ID {
		return owner, nil
	}
	if owner, mine := a.claims.take(a, hits[0].ID()); !mine {
		return owner, nil
	}
	return "", nil
}

// create creates the resource. When the answer is lost, or the target says that it
// is there already, the target is asked before anything else is sent.
func (a *attempt) create(ctx context.Context, d plan.Decision, matches []mapping.Match) (result, error) {
	a.keptLink = store.Link{} // nothing is there, whatever was before
	body, err := a.resource(ctx)
	if err != nil {
		return result{}, err
	}
	if err := a.beginAnew(ctx); err != nil {
		return result{}, err
	}
	a.sent = true
	a.unlist(matches)
	created, err := a.Target.Create(ctx, a.m.ResourceType, body, matches[0].Path)
	if err == nil {
		return a.created(ctx, d, created, matches[0])
	}
	if scimclient.Uncertain(err) {
		// Begun; it stays so until a look-up says what came of it.
		a.keptLink.Managed, a.keptLink.Begun = true, a.begins()
	} else if !scimclient.Is(err, scimclient.Clash) {
		return result{}, err
	}
	hits, lookUpErr := a.lookUp(ctx, matches)
	if lookUpErr != nil || len(hits) != 1 {
		return result{}, err
	}
	other, ownerErr := a.otherOwner(ctx, hits)
	if ownerErr != nil {
		return result{}, ownerErr
	}
	if other != "" {
		return a.refused(plan.Found(a.facts, d, 1, other)), nil
	}
	if scimclient.Uncertain(err) {
		return a.completed(ctx, d, hits[0])
	}
	return a.write(ctx, plan.Found(a.facts, d, 1, ""), hits[0], adopted)
}

// resource assembles the body of a create. A candidate for a value that must be
// unique is free when the target has nobody with it and no other object of this
// page is being given it.
func (a *attempt) resource(ctx context.Context) (scim.Resource, error) {
	body, err := a.desired.Resource(func(path scim.Path, candidate string) (bool, error) {
		hits, err := a.Target.Find(ctx, a.m.ResourceType, scimclient.Match{Path: path, Value: candidate})
		if err != nil || len(hits) > 0 {
			return false, err
		}
		return a.claims.reserve(a, path.String()+" "+candidate), nil
	})
	if _, silent := errors.AsType[*scimclient.Error](err); silent || err == nil {
		return body, err
	}
	return nil, &objectError{code: "AttributeValidationFailed", cause: err}
}

// created is the outcome of a create. Some targets answer it with a resource that was
// there already, which may be another's. One with the value by which it was looked
// up, and not found, is new.
func (a *attempt) created(ctx context.Context, d plan.Decision, created scim.Resource, by mapping.Match) (result, error) {
	if echo, ok := by.Path.Lookup(created); !ok || echo != by.Value {
		other, err := a.otherOwner(ctx, []scim.Resource{created})
		if err != nil {
			return result{}, err
		}
		if other != "" {
			return a.refused(plan.Found(a.facts, d, 1, other)), nil
		}
	}
	a.claims.take(a, created.ID())
	link := store.Link{TargetID: created.ID(), Managed: d.Managed, Digest: a.digest}
	return a.exported(synchronization.ActionCreate, d.Reason, link, a.createdProperties()), nil
}

// completed is the outcome of a create whose answer was lost and whose resource was
// found: what it lacks is written.
func (a *attempt) completed(ctx context.Context, d plan.Decision, found scim.Resource) (result, error) {
	a.keptLink = store.Link{TargetID: found.ID(), Managed: true}
	if diffs := a.desired.Differences(found); len(diffs) > 0 {
		if err := a.Target.Patch(ctx, a.m.ResourceType, found.ID(), operations(diffs)); err != nil {
			return result{}, err
		}
	}
	link := store.Link{TargetID: found.ID(), Managed: d.Managed, Digest: a.digest}
	return a.exported(synchronization.ActionCreate, d.Reason, link, a.createdProperties()).adopting(a), nil
}

// origin says how the job came to know a resource.
type origin uint8

const (
	linked  origin = iota // by a link
	adopted               // by its matching attributes: its references are not known
)

// write sends the differences to the resource.
func (a *attempt) write(ctx context.Context, d plan.Decision, current scim.Resource, from origin) (result, error) {
	a.seen = current
	diffs := a.differences(d, current)
	next := plan.Write(a.facts, d, len(diffs))
	link := store.Link{TargetID: current.ID(), Managed: next.Managed, Digest: a.digest, Disabled: a.facts.SoftDeleted()}
	if d.Deprovision {
		link.Digest = nil // the rest of the values was not written
	}
	a.keptLink = store.Link{TargetID: current.ID(), Managed: a.facts.Managed || !d.Deprovision, Disabled: a.facts.Disabled}
	if next.Step != plan.Update {
		if len(diffs) > 0 { // it may not be written, so it is as it was
			link.Disabled = a.facts.Disabled
		}
		return a.unchanged(next, link).from(from, a), nil
	}
	a.sent = true
	if err := a.Target.Patch(ctx, a.m.ResourceType, current.ID(), operations(diffs)); err != nil {
		return result{}, err
	}
	action := synchronization.ActionUpdate
	if mapping.Deactivates(diffs) {
		action = synchronization.ActionDisable
	}
	return a.exported(action, next.Reason, link, changedProperties(diffs)).from(from, a), nil
}

func (a *attempt) differences(d plan.Decision, current scim.Resource) []mapping.Difference {
	if d.Deprovision {
		return a.desired.Deprovisioning(current)
	}
	return a.desired.Differences(current)
}

// remove deletes the resource and the link with it.
func (a *attempt) remove(ctx context.Context, d plan.Decision, targetID string) (result, error) {
	a.sent = true
	if err := a.Target.Delete(ctx, a.m.ResourceType, targetID); err != nil {
		return result{}, err
	}
	return a.exported(synchronization.ActionDelete, d.Reason, store.Link{}, nil), nil
}

func operations(diffs []mapping.Difference) []scim.PatchOp {
	ops := make([]scim.PatchOp, len(diffs))
	for i := range diffs {
		ops[i] = diffs[i].Op
	}
	return ops
}
