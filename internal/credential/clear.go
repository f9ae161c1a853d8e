package credential

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
)

// Clear forgets everything of a service principal in one durable transaction: its
// secrets, its token and its settings. A token that another request is acquiring at
// the same moment may be stored after that.
func (s *Service) Clear(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID) error {
	o := Owner{tenant, sp}
	s.notes.dropPending(o)
	err := s.update(ctx, o, func(v vault) error {
		clear(v)
		return nil
	})
	s.audit(ctx, o, Event{Action: ActionPut}, err)
	return err
}
