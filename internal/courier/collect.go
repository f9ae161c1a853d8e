package courier

import (
	"context"
	"encoding/json"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/subscription"
)

// batch is what one request tells, and how far the subscriber is once it is accepted.
type batch struct {
	value []subscription.Notification
	next  subscription.Delivery
	more  bool
	head  int64 // the newest number of the feed, or the place of the job
}

// batchSize is how many objects and members one request tells of.
const batchSize = 100

// collect reads what is to be told next.
func (t *turn) collect(ctx context.Context) (batch, error) {
	if t.sub.Subject.IsJob() {
		return t.collectJob(ctx)
	}
	query, err := t.query()
	if err != nil {
		return batch{}, err
	}
	page, err := t.Store.Delta(ctx, t.sub.Tenant, query)
	if err != nil {
		return batch{}, err
	}
	b := batch{next: t.sub.Delivery, more: !page.Done, head: page.Head}
	for _, d := range page.Changes {
		if n, told := t.sub.Change(d.Object, altered(d), members(d)); told {
			b.value = append(b.value, n)
		}
	}
	if page.Done {
		b.next = b.next.Done(page.Head)
		return b, nil
	}
	place, err := json.Marshal(page.Next)
	b.next.After, b.next.Place = page.Next.Sequence, string(place)
	return b, err
}

// query asks the feed for what the subscriber does not know. The manager of a user
// counts as its own; the members of a group are told by name.
func (t *turn) query() (store.DeltaQuery, error) {
	d := t.sub.Delivery
	q := store.DeltaQuery{
		Kind: t.sub.Subject.Kind, From: d.From, Start: d.From, Top: batchSize, Relation: directory.Members,
		After: store.DeltaPosition{Sequence: max(0, d.After-1)}, // of an earlier version, which kept no place
	}
	if d.Place != "" {
		if err := json.Unmarshal([]byte(d.Place), &q.After); err != nil {
			return q, errs.Wrap(err, errs.Internal, "InternalServerError", "The place of subscription %s in the feed cannot be read.", t.sub.ID)
		}
	}
	if q.Kind == directory.User {
		q.Relation = directory.Manager
	}
	if t.sub.Subject.Object != "" {
		q.Filter = odata.Compare{Property: "id", Op: odata.Eq, Value: string(t.sub.Subject.Object)}
	}
	return q, nil
}

func altered(d store.Delta) bool {
	return d.Altered || d.Kind == directory.User && len(d.References) > 0
}

func members(d store.Delta) []subscription.MemberChange {
	if d.Kind != directory.Group {
		return nil
	}
	var changes []subscription.MemberChange
	for _, r := range d.References {
		change := subscription.MemberChange{ID: string(r.ID)}
		if r.Gone {
			change.Removed = "deleted"
		}
		changes = append(changes, change)
	}
	return changes
}

// collectJob looks whether a cycle ended, or a quarantine began or ended.
func (t *turn) collectJob(ctx context.Context) (batch, error) {
	found, err := t.Store.SubscribedJob(ctx, t.claim)
	if err != nil {
		return batch{}, err
	}
	b := batch{next: t.sub.Delivery, head: found.Head}
	if !found.Settled {
		return b, nil
	}
	b.next.From, b.next.Outcome = found.Head, subscription.Outcome(found.Job)
	if b.next.Outcome != t.sub.Delivery.Outcome {
		b.value = []subscription.Notification{t.sub.JobChange(found.Job)}
	}
	return b, nil
}

// giveUp passes over what is as old as what was tried in vain; what is newer has its
// own time.
func (t *turn) giveUp(b batch) {
	through := t.sub.Delivery.Changes.Head
	if t.sub.Subject.IsJob() {
		t.sub.Delivery = b.next
	} else {
		t.sub.Delivery = t.sub.Delivery.Done(through)
	}
	t.sub.Delivery.Changes = subscription.Trouble{}
	t.sub.Delivery.Missed = t.sub.LifecycleURL != ""
	t.due = t.Now()
}
