package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/plan"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// Subject is an object that is provisioned on demand, with the references that are
// written along with it.
type Subject struct {
	Kind  directory.Kind
	ID    directory.ObjectID
	Links map[directory.Relation][]directory.ObjectID
}

// OnDemand provisions single objects now, through the same decisions and with the
// same care as a cycle, and returns what the log says of each. The job's position
// stays where it is. The users that a subject is linked to come first, because a
// reference can be written only when both its ends exist; of the subject's references
// only the linked ones are written, and the next cycle writes the others. The error is
// errs.NotFound for an object that the directory does not have, or one that ends a
// cycle; what was done before it is returned all the same.
func (c *Cycle) OnDemand(ctx context.Context, subjects []Subject) ([]synchronization.ObjectSummary, error) {
	c.onDemand = true
	head, err := c.Store.Head(ctx, c.claim.Job.Tenant)
	if err != nil {
		return nil, err
	}
	c.state = synchronization.Cycle{ID: c.NewID(), Initial: true, Head: head}
	var told, linked []synchronization.ObjectSummary
	for _, s := range subjects {
		users, err := c.linkedUsers(ctx, s)
		linked = append(linked, users...)
		if err != nil {
			return append(told, linked...), err
		}
		summary, err := c.single(ctx, s.Kind, s.ID)
		if err == nil {
			err = c.linkSubject(ctx, s, &summary)
		}
		if summary.ID != "" {
			told = append(told, summary)
		}
		if err != nil {
			return append(told, linked...), err
		}
	}
	return append(told, linked...), nil
}

// linkedUsers provisions the users to which a subject is linked.
func (c *Cycle) linkedUsers(ctx context.Context, s Subject) ([]synchronization.ObjectSummary, error) {
	var told []synchronization.ObjectSummary
	for _, ids := range s.Links {
		for _, id := range ids {
			summary, err := c.single(ctx, directory.User, id)
			if err != nil {
				return told, err
			}
			told = append(told, summary)
		}
	}
	return told, nil
}

// named reads one object that the directory has.
func (c *Cycle) named(ctx context.Context, kind directory.Kind, id directory.ObjectID) (store.Candidate, error) {
	found, err := c.Store.Candidates(ctx, store.CandidateQuery{Claim: c.claim, Kind: kind, Of: store.Named, Names: []directory.ObjectID{id}})
	if err != nil {
		return store.Candidate{}, err
	}
	if len(found) == 0 || found[0].Presence != directory.Live {
		return store.Candidate{}, errs.New(errs.NotFound, "Request_ResourceNotFound",
			"The directory has no %s %s. One that was deleted is provisioned again by a cycle, after it was restored.", kind, id)
	}
	return found[0], nil
}

// single provisions one object and records it.
func (c *Cycle) single(ctx context.Context, kind directory.Kind, id directory.ObjectID) (synchronization.ObjectSummary, error) {
	none := synchronization.ObjectSummary{}
	m := c.byKind[kind]
	if m == nil {
		return none, errs.New(errs.Invalid, "RequestParameterInvalid", "The job has no enabled mapping for a %s. Enable one in its schema.", kind)
	}
	found, err := c.named(ctx, kind, id)
	if err != nil {
		return none, err
	}
	a := c.prepare(m, found)
	a.detailed = true
	a.first = spoken(a.facts, a.first)
	if err := c.announce(ctx, sweep{}, []*attempt{a}); err != nil {
		return none, err
	}
	done, err := a.process(ctx)
	if err != nil {
		return none, err
	}
	if done.outcome.Object != 0 {
		err = c.Store.Record(context.WithoutCancel(ctx), c.claim, store.Batch{Outcomes: []store.Outcome{done.outcome}})
	}
	if err != nil || a.told == nil {
		return none, err
	}
	c.Observe(a.told.ProvisioningAction, a.told.ProvisioningStatusInfo.Status)
	return *a.told, nil
}

// spoken gives a decision that a cycle would pass over in silence something to say.
func spoken(f plan.Facts, d plan.Decision) plan.Decision {
	switch {
	case d.Step != plan.Skip || d.Code != "":
	case !f.Verdict.InScope:
		d.Code, d.Reason = "NotEffectivelyEntitled", f.Verdict.Reason
	default:
		d.Code, d.Reason = "EntrySynchronizationSkipped", "nothing is to be done for it"
	}
	return d
}

