package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// ownersPage is how many owners of references are read at once.
const ownersPage = 200

// referencePage is how many changes are remembered as pending at once.
const referencePage = 1000

// errSlice says that the references of an owner go on in the next slice.
var errSlice = errors.New("the slice is over")

// references reconciles one page of the owners that are due and reports whether
// there may be more.
func (c *Cycle) references(ctx context.Context) (bool, error) {
	owners, err := c.Store.DueReferences(ctx, c.claim, c.Now(), directory.Key(c.state.After), ownersPage)
	if err != nil || len(owners) == 0 {
		return false, err
	}
	var left leftOver
	done, err := c.workers(ctx, len(owners), func(ctx context.Context, i int) error {
		err := c.owner(ctx, owners[i])
		if errors.Is(err, errSlice) {
			left.note(i)
			return nil
		}
		return err
	})
	if err != nil {
		return false, err
	}
	done = left.before(done)
	reached := c.snapshot()
	if done > 0 {
		reached.After = int64(owners[done-1].Key)
	}
	if err := c.Store.Record(ctx, c.claim, store.Batch{Cycle: reached}); err != nil {
		return false, err
	}
	c.reach(reached)
	return done < len(owners) || len(owners) == ownersPage, nil
}

// leftOver is the first owner of a page whose references take longer than the slice.
// Those behind it that are done are no longer due when the page is read again.
type leftOver struct {
	mu    sync.Mutex
	some  bool
	first int
}

func (l *leftOver) note(i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.some || i < l.first {
		l.some, l.first = true, i
	}
}

// before returns how many of the first n stand before it.
func (l *leftOver) before(n int) int {
	if l.some {
		return min(n, l.first)
	}
	return n
}

// owner reconciles the references of one object. A failure that concerns it alone
// leaves it due for the next cycle. One that left the scope receives nothing; its
// references are read anew if it comes back.
func (c *Cycle) owner(ctx context.Context, o store.Owner) error {
	m := c.byKind[o.Kind]
	if m == nil || !o.Managed {
		return c.Store.CloseReferences(ctx, c.claim, o.Key, 0)
	}
	if !o.Whole {
		if err := c.Store.StageReferences(ctx, c.claim, o.Key); err != nil {
			return err
		}
	}
	w := &reconciliation{Cycle: c, m: m, owner: o, open: o.Open}
	for _, ref := range m.References {
		err := w.reconcile(ctx, ref)
		if err == nil {
			continue
		}
		if err := w.settle(ctx, err); err != nil {
			return err
		}
		if fatal := c.fatal(ctx, err); fatal != nil {
			return fatal
		}
		return w.failed(ctx, ref, err)
	}
	c.silent.end()
	if w.owed != nil {
		if err := w.settle(ctx, w.owed); err != nil {
			return err
		}
		return w.postpone(ctx, troubleOf(w.owed), nil)
	}
	return c.Store.CloseReferences(ctx, c.claim, o.Key, w.reconciled())
}

// settle says that nothing is open when what ended the work on the owner cannot have
// changed anything at the target: it declined, or nothing more was sent to it. Reading
// everything back is spared then. What cannot be told stays open.
func (w *reconciliation) settle(ctx context.Context, err error) error {
	_, answered := errors.AsType[*scimclient.Error](err)
	ended := ctx.Err() != nil && errors.Is(err, context.Cause(ctx))
	if w.open || scimclient.Uncertain(err) || !answered && !ended {
		return nil
	}
	err = w.Store.SettleReferences(context.WithoutCancel(ctx), w.claim, w.owner.Key)
	if ended {
		return nil // it stays open: the next one reads back
	}
	return err
}

// reconciled is the feed number up to which the record has what the directory has, once
// the owner is done. Of a single reference it is as quick to look.
func (w *reconciliation) reconciled() int64 {
	if slices.ContainsFunc(w.m.References, func(r mapping.Reference) bool { return !r.Relation.Single() }) {
		return w.state.Head
	}
	return 0
}

