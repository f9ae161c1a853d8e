package graphapi

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
)

// Rate is how many calls may be made in a period: that many at once, and then as
// they come back evenly over the period. The zero Rate is no limit.
type Rate struct {
	Calls  int
	Period time.Duration
}

// Limits are the rates for each application that calls, in each tenant. Every
// process counts for itself.
type Limits struct {
	All               Rate // of any calls
	ProvisionOnDemand Rate
	BulkUpload        Rate
}

// DocumentedLimits are those that Graph's documentation states: on provisioning on
// demand and on bulk upload. It states none for the rest.
func DocumentedLimits() Limits {
	return Limits{
		ProvisionOnDemand: Rate{Calls: 5, Period: 10 * time.Second},
		BulkUpload:        Rate{Calls: 40, Period: 5 * time.Second},
	}
}

// of returns the rate for an operation; the empty operation stands for any.
func (l Limits) of(op identity.Operation) Rate {
	switch op { //nolint:exhaustive // the rest is not limited by itself
	case "":
		return l.All
	case identity.ProvisionOnDemand:
		return l.ProvisionOnDemand
	case identity.BulkUpload:
		return l.BulkUpload
	default:
		return Rate{}
	}
}

// throttle counts calls. It may be used from any goroutine.
type throttle struct {
	limits Limits

	mu      sync.Mutex
	buckets map[bucketKey]*rate.Limiter
}

// bucketKey is who calls and what for.
type bucketKey struct {
	tenant    directory.TenantID
	appID     string
	operation identity.Operation
}

// maxBuckets bounds what is remembered; past it, full buckets are forgotten, which
// changes nothing for those who own them.
const maxBuckets = 10_000

func newThrottle(l Limits) *throttle {
	return &throttle{limits: l, buckets: map[bucketKey]*rate.Limiter{}}
}

// admit counts a call of an operation, or refuses it and says when to come again. A
// refused call does not count.
func (t *throttle) admit(c identity.Caller, op identity.Operation, now time.Time) error {
	for _, limited := range []identity.Operation{"", op} {
		if wait := t.wait(bucketKey{c.TenantID, c.AppID, limited}, now); wait > 0 {
			err := errs.New(errs.Throttled, "TooManyRequests",
				"Too many requests: the application %s may make %d such calls in %s. Send the request again after %d seconds, with the same client-request-id.",
				c.AppID, t.limits.of(limited).Calls, t.limits.of(limited).Period, int(math.Ceil(wait.Seconds())))
			err.RetryAfter = wait
			return err
		}
		if op == "" {
			return nil
		}
	}
	return nil
}

// wait takes one call out of a bucket, or returns how long there will be none.
func (t *throttle) wait(key bucketKey, now time.Time) time.Duration {
	limit := t.limits.of(key.operation)
	if limit.Calls <= 0 || limit.Period <= 0 {
		return 0
	}
	reserved := t.bucket(key, limit, now).ReserveN(now, 1)
	delay := reserved.DelayFrom(now)
	if delay > 0 {
		reserved.CancelAt(now)
	}
	return delay
}

func (t *throttle) bucket(key bucketKey, limit Rate, now time.Time) *rate.Limiter {
	t.mu.Lock()
	defer t.mu.Unlock()
	if b, ok := t.buckets[key]; ok {
		return b
	}
	if len(t.buckets) >= maxBuckets {
		for other, b := range t.buckets {
			if b.TokensAt(now) >= float64(b.Burst()) {
				delete(t.buckets, other)
			}
		}
	}
	b := rate.NewLimiter(rate.Limit(float64(limit.Calls)/limit.Period.Seconds()), limit.Calls)
	t.buckets[key] = b
	return b
}