// linkSubject writes the references of the subject that were asked for, and tells of
// it in the summary.
func (c *Cycle) linkSubject(ctx context.Context, s Subject, summary *synchronization.ObjectSummary) error {
	if len(s.Links) == 0 {
		return nil
	}
	subject, err := c.named(ctx, s.Kind, s.ID)
	if err != nil || subject.Link.TargetID == "" || !subject.Link.Managed {
		return err
	}
	w := &reconciliation{Cycle: c, m: c.byKind[s.Kind], only: map[directory.Relation][]directory.Key{}, tell: summary}
	if err := w.own(ctx, subject); err != nil {
		return err
	}
	for r, ids := range s.Links {
		for _, id := range ids {
			referent, err := c.named(ctx, directory.User, id)
			if err != nil {
				return err
			}
			w.only[r] = append(w.only[r], referent.Key)
			if referent.Link.TargetID == "" || !referent.Link.Managed {
				w.unresolved(r, referent)
			}
		}
	}
	return w.links(ctx)
}

// far is later than any instant at which something is retried.
const far = 1 << 53

// own fills in the owner of the references: what is known of them says the row that
// makes them due, if there is one.
func (w *reconciliation) own(ctx context.Context, subject store.Candidate) error {
	w.owner = store.Owner{
		Key: subject.Key, ID: subject.ID, Kind: subject.Kind, TargetID: subject.Link.TargetID,
		Managed: true, Name: subject.Attributes.String("displayName"), Whole: true,
	}
	due, err := w.Store.DueReferences(ctx, w.claim, time.UnixMicro(far), subject.Key-1, 1)
	if err == nil && len(due) > 0 && due[0].Key == subject.Key {
		w.owner, w.open = due[0], due[0].Open
	}
	return err
}

// links writes what was asked for. What is left stays due for the next cycle.
func (w *reconciliation) links(ctx context.Context) error {
	for _, ref := range w.m.References {
		if len(w.only[ref.Relation]) == 0 {
			continue
		}
		err := w.reconcile(ctx, ref)
		if err == nil {
			err = w.owed
		}
		if err == nil {
			continue
		}
		if fatal := w.fatal(ctx, err); fatal != nil {
			return fatal
		}
		t := troubleOf(err)
		w.told(synchronization.ResultFailure, t.code, fmt.Sprintf("references of %s could not be written: %s", ref.Relation, t.reason), nil)
		if err := w.Store.PostponeReferences(ctx, w.claim, w.owner.Key, t.failure(w.owner.Failure, w.Now()), nil); err != nil {
			return err
		}
	}
	return nil
}

// unresolved tells of a reference to an object that is not provisioned.
func (w *reconciliation) unresolved(r directory.Relation, referent store.Candidate) {
	w.told(synchronization.ResultSkipped, "UnableToResolveReferenceAttributeValue",
		fmt.Sprintf("the reference of %s to %s is not written: it is not provisioned", r, referent.ID), nil)
}

// changes returns what must be written under a relation after a referent: all of it, or
// of what was asked for.
func (w *reconciliation) changes(ctx context.Context, ref mapping.Reference, after directory.Key) ([]store.ReferenceChange, error) {
	q := store.ReferenceQuery{Claim: w.claim, Owner: w.owner.Key, Relation: ref.Relation, After: after, Limit: referencePage}
	q.AdditionsOnly = ref.AddsOnly
	if ref.Once {
		if w.owner.Created == 0 {
			return nil, nil
		}
		q.CameBy = w.owner.Created
	}
	if w.only == nil {
		q.Staged = !w.owner.Whole
		return w.Store.ReferenceChanges(ctx, q)
	}
	var wanted []store.ReferenceChange
	for _, key := range slices.Compact(slices.Sorted(slices.Values(w.only[ref.Relation]))) { // one may be named twice
		if key <= after {
			continue
		}
		q.After, q.Through = key-1, key
		found, err := w.Store.ReferenceChanges(ctx, q)
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, found...)
	}
	return wanted, nil
}

// told adds to what is told of the subject.
func (w *reconciliation) told(status, code, reason string, changed []synchronization.PropertyChange) {
	if w.tell == nil {
		return
	}
	s := synchronization.NewStep("EntryExportUpdate", "referenceResolution", status, reason)
	s.Time = w.Now().UTC()
	if code != "" {
		s.Details["ErrorCode"] = code
	}
	w.tell.ProvisioningSteps = append(w.tell.ProvisioningSteps, s)
	for _, c := range changed {
		w.tell.ModifiedProperties = append(w.tell.ModifiedProperties, c.Property())
	}
	info := &w.tell.ProvisioningStatusInfo
	switch status {
	case synchronization.ResultSuccess:
		if info.Status == synchronization.ResultSkipped {
			w.tell.ProvisioningAction, info.Status, info.ErrorInformation = synchronization.ActionUpdate, status, nil
		}
	case synchronization.ResultFailure:
		info.Status, info.ErrorInformation = status, &synchronization.SummaryError{ErrorCode: code, Reason: reason, ErrorCategory: synchronization.ErrorCategory(status)}
	}
}
