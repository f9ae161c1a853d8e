package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/subscription"
	"github.com/provisor/provisor/internal/synchronization"
)

// subscriptionColumns is what a subscriptionRow receives, of the table subscription
// named s joined with its tenant t.
const (
	subscriptionColumns = "t.id, s.id, s.kind, s.document, s.sealed, s.expires, s.remind, s.delivery"
	subscriptionTable   = " FROM subscription s JOIN tenant t ON t.key = s.tenant"
)

// subscriptionRow is a subscription as it is kept.
type subscriptionRow struct {
	tenant             directory.TenantID
	id                 string
	kind               int
	document, delivery string
	sealed             []byte
	expires            int64
	remind             sql.NullInt64
}

// subscriptionDocument is what no statement asks for.
type subscriptionDocument struct {
	Application      string                `json:"application"`
	Creator          directory.ObjectID    `json:"creator"`
	Resource         string                `json:"resource"`
	ChangeType       string                `json:"changeType"`
	Object           directory.ObjectID    `json:"object,omitempty"`
	Members          bool                  `json:"members,omitempty"`
	ServicePrincipal directory.ObjectID    `json:"servicePrincipal,omitempty"`
	Job              synchronization.JobID `json:"job,omitempty"`
	NotificationURL  string                `json:"notificationUrl"`
	LifecycleURL     string                `json:"lifecycleUrl,omitempty"`
	TLSVersion       string                `json:"tlsVersion,omitempty"`
	Granted          bool                  `json:"granted,omitempty"`
}

func (r *subscriptionRow) dest() []any {
	return []any{&r.tenant, &r.id, &r.kind, &r.document, &r.sealed, &r.expires, &r.remind, &r.delivery}
}

func (r *subscriptionRow) decode() (subscription.Subscription, error) {
	var d subscriptionDocument
	if err := json.Unmarshal([]byte(r.document), &d); err != nil {
		return subscription.Subscription{}, errUnreadable(err, "subscription")
	}
	s := subscription.Subscription{
		ID: r.id, Tenant: r.tenant, Application: d.Application, Creator: d.Creator, Resource: d.Resource, ChangeType: d.ChangeType,
		Subject:         subscription.Subject{Object: d.Object, Members: d.Members, ServicePrincipal: d.ServicePrincipal, Job: d.Job},
		NotificationURL: d.NotificationURL, LifecycleURL: d.LifecycleURL, TLSVersion: d.TLSVersion, Granted: d.Granted,
		Sealed: r.sealed, Expires: instant(r.expires), Remind: nullInstant(r.remind),
	}
	if r.kind != 0 {
		s.Subject.Kind = kindOf(r.kind)
	}
	if err := json.Unmarshal([]byte(r.delivery), &s.Delivery); err != nil {
		return s, errUnreadable(err, "subscription")
	}
	return s, nil
}

func encodeSubscription(s subscription.Subscription) (string, error) {
	text, err := json.Marshal(subscriptionDocument{
		s.Application, s.Creator, s.Resource, s.ChangeType, s.Subject.Object, s.Subject.Members,
		s.Subject.ServicePrincipal, s.Subject.Job, s.NotificationURL, s.LifecycleURL, s.TLSVersion, s.Granted,
	})
	if err != nil {
		return "", errUnwritable(err, "subscription")
	}
	return string(text), nil
}

// CreateSubscription stores s, durably, at the end of the feed.
func (db *DB) CreateSubscription(ctx context.Context, s subscription.Subscription) error {
	tenant, err := db.tenant(ctx, s.Tenant)
	if err != nil {
		return err
	}
	document, err := encodeSubscription(s)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(w *session) error {
		object, job, delivery, err := w.subscribe(ctx, tenant, s.Subject)
		if err != nil {
			return err
		}
		state, err := json.Marshal(delivery)
		if err != nil {
			return errUnwritable(err, "subscription")
		}
		added, err := w.exec(ctx, `
			INSERT INTO subscription (tenant, id, kind, object, job, document, sealed, expires, remind, position, waits, delivery, due, turn)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE, ?, 0, 0) ON CONFLICT DO NOTHING`,
			tenant, s.ID, kindCode(s.Subject.Kind), object, job, document, s.Sealed, micros(s.Expires), nullMicros(s.Remind), delivery.From, string(state))
		if err == nil && added == 0 {
			err = errs.New(errs.Conflict, codeConflict, "A subscription with the id %s exists already.", s.ID)
		}
		return err
	})
}

