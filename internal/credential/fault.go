package credential

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/oauth"
)

// Fault is why a service principal's token could not be renewed: the token endpoint
// refused, and an administrator has to do something. It holds no secret.
type Fault struct {
	When        time.Time   `json:"when"`
	Endpoint    string      `json:"endpoint"`
	Status      int         `json:"status"`      // HTTP status
	Code        string      `json:"code"`        // OAuth's error, such as invalid_grant
	Description string      `json:"description"` // OAuth's error_description; may be empty
	Grant       oauth.Grant `json:"grant"`
	Advice      string      `json:"advice"` // what to do
}

// Fault returns the fault of the last renewal, or nil when there is none. The next
// token that is acquired or renewed ends it.
func (s *Service) Fault(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID) (*Fault, error) {
	v, err := s.load(ctx, Owner{tenant, sp})
	if err != nil {
		return nil, err
	}
	if _, there := v[fault]; !there {
		return nil, nil
	}
	var f Fault
	if err := v.decode(fault, &f); err != nil {
		return nil, errs.Wrap(err, errs.Internal, internalFailure, "The credential fault of service principal %s cannot be read.", sp)
	}
	return &f, nil
}

// recordFault keeps the first refusal of a series: when it began is what helps.
func (s *Service) recordFault(ctx context.Context, o Owner, r oauth.Request, failed *oauth.Error) error {
	f := Fault{
		When: s.Now().UTC(), Endpoint: failed.Endpoint, Status: failed.Status, Code: failed.Code, Description: failed.Description,
		Grant: r.Grant, Advice: advice(r, failed),
	}
	return s.persist(ctx, o, func(v vault) error {
		var before Fault
		if v.decode(fault, &before) == nil && before.Code == f.Code && before.Endpoint == f.Endpoint {
			return nil
		}
		return v.encode(fault, f)
	})
}
