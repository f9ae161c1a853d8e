package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// trouble is why one object, or its references, could not be written.
type trouble struct {
	code, reason, recommended string
	// passing: time may mend it, so the next cycle tries again; not before, when the
	// target said how long.
	passing bool
	after   time.Duration
}

func troubleOf(err error) trouble {
	t := trouble{code: codeOf(err), reason: reasonOf(err), recommended: advice(err), passing: scimclient.Is(err, scimclient.Unavailable)}
	if fault, ok := errors.AsType[*scimclient.Error](err); ok {
		t.after = fault.RetryAfter
	}
	return t
}

// waiting advises on a target that does not answer, or answers that it cannot.
func waiting(err error) string {
	if remedy := scimclient.Remedy(err); remedy != "" {
		return remedy + " It is tried again by itself."
	}
	return "Nothing to do: it is tried again. If it persists, look at the application's own log."
}

// goingOn says what becomes of a cycle that a silent target ended.
func goingOn(err error) string {
	return strings.TrimSpace(scimclient.Remedy(err) + " The cycle goes on from here at its next run.")
}

// impatience is how long a target that does not answer is asked again in every cycle.
const impatience = 6 * time.Hour

// failure is what is kept for the next attempt; earlier is the failure of which this
// one is another, or nil. It returns nil when the last attempt was made.
func (t trouble) failure(earlier *store.Failure, now time.Time) *store.Failure {
	f := store.Failure{Code: t.code, Reason: t.reason, Attempts: 1, First: now}
	if earlier != nil && earlier.Attempts > 0 {
		f.Attempts, f.First = earlier.Attempts+1, earlier.First
	}
	at, ok := synchronization.RetryAt(f.First, now)
	if !ok {
		return nil
	}
	if t.passing && now.Sub(f.First) < impatience {
		at = now
	}
	if asked := now.Add(t.after); asked.After(at) {
		at = asked
	}
	f.RetryAt = at
	return &f
}

// outlook says for people when a failure is tried again.
func outlook(f *store.Failure) string {
	if f == nil {
		return "It has failed for 28 days and is given up until the object changes or the job is restarted."
	}
	return fmt.Sprintf("Attempt %d since %s. It is tried again after %s, or as soon as the object changes.",
		f.Attempts, f.First.UTC().Format(time.RFC3339), f.RetryAt.UTC().Format(time.RFC3339))
}