// subscribe finds what a subscription is about, and what its subscriber knows of it.
func (s *session) subscribe(ctx context.Context, tenant int64, about subscription.Subject) (object, job sql.NullInt64, d subscription.Delivery, err error) { //nolint:nonamedreturns // two values of one type
	if about.IsJob() {
		var j synchronization.Job
		job.Int64, j, err = s.job(ctx, tenant, about.Job)
		job.Valid = true
		// What it says now is known; the place is looked at once, when nobody works on it.
		return object, job, subscription.Delivery{From: -1, Outcome: subscription.Outcome(j)}, err
	}
	if about.Object != "" {
		key, _, err := s.liveKey(ctx, tenant, about.Object)
		if err != nil {
			return object, job, d, err
		}
		object = sql.NullInt64{Int64: int64(key), Valid: true}
	}
	_, err = s.one(ctx, []any{&d.From}, "SELECT sequence FROM tenant WHERE key = ?", tenant)
	return object, job, d, err
}

// Subscription returns one, expired or not.
func (db *DB) Subscription(ctx context.Context, tenant directory.TenantID, id string) (subscription.Subscription, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return subscription.Subscription{}, err
	}
	var found subscription.Subscription
	err = db.read(ctx, func(s *session) error {
		found, err = s.subscription(ctx, key, id)
		return err
	})
	return found, err
}

func (s *session) subscription(ctx context.Context, tenant int64, id string) (subscription.Subscription, error) {
	lock := ""
	if s.writes && s.dialect.lock != "" {
		lock = s.dialect.lock + " OF s"
	}
	var row subscriptionRow
	found, err := s.one(ctx, row.dest(), "SELECT "+subscriptionColumns+subscriptionTable+" WHERE s.tenant = ? AND s.id = ?"+lock, tenant, id)
	if err == nil && !found {
		err = errNoSubscription(id)
	}
	if err != nil {
		return subscription.Subscription{}, err
	}
	return row.decode()
}

func errNoSubscription(id string) error {
	return errs.New(errs.NotFound, codeNotFound, "The subscription '%.128s' does not exist.", id)
}

// Subscriptions returns all of the tenant ordered by id.
func (db *DB) Subscriptions(ctx context.Context, tenant directory.TenantID) ([]subscription.Subscription, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var all []subscription.Subscription
	err = db.read(ctx, func(s *session) error {
		return s.each(ctx, func(row scanner) error {
			var r subscriptionRow
			if err := row.Scan(r.dest()...); err != nil {
				return err
			}
			one, err := r.decode()
			all = append(all, one)
			return err
		}, "SELECT "+subscriptionColumns+subscriptionTable+" WHERE s.tenant = ? ORDER BY s.id", key)
	})
	return all, err
}

// UpdateSubscription stores what fn makes of a subscription, durably, and makes it due.
func (db *DB) UpdateSubscription(ctx context.Context, tenant directory.TenantID, id string, now time.Time, fn func(subscription.Subscription) (subscription.Subscription, error)) (subscription.Subscription, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return subscription.Subscription{}, err
	}
	var updated subscription.Subscription
	err = db.write(ctx, durable, func(s *session) error {
		before, err := s.subscription(ctx, key, id)
		if err != nil {
			return err
		}
		if updated, err = fn(before); err != nil {
			return err
		}
		updated.ID, updated.Tenant, updated.Subject, updated.Delivery = before.ID, before.Tenant, before.Subject, before.Delivery
		document, err := encodeSubscription(updated)
		if err != nil {
			return err
		}
		_, err = s.exec(ctx, "UPDATE subscription SET document = ?, sealed = ?, expires = ?, remind = ?, due = ? WHERE tenant = ? AND id = ?",
			document, updated.Sealed, micros(updated.Expires), nullMicros(updated.Remind), micros(now), key, id)
		return err
	})
	if err != nil {
		return subscription.Subscription{}, err
	}
	return updated, nil
}

// DeleteSubscription removes one, durably.
func (db *DB) DeleteSubscription(ctx context.Context, tenant directory.TenantID, id string) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		removed, err := s.exec(ctx, "DELETE FROM subscription WHERE tenant = ? AND id = ?", key, id)
		if err == nil && removed == 0 {
			err = errNoSubscription(id)
		}
		return err
	})
}

// PruneSubscriptions removes those that expired before the instant.
func (db *DB) PruneSubscriptions(ctx context.Context, before time.Time) (int, error) {
	return db.prune(ctx, "DELETE FROM subscription WHERE expires < ?", before)
}
