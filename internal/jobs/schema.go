package jobs

import (
	"context"
	"encoding/json"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/synchronization"
)

// ChangeSchema stores what change makes of a job's schema; of two changes at the same
// time none is lost. The next cycle is an initial one and keeps the links. Invalid,
// naming every fault, when the schema does not compile; nothing is stored then.
func (s *Service) ChangeSchema(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID, change func(synchronization.Schema) (synchronization.Schema, error)) error {
	if _, err := s.Get(ctx, tenant, sp, id); err != nil {
		return err
	}
	err := s.Store.ChangeSchema(ctx, tenant, id, func(j synchronization.Job, before synchronization.Schema) (synchronization.Job, synchronization.Schema, error) {
		after, err := change(before)
		if err != nil {
			return j, before, err
		}
		if _, err := mapping.Compile(after); err != nil {
			return j, before, err
		}
		after.ID, after.Version = string(id), synchronization.NextVersion(before.Version)
		return j.SchemaChanged(s.Now()), after, nil
	})
	if err == nil {
		s.running.cancel(id)
		s.Wake()
	}
	return err
}

// SchemaText returns the schema of a job as JSON.
func (s *Service) SchemaText(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID) (json.RawMessage, error) {
	if _, err := s.Get(ctx, tenant, sp, id); err != nil {
		return nil, err
	}
	return s.Store.SchemaText(ctx, tenant, id)
}
