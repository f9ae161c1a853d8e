package store

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/subscription"
	"github.com/provisor/provisor/internal/synchronization"
)

// Subscriptions keeps subscriptions to change notifications and hands them to those
// who deliver. A subscription's row with its lease and turn is the truth, as a job's
// is.
type Subscriptions interface {
	// CreateSubscription stores s, durably; what changed before is not told. Conflict
	// when the id is taken, NotFound when what it is about is not there.
	CreateSubscription(ctx context.Context, s subscription.Subscription) error
	// Subscription returns one, expired or not.
	Subscription(ctx context.Context, tenant directory.TenantID, id string) (subscription.Subscription, error)
	// Subscriptions returns all of the tenant ordered by id, expired or not.
	Subscriptions(ctx context.Context, tenant directory.TenantID) ([]subscription.Subscription, error)
	// UpdateSubscription stores what fn makes of a subscription, durably, and makes it
	// due at now. What names it, what it is about and its delivery do not change. An
	// error of fn aborts and is returned.
	UpdateSubscription(ctx context.Context, tenant directory.TenantID, id string, now time.Time, fn func(subscription.Subscription) (subscription.Subscription, error)) (subscription.Subscription, error)
	// DeleteSubscription removes one, durably; who delivers to it learns of it when it
	// records.
	DeleteSubscription(ctx context.Context, tenant directory.TenantID, id string) error
	// PruneSubscriptions removes those that expired before the instant and returns how
	// many that were.
	PruneSubscriptions(ctx context.Context, before time.Time) (int, error)

	// DueSubscriptions returns those that nobody has at now and that have something to
	// tell: a change that their subscriber was not told of, the end of a job's cycle, a
	// lifecycle event. The longest due comes first, at most limit.
	DueSubscriptions(ctx context.Context, now time.Time, limit int) ([]DueSubscription, error)
	// ClaimSubscription gives holder the subscription until the instant, if its turn is
	// still d's and nobody has it at now; else ok is false.
	ClaimSubscription(ctx context.Context, d DueSubscription, holder string, now, until time.Time) (c SubscriptionClaim, ok bool, err error)
	// SubscribedJob returns the job that a subscription is about, and whether nobody
	// works on it: then what it says is told, and the next end of a cycle makes the
	// subscription due again. NotFound when it is gone.
	SubscribedJob(ctx context.Context, c SubscriptionClaim) (SubscribedJob, error)
	// RecordDelivery stores how far c's subscription has come and extends the claim,
	// durably. Conflict when it was overtaken or removed.
	RecordDelivery(ctx context.Context, c SubscriptionClaim, d subscription.Delivery, until time.Time) error
	// ReleaseSubscription stores the same and ends the claim: it is not due before the
	// instant. A reminder that was due at c.Subscription.Remind has been given when
	// reminded. Conflict as above.
	ReleaseSubscription(ctx context.Context, c SubscriptionClaim, r Delivered) error
	// EndSubscription removes the subscription of a claim. Conflict as above.
	EndSubscription(ctx context.Context, c SubscriptionClaim) error
}

// DueSubscription is one that has something to tell.
type DueSubscription struct {
	Tenant directory.TenantID
	ID     string
	Due    time.Time
	Turn   int64
}

// SubscriptionClaim is one worker's hold on one subscription.
type SubscriptionClaim struct {
	Subscription subscription.Subscription
	Turn         int64
}

// Delivered is how a claim of a subscription ends.
type Delivered struct {
	Delivery subscription.Delivery
	Due      time.Time
	Reminded bool
}

// SubscribedJob is the job of a subscription as it is now.
type SubscribedJob struct {
	Job     synchronization.Job
	Settled bool
	Head    int64 // what Delivery.From becomes once this state was told
}
