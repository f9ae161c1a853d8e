package courier

import (
	"context"
	"log/slog"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/subscription"
)

// slice is how long one turn goes on before it leaves the worker to others.
const slice = 20 * time.Second

// soon is when changes are looked for again while a lifecycle notification waits.
const soon = 5 * time.Second

// elsewhere is how long a subscription waits at least when its host has enough to do.
const elsewhere = time.Second

// turn is one delivery to one subscription.
type turn struct {
	*Service

	claim    store.SubscriptionClaim
	sub      subscription.Subscription // as far as it has come
	due      time.Time                 // when the next turn may begin
	reminded bool
	over     bool // the subscription was removed
}

// carryOut tells what there is to tell and gives the subscription back.
func (t *turn) carryOut(ctx context.Context) error {
	to := host(t.sub.NotificationURL)
	if wait, ok := t.doors.enter(to); !ok {
		t.due = t.Now().Add(wait)
		return t.release(ctx)
	}
	defer t.doors.leave(to)
	err := t.tell(ctx)
	if ctx.Err() != nil {
		err = nil // it was interrupted, and goes on elsewhere
	} else if err != nil {
		t.due = t.Now().Add(time.Minute)
	}
	if t.over {
		return err
	}
	if released := t.release(ctx); err == nil {
		err = released
	}
	return err
}

// release gives the subscription back; one that was removed meanwhile is of no
// concern any more.
func (t *turn) release(ctx context.Context) error {
	err := t.Store.ReleaseSubscription(context.WithoutCancel(ctx), t.claim, store.Delivered{Delivery: t.sub.Delivery, Due: t.due, Reminded: t.reminded})
	return unlessOvertaken(err)
}

func unlessOvertaken(err error) error {
	if errs.Is(err, errs.Conflict) {
		return nil
	}
	return err
}

// tell sends what happened to the subscription, and then the changes.
func (t *turn) tell(ctx context.Context) error {
	gone, err := t.gone(ctx)
	if err != nil {
		return err
	}
	if gone {
		return t.end(ctx)
	}
	if err := t.events(ctx); err != nil {
		return err
	}
	for began := t.Now(); ctx.Err() == nil && t.Now().Sub(began) < slice; {
		more, err := t.step(ctx)
		if err != nil || !more {
			return err
		}
		if err := t.Store.RecordDelivery(ctx, t.claim, t.sub.Delivery, t.Now().Add(t.Lease)); err != nil {
			t.over = errs.Is(err, errs.Conflict)
			return unlessOvertaken(err)
		}
	}
	return nil
}

// step sends one batch, and reports whether more follows.
func (t *turn) step(ctx context.Context) (bool, error) {
	b, err := t.collect(ctx)
	if errs.Is(err, errs.NotFound) {
		return false, t.end(ctx) // what it is about is gone
	}
	if err != nil {
		return false, err
	}
	if len(b.value) > 0 {
		if err := t.send(ctx, t.sub.NotificationURL, b.value); err != nil {
			return false, t.failed(ctx, b, err)
		}
		t.Observe("accepted")
		b.next.Changes = subscription.Trouble{}
	}
	t.sub.Delivery = b.next
	return b.more, nil
}

// failed notes that a batch was not accepted: it is sent again later, or given up
// when that has been tried for long enough.
func (t *turn) failed(ctx context.Context, b batch, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !isRefusal(cause) {
		return cause
	}
	now := t.Now()
	t.Observe("refused")
	trouble := t.sub.Delivery.Changes.Failed(now, b.head)
	t.sub.Delivery.Changes, t.due = trouble, trouble.Next
	attrs := []slog.Attr{
		slog.String("subscription", t.sub.ID), slog.String("host", host(t.sub.NotificationURL)), slog.String("error", cause.Error()),
		slog.Int("failures", trouble.Failures), slog.Time("since", trouble.Since),
	}
	if !trouble.Hopeless(now) {
		t.Log.LogAttrs(ctx, slog.LevelWarn, "a change notification was not accepted; it is sent again", append(attrs, slog.Time("again", t.due))...)
		return nil
	}
	t.Observe("dropped")
	t.Log.LogAttrs(ctx, slog.LevelError, "change notifications are dropped: their endpoint has not accepted them for hours",
		append(attrs, slog.Int64("through", trouble.Head))...)
	t.giveUp(b)
	return nil
}
