package subscription

import (
	"time"

	"github.com/provisor/provisor/internal/directory"
)

// Subscription is Graph's resource of the same name and what delivering to it needs.
type Subscription struct {
	ID     string // GUID
	Tenant directory.TenantID
	// Application is the client id of the application that subscribed.
	Application string
	// Creator is the signed-in user for whom it did, or its service principal.
	Creator    directory.ObjectID
	Resource   string // as the subscriber wrote it
	Subject    Subject
	ChangeType string // as the subscriber wrote it; see [ReadChanges]
	// NotificationURL receives changes, LifecycleURL what happens to the subscription;
	// an empty LifecycleURL is not told.
	NotificationURL string
	LifecycleURL    string
	// TLSVersion is what the subscriber says that its endpoint supports.
	TLSVersion string
	// Sealed is the clientState, sealed; nil when there is none.
	Sealed  []byte
	Expires time.Time
	// Granted: the directory grants the application what the subscription asks for. It
	// ends when that is revoked. False when the permission came from elsewhere, such as
	// a person or another issuer.
	Granted bool
	// Remind is when the subscriber is told that it expires; zero means not, or that
	// it was.
	Remind time.Time
	// Delivery is how far its notifications have come.
	Delivery Delivery
}

// Ended reports whether a subscription has expired at now.
func (s Subscription) Ended(now time.Time) bool { return !now.Before(s.Expires) }

// The lifetimes of subscriptions to directory objects. One that is asked for less is
// given the least, as Graph does.
const (
	LongestLife  = 41_760 * time.Minute
	ShortestLife = 45 * time.Minute
)

// Renew makes the subscription last until an instant, or a moment longer. The error
// is Invalid when that is past or too far away.
func (s Subscription) Renew(until, now time.Time) (Subscription, error) {
	switch life := until.Sub(now); {
	case life <= 0:
		return s, invalid("expirationDateTime", "The expirationDateTime %s is past. Give a time in the future, at most %d minutes from now.",
			until.UTC().Format(time.RFC3339), int(LongestLife.Minutes()))
	case life > LongestLife:
		return s, invalid("expirationDateTime", "Subscription expiration can only be %d minutes in the future.", int(LongestLife.Minutes()))
	case life < ShortestLife:
		until = now.Add(ShortestLife)
	}
	s.Expires, s.Remind = until.UTC(), time.Time{}
	if s.LifecycleURL != "" {
		s.Remind = reminder(now, s.Expires)
	}
	return s, nil
}

// reminder is when a subscriber is told to renew: three hours before the end, later
// in a short life.
func reminder(begins, ends time.Time) time.Time {
	const ahead = 3 * time.Hour
	return ends.Add(-min(ahead, ends.Sub(begins)/4))
}
