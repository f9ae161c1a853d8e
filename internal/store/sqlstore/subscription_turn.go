package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/subscription"
)

const (
	// idle says that nobody has a subscription, at an instant.
	idle = "(s.holder IS NULL OR s.lease_until <= ?)"

	// telling says that a subscription has something to tell, at an instant that it is
	// given twice. A job has when nobody works on it and it was claimed, or an order
	// came, since its subscriber was told; one that is gone has, too.
	telling = `(s.waits = TRUE OR s.remind <= ? OR s.expires <= ?
		OR s.kind <> 0 AND s.object IS NULL AND EXISTS (
			SELECT 1 FROM object o WHERE o.tenant = s.tenant AND o.kind = s.kind AND o.sequence > s.position)
		OR s.object IS NOT NULL AND EXISTS (SELECT 1 FROM object o WHERE o.key = s.object AND o.sequence > s.position)
		OR s.kind = 0 AND NOT EXISTS (
			SELECT 1 FROM job j WHERE j.key = s.job AND (j.holder IS NOT NULL OR j.fence + j.generation = s.position)))`
)

// DueSubscriptions returns those that have something to tell and that nobody has.
func (db *DB) DueSubscriptions(ctx context.Context, now time.Time, limit int) ([]store.DueSubscription, error) {
	var due []store.DueSubscription
	err := db.read(ctx, func(s *session) error {
		due = nil
		return s.each(ctx, func(row scanner) error {
			var d store.DueSubscription
			var at int64
			err := row.Scan(&d.Tenant, &d.ID, &at, &d.Turn)
			d.Due = instant(at)
			due = append(due, d)
			return err
		}, "SELECT t.id, s.id, s.due, s.turn"+subscriptionTable+" WHERE s.due <= ? AND "+idle+" AND "+telling+" ORDER BY s.due, s.id LIMIT ?",
			micros(now), micros(now), micros(now), micros(now), limit)
	})
	return due, err
}

// ClaimSubscription gives holder the subscription, if it is still free at its turn.
func (db *DB) ClaimSubscription(ctx context.Context, d store.DueSubscription, holder string, now, until time.Time) (store.SubscriptionClaim, bool, error) {
	tenant, err := db.tenant(ctx, d.Tenant)
	if err != nil {
		return store.SubscriptionClaim{}, false, err
	}
	c, ok := store.SubscriptionClaim{Turn: d.Turn + 1}, false
	err = db.write(ctx, relaxed, func(s *session) error {
		taken, err := s.exec(ctx, `UPDATE subscription AS s SET holder = ?, turn = turn + 1, lease_until = ?
			WHERE s.tenant = ? AND s.id = ? AND s.turn = ? AND s.due <= ? AND `+idle,
			holder, micros(until), tenant, d.ID, d.Turn, micros(now), micros(now))
		if ok = err == nil && taken > 0; !ok {
			return err
		}
		c.Subscription, err = s.subscription(ctx, tenant, d.ID)
		return err
	})
	if err != nil || !ok {
		return store.SubscriptionClaim{}, false, err
	}
	return c, true, nil
}

// SubscribedJob returns the job that a subscription is about.
func (db *DB) SubscribedJob(ctx context.Context, c store.SubscriptionClaim) (store.SubscribedJob, error) {
	var found store.SubscribedJob
	key, err := db.tenant(ctx, c.Subscription.Tenant)
	if err != nil {
		return found, err
	}
	err = db.read(ctx, func(s *session) error {
		var (
			row    jobRow
			holder sql.NullString
		)
		there, err := s.one(ctx, append(row.dest(), &holder, &found.Head), "SELECT "+jobColumns+`, job.holder, job.fence + job.generation
			FROM subscription s JOIN job ON job.key = s.job WHERE s.tenant = ? AND s.id = ?`, key, c.Subscription.ID)
		if err == nil && !there {
			err = errNoJob(c.Subscription.Subject.Job)
		}
		if err != nil {
			return err
		}
		found.Settled = !holder.Valid
		found.Job, err = row.decode()
		return err
	})
	return found, err
}

// RecordDelivery stores how far a subscription has come and extends the claim.
func (db *DB) RecordDelivery(ctx context.Context, c store.SubscriptionClaim, d subscription.Delivery, until time.Time) error {
	return db.deliver(ctx, c, d, "lease_until = ?", micros(until))
}

// ReleaseSubscription stores how far a subscription has come and ends the claim.
func (db *DB) ReleaseSubscription(ctx context.Context, c store.SubscriptionClaim, r store.Delivered) error {
	given := sql.NullInt64{}
	if r.Reminded {
		given = nullMicros(c.Subscription.Remind)
	}
	return db.deliver(ctx, c, r.Delivery, "due = ?, remind = CASE WHEN remind = ? THEN NULL ELSE remind END, holder = NULL, lease_until = NULL",
		micros(r.Due), given)
}

// deliver stores a delivery with further assignments, if the claim holds.
func (db *DB) deliver(ctx context.Context, c store.SubscriptionClaim, d subscription.Delivery, set string, args ...any) error {
	tenant, err := db.tenant(ctx, c.Subscription.Tenant)
	if err != nil {
		return err
	}
	text, err := json.Marshal(d)
	if err != nil {
		return errUnwritable(err, "subscription")
	}
	return db.write(ctx, durable, func(s *session) error {
		stored, err := s.exec(ctx, "UPDATE subscription SET position = ?, waits = ?, delivery = ?, "+set+
			" WHERE tenant = ? AND id = ? AND turn = ? AND holder IS NOT NULL",
			append(append([]any{d.From, d.Waits(), string(text)}, args...), tenant, c.Subscription.ID, c.Turn)...)
		if err == nil && stored == 0 {
			err = errDeliveryOvertaken(c)
		}
		return err
	})
}

// EndSubscription removes the subscription of a claim.
func (db *DB) EndSubscription(ctx context.Context, c store.SubscriptionClaim) error {
	tenant, err := db.tenant(ctx, c.Subscription.Tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		removed, err := s.exec(ctx, "DELETE FROM subscription WHERE tenant = ? AND id = ? AND turn = ? AND holder IS NOT NULL",
			tenant, c.Subscription.ID, c.Turn)
		if err == nil && removed == 0 {
			err = errDeliveryOvertaken(c)
		}
		return err
	})
}

func errDeliveryOvertaken(c store.SubscriptionClaim) error {
	return errs.New(errs.Conflict, codeOvertaken, "Turn %d of the subscription %s was overtaken: another worker has it, or it was removed.", c.Turn, c.Subscription.ID)
}
