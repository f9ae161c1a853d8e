package jobs

import (
	"context"

	"github.com/provisor/provisor/internal/synchronization"
)

// Foresee is the job as people want to see it: while its cycle has recorded nothing yet,
// which lasts as long as the application takes for the first few hundred objects, it has
// one that is going to read what a cycle that began now would read. The cycle has no id
// and is none to be stored.
func (s *Service) Foresee(ctx context.Context, j synchronization.Job) (synchronization.Job, error) {
	if j.Cycle != nil || j.NextRun.IsZero() || j.NextRun.After(s.Now()) {
		return j, nil
	}
	head, err := s.Store.Head(ctx, j.Tenant)
	if err != nil {
		return j, err
	}
	total, err := s.Store.CountChanges(ctx, j.Tenant, j.Watermark, head)
	j.Cycle = &synchronization.Cycle{Initial: j.Watermark == 0, From: j.Watermark, Head: head, Total: total}
	return j, err
}
