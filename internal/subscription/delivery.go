package subscription

import "time"

// Delivery is how far the notifications of a subscription have come: a position in
// the change feed, and what is known of an endpoint that does not accept them.
type Delivery struct {
	// From is the newest number of the feed that the subscriber was told of.
	From int64 `json:"from"`
	// After is the place within a round of many notifications, behind an object or amid its
	// references; Place is what the feed says of it, as it wrote it.
	After int64  `json:"after,omitempty"`
	Place string `json:"place,omitempty"`
	// Outcome is the last one of a job that the subscriber was told of.
	Outcome string `json:"outcome,omitempty"`
	// Changes and Lifecycle are the troubles of the two endpoints.
	Changes   Trouble `json:"changes,omitzero"`
	Lifecycle Trouble `json:"lifecycle,omitzero"`
	// Missed: notifications were given up, and the subscriber is to be told.
	Missed bool `json:"missed,omitempty"`
}

// Waits reports whether something is to be sent that the feed does not announce.
func (d Delivery) Waits() bool { return d.Missed || d.After != 0 }

// Done returns the delivery with its round ended at a number of the feed.
func (d Delivery) Done(head int64) Delivery {
	d.From, d.After, d.Place = head, 0, ""
	return d
}

// Patience is how long a notification is tried again before it is given up.
const Patience = 4 * time.Hour

// Trouble is a row of failures. The zero Trouble is none.
type Trouble struct {
	Since    time.Time `json:"since,omitzero"`
	Failures int       `json:"failures,omitempty"`
	Next     time.Time `json:"next,omitzero"` // when it is tried again
	// Head was the newest number of the feed when the row began: what is older shares
	// its fate.
	Head int64 `json:"head,omitempty"`
}

// Failed adds a failure at now, with the newest number of the feed.
func (t Trouble) Failed(now time.Time, head int64) Trouble {
	if t.Failures == 0 {
		t.Since, t.Head = now, head
	}
	t.Failures++
	t.Next = now.Add(backOff(t.Failures))
	return t
}

// Hopeless reports whether what failed first at t.Since is given up at now.
func (t Trouble) Hopeless(now time.Time) bool { return t.Failures > 0 && now.Sub(t.Since) >= Patience }

// backOff is the wait after a number of failures: 5 seconds, doubled each time, at
// most 10 minutes.
func backOff(failures int) time.Duration {
	const first, longest = 5 * time.Second, 10 * time.Minute
	wait := first
	for i := 1; i < failures && wait < longest; i++ {
		wait *= 2
	}
	return min(wait, longest)
}
