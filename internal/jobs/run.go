package jobs

import (
	"context"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/runner"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// KindCycle is the kind of work that one slice of a job's cycle is.
const KindCycle = "cycle"

// Due lists the jobs that are due and free, for a runner.
func (s *Service) Due(ctx context.Context, now time.Time, limit int) ([]runner.Work, error) {
	due, err := s.Store.DueJobs(ctx, now, limit)
	if err != nil {
		return nil, err
	}
	work := make([]runner.Work, len(due))
	for i, d := range due {
		work[i] = runner.Work{Kind: KindCycle, Key: keyOf(d.Address), Turn: d.Turn, Due: d.NextRun}
	}
	return work, nil
}

// Handlers are what a runner calls for what Due lists.
func (s *Service) Handlers() map[string]runner.Handler {
	return map[string]runner.Handler{KindCycle: s.turn}
}

// turn claims the job and runs one slice of its cycle.
func (s *Service) turn(ctx context.Context, w runner.Work) error {
	due := store.DueJob{Address: addressOf(w.Key), Turn: w.Turn}
	claim, ok, err := s.Store.ClaimDue(ctx, due, s.Holder, s.Now(), s.Lease)
	if err != nil || !ok {
		return err
	}
	s.slice(ctx, claim)
	return nil
}

// keyOf names a job in work; addressOf reads it.
func keyOf(a store.Address) string { return string(a.Tenant) + "/" + string(a.Job) }

func addressOf(key string) store.Address {
	tenant, job, _ := strings.Cut(key, "/")
	return store.Address{Tenant: directory.TenantID(tenant), Job: synchronization.JobID(job)}
}
