package store

import (
	"context"
	"time"
)

// Seats count who works on one target at the same time, in whichever process, so that
// they can share what the target bears.
type Seats interface {
	// TakeSeat takes or keeps holder's seat at the target until now+ttl, and returns how
	// many seats are taken, holder's included: at least 1.
	TakeSeat(ctx context.Context, target, holder string, now time.Time, ttl time.Duration) (int, error)
	// LeaveSeat gives holder's seat back; none is no error.
	LeaveSeat(ctx context.Context, target, holder string) error
}
