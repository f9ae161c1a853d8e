package courier

import (
	"context"
	"log/slog"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/subscription"
)

// gone reports whether the subscription is to be removed: it expired, who made it was
// deleted, or what it was granted was revoked.
func (t *turn) gone(ctx context.Context) (bool, error) {
	if t.sub.Ended(t.Now()) {
		return true, nil
	}
	_, err := t.Store.Object(ctx, t.sub.Tenant, store.Ref{ID: t.sub.Creator, Deleted: true})
	if !errs.Is(err, errs.NotFound) || !t.sub.Granted {
		return err == nil, unlessNotFound(err)
	}
	granted, err := t.Granted(ctx, t.sub)
	return err == nil && !granted, err
}

func unlessNotFound(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

// events tells what happened to the subscription. An endpoint that does not accept it
// keeps no changes waiting.
func (t *turn) events(ctx context.Context) error {
	now := t.Now()
	remind := !t.sub.Remind.IsZero() && !now.Before(t.sub.Remind)
	var value []subscription.Notification
	if remind {
		value = append(value, t.sub.Event(subscription.ReauthorizationRequired))
	}
	if t.sub.Delivery.Missed {
		value = append(value, t.sub.Event(subscription.Missed))
	}
	if len(value) == 0 {
		return nil
	}
	settled, err := t.announce(ctx, value)
	if settled {
		t.reminded, t.sub.Delivery.Missed, t.sub.Delivery.Lifecycle = remind, false, subscription.Trouble{}
	}
	return err
}

// announce sends lifecycle notifications, unless it is too early to try again, and
// reports whether they were accepted or have been given up.
func (t *turn) announce(ctx context.Context, value []subscription.Notification) (bool, error) {
	now := t.Now()
	trouble := t.sub.Delivery.Lifecycle
	if now.Before(trouble.Next) {
		t.due = now.Add(soon)
		return false, nil
	}
	err := t.send(ctx, t.sub.LifecycleURL, value)
	if !isRefusal(err) || ctx.Err() != nil {
		return err == nil, err
	}
	t.sub.Delivery.Lifecycle = trouble.Failed(now, 0)
	t.due = now.Add(soon)
	attrs := []slog.Attr{
		slog.String("subscription", t.sub.ID), slog.String("host", host(t.sub.LifecycleURL)), slog.String("event", value[0].LifecycleEvent),
		slog.String("error", err.Error()), slog.Int("failures", t.sub.Delivery.Lifecycle.Failures),
	}
	if t.sub.Delivery.Lifecycle.Hopeless(now) {
		t.Log.LogAttrs(ctx, slog.LevelError, "a lifecycle notification is dropped: its endpoint has not accepted it for hours", attrs...)
		return true, nil
	}
	t.Log.LogAttrs(ctx, slog.LevelWarn, "a lifecycle notification was not accepted; it is sent again", attrs...)
	return false, nil
}

// end removes the subscription, after its subscriber was told.
func (t *turn) end(ctx context.Context) error {
	if t.sub.LifecycleURL != "" {
		settled, err := t.announce(ctx, []subscription.Notification{t.sub.Event(subscription.Removed)})
		if err != nil || !settled {
			return err
		}
	}
	t.over = true
	t.Log.LogAttrs(ctx, slog.LevelInfo, "a subscription was removed", slog.String("subscription", t.sub.ID), slog.Bool("expired", t.sub.Ended(t.Now())))
	return unlessOvertaken(t.Store.EndSubscription(ctx, t.claim))
}