// reconciliation is the work on the references of one owner.
type reconciliation struct {
	*Cycle
	m     *mapping.Mapping
	owner store.Owner
	// open: what the target has may differ from the record.
	open bool
	// owed is why some reference could not be written; the owner stays due.
	owed error
	// only, when it is not nil, is all that is to be written. Tell, when it is not nil,
	// is told of it.
	only map[directory.Relation][]directory.Key
	tell *synchronization.ObjectSummary
}

// attempts is how often the references of one owner are read back and written
// again within one cycle when answers are lost.
const attempts = 4

// reconcile writes what the target lacks. When an answer is lost, what the target
// has is read before anything is sent again.
func (w *reconciliation) reconcile(ctx context.Context, ref mapping.Reference) error {
	var err error
	for range attempts {
		if w.open {
			if err := w.observe(ctx); err != nil {
				return err
			}
		}
		if err = w.write(ctx, ref); !scimclient.Uncertain(err) {
			return err
		}
		w.open = true
	}
	return err
}

// write sends every change, a chunk at a time, until there is none or the slice is over.
// Each is remembered as pending before it is sent.
func (w *reconciliation) write(ctx context.Context, ref mapping.Reference) error {
	after := directory.Key(0)
	for {
		changes, err := w.changes(ctx, ref, after)
		if err != nil || len(changes) == 0 {
			return err
		}
		if after > 0 && !w.onDemand && !w.Now().Before(w.until) {
			return errSlice
		}
		if err := w.Store.OpenReferences(ctx, w.claim, w.owner.Key, ref.Relation, changes); err != nil {
			return err
		}
		after = last(changes)
		for chunk := range slices.Chunk(changes, chunkSize) {
			if err := w.chunk(ctx, ref, chunk); err != nil {
				return err
			}
		}
	}
}

// last returns the greatest referent.
func last(changes []store.ReferenceChange) directory.Key {
	greatest := directory.Key(0)
	for _, c := range changes {
		greatest = max(greatest, c.Referent)
	}
	return greatest
}

// chunk writes some changes in one PATCH. When the target refuses them, each half is
// tried, so that one bad member does not keep out the others. The change of a single
// reference has no halves: it would be taken away and not given.
func (w *reconciliation) chunk(ctx context.Context, ref mapping.Reference, changes []store.ReferenceChange) error {
	err := w.Target.Patch(ctx, w.m.ResourceType, w.owner.TargetID, referenceOps(ref, changes))
	if err == nil {
		w.countReferences(len(changes))
		return w.record(ctx, ref, changes, w.written(ref, changes))
	}
	if err := w.refused(ctx, err); err != nil {
		return err
	}
	if len(changes) == 1 || ref.Relation.Single() {
		w.owed = err
		return w.record(ctx, ref, nil, w.refusal(ref, err))
	}
	half := len(changes) / 2
	if err := w.chunk(ctx, ref, changes[:half]); err != nil {
		return err
	}
	return w.chunk(ctx, ref, changes[half:])
}

// refused returns nil when err means that the target does not take these changes,
// and else the error that ends the work on this owner. A 404 may mean the owner or
// one that it is to refer to.
func (w *reconciliation) refused(ctx context.Context, err error) error {
	switch {
	case scimclient.Is(err, scimclient.Refused), scimclient.Is(err, scimclient.Clash):
		return nil
	case scimclient.Is(err, scimclient.Missing):
		_, gone := w.Target.Get(ctx, w.m.ResourceType, w.owner.TargetID, unread(w.m)...)
		return gone
	default:
		return err
	}
}

// record stores what the target took, even when the cycle is being ended: what is
// not recorded has to be read back.
func (w *reconciliation) record(ctx context.Context, ref mapping.Reference, changes []store.ReferenceChange, log *store.LogEntry) error {
	return w.Store.RecordReferences(context.WithoutCancel(ctx), w.claim, w.owner.Key, ref.Relation, changes, log)
}

