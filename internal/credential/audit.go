package credential

import (
	"context"
	"errors"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/oauth"
)

// Action is what an [Event] tells of.
type Action string

// The actions.
const (
	ActionPut       Action = "put"       // a caller replaced the secrets
	ActionConfigure Action = "configure" // a caller changed settings
	ActionAcquire   Action = "acquire"   // a caller had a token acquired
	ActionRefresh   Action = "refresh"   // the service renewed the token by itself
	ActionAuthorize Action = "authorize" // an authorization began or ended
)

// Event is one entry of the audit. It never holds a value of a secret.
type Event struct {
	Time     time.Time
	Owner    Owner
	Action   Action
	Keys     []string    // names of the keys that a caller gave, in order
	Grant    oauth.Grant // of acquire and refresh; empty when none was chosen
	Endpoint string      // the token endpoint, without a query
	Duration time.Duration
	Code     string // the error's code; empty after success
	OAuth    string // OAuth's error, such as invalid_grant; may be empty
}

// audit completes e and tells it.
func (s *Service) audit(ctx context.Context, o Owner, e Event, err error) {
	if s.Audit == nil {
		return
	}
	e.Owner = o
	if e.Time.IsZero() {
		e.Time = s.Now()
	}
	e.Duration = s.Now().Sub(e.Time)
	if err != nil {
		e.Code = internalFailure
	}
	if typed, ok := errors.AsType[*errs.Error](err); ok {
		e.Code = typed.Code
	}
	if failed, ok := errors.AsType[*oauth.Error](err); ok {
		e.OAuth, e.Endpoint = failed.Code, failed.Endpoint
	}
	s.Audit(ctx, e)
}
