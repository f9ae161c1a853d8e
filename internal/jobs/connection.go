package jobs

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// Connection returns the link that a job has of an object, named by the id of the
// object or of its account. NotFound when there is none.
func (s *Service) Connection(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID, named string) (store.Connection, error) {
	if _, err := s.Get(ctx, tenant, sp, id); err != nil {
		return store.Connection{}, err
	}
	return s.Store.Connection(ctx, tenant, id, named)
}

// Disconnect forgets such a link. Conflict while the job runs: a cycle might be
// writing the object. One that is not there is none to forget.
func (s *Service) Disconnect(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID, named string) error {
	if _, err := s.Get(ctx, tenant, sp, id); err != nil {
		return err
	}
	return s.Store.Disconnect(ctx, tenant, id, named, func(j synchronization.Job) error {
		if j.Schedule.State == synchronization.ScheduleActive {
			return errs.New(errs.Conflict, "Conflict", "The job %s is running. Pause it, then delete the connection, and start it again.", id)
		}
		return nil
	})
}