// referenceOps writes changes as PATCH operations. A single reference that changes
// is replaced in one operation.
func referenceOps(ref mapping.Reference, changes []store.ReferenceChange) []scim.PatchOp {
	var added, removed []string
	for _, c := range changes {
		if c.Remove {
			removed = append(removed, c.TargetID)
		} else {
			added = append(added, c.TargetID)
		}
	}
	if ref.Relation.Single() {
		return []scim.PatchOp{singleOp(ref, added, removed)}
	}
	var ops []scim.PatchOp
	if len(removed) > 0 {
		ops = append(ops, scim.PatchOp{Op: scim.Remove, Path: ref.Path, Value: scim.RemoveMembers(removed...).Value})
	}
	if len(added) > 0 {
		ops = append(ops, scim.PatchOp{Op: scim.Add, Path: ref.Path, Value: scim.AddMembers(added...).Value})
	}
	return ops
}

func singleOp(ref mapping.Reference, added, removed []string) scim.PatchOp {
	switch {
	case len(added) == 0:
		return scim.PatchOp{Op: scim.Remove, Path: ref.Path}
	case len(removed) == 0:
		return scim.PatchOp{Op: scim.Add, Path: ref.Path, Value: added[0]}
	default:
		return scim.PatchOp{Op: scim.Replace, Path: ref.Path, Value: added[0]}
	}
}

// failed notes a failure that concerns this owner. An owner that is gone at the
// target is looked at anew in the next cycle.
func (w *reconciliation) failed(ctx context.Context, ref mapping.Reference, err error) error {
	t := troubleOf(err)
	if !scimclient.Is(err, scimclient.Missing) {
		return w.postpone(ctx, t, w.refusal(ref, err))
	}
	w.countFailure()
	found, readErr := w.Store.Candidates(ctx, store.CandidateQuery{Claim: w.claim, Kind: w.owner.Kind, Of: store.Named, Names: []directory.ObjectID{w.owner.ID}})
	if readErr != nil || len(found) == 0 {
		return readErr
	}
	now, link := w.Now(), found[0].Link
	link.Digest, link.Failure = nil, &store.Failure{Code: t.code, Reason: t.reason, Attempts: 1, First: now, RetryAt: now}
	return w.Store.Record(ctx, w.claim, store.Batch{Cycle: w.snapshot(), Outcomes: []store.Outcome{{
		Object: w.owner.Key, Kind: w.owner.Kind, Link: link, Log: w.refusal(ref, err),
	}}})
}

// postpone leaves what is owed to a later cycle, on the schedule of failures.
func (w *reconciliation) postpone(ctx context.Context, t trouble, log *store.LogEntry) error {
	w.countFailure()
	return w.Store.PostponeReferences(ctx, w.claim, w.owner.Key, t.failure(w.owner.Failure, w.Now()), log)
}

// written is the log entry of references that the target took.
func (w *reconciliation) written(ref mapping.Reference, changes []store.ReferenceChange) *store.LogEntry {
	changed := make([]synchronization.PropertyChange, len(changes))
	for i, c := range changes {
		changed[i] = synchronization.PropertyChange{Name: string(ref.Relation), New: string(c.ID), HasOld: true, HasNew: true}
		if c.Remove {
			changed[i].Old, changed[i].New = changed[i].New, ""
		}
	}
	reason := fmt.Sprintf("%d reference(s) of %s were written", len(changes), ref.Relation)
	w.told(synchronization.ResultSuccess, "", reason, changed)
	return w.log(verdict{
		action: synchronization.ActionUpdate, status: synchronization.ResultSuccess,
		reason: reason, changed: changed,
	})
}

// refusal is the log entry of references that could not be written.
func (w *reconciliation) refusal(ref mapping.Reference, err error) *store.LogEntry {
	return w.log(verdict{
		action: synchronization.ActionUpdate, status: synchronization.ResultFailure, code: codeOf(err), recommended: advice(err),
		reason: fmt.Sprintf("references of %s could not be written and stay owed: %s", ref.Relation, reasonOf(err)),
	})
}

func (w *reconciliation) log(v verdict) *store.LogEntry {
	e := &store.LogEntry{Source: w.owner.Key, Record: w.newRecord(recorded{
		mapping: w.m, kind: w.owner.Kind, form: synchronization.RecordOfReferences, action: v.action, status: v.status,
	}, v)}
	e.SourceID, e.SourceName, e.TargetID, e.TargetName = string(w.owner.ID), w.owner.Name, w.owner.TargetID, w.owner.Name
	w.Observe(v.action, v.status)
	return e
}
