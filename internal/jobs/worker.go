package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/provisor/provisor/internal/engine"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// slice runs one slice of the claimed job's cycle and writes what came of it.
func (s *Service) slice(ctx context.Context, claim store.Claim) {
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.running.add(claim.Job.ID, cancel)
	defer s.running.remove(claim.Job.ID)
	stopRenewal := s.renew(running, claim, cancel)
	state, err := s.cycle(running, claim)
	stopRenewal()
	release := s.ending(ctx, claim, state, err)
	if err := s.Store.ReleaseClaim(context.WithoutCancel(ctx), claim, release); err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.NotFound) {
		s.Log.LogAttrs(ctx, slog.LevelError, "cannot release a job; its lease ends by itself",
			slog.String("job", string(claim.Job.ID)), slog.String("error", err.Error()))
	}
}

// cycle builds the cycle and runs it for one slice.
func (s *Service) cycle(ctx context.Context, claim store.Claim) (synchronization.Cycle, error) {
	options, err := s.build(ctx, claim)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // what ended the context comes before what that caused
	}
	if err != nil {
		return synchronization.Cycle{}, err
	}
	if client, ok := options.Target.(*scimclient.Client); ok {
		defer s.sit(ctx, claim, client)()
	}
	return engine.New(options, claim).Run(ctx, s.Now().Add(s.Slice))
}

// attention is how soon a worker hears of an order that another process took.
const attention = 500 * time.Millisecond

// renew keeps the lease while a slice runs, and cancels the slice when the claim is
// lost, or may be soon: a database that does not answer lets another worker take over
// when the lease ends, and what this one does from then on would be done twice. It
// begins at once: an order may have come after the claim and before the slice was known
// to be running. It returns the function that ends it.
func (s *Service) renew(ctx context.Context, claim store.Claim, cancel context.CancelCauseFunc) func() {
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	pause := min(s.try(), attention)
	margin := pause + s.try() + s.grace() // another try, and the writes that are under way
	go func() {
		defer close(done)
		ticker := time.NewTicker(pause)
		defer ticker.Stop()
		for until := s.Now().Add(s.Lease); ; {
			next := s.Now().Add(s.Lease)
			err := s.extend(ctx, claim, next)
			switch {
			case err == nil:
				until = next
			case errs.Is(err, errs.Conflict), errs.Is(err, errs.NotFound):
				cancel(err)
				return
			case s.Now().Add(margin).After(until):
				cancel(errLapsing(err, claim))
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return func() {
		stop()
		<-done
	}
}

// extend renews the claim, and does not wait for the answer until the lease has ended.
func (s *Service) extend(ctx context.Context, claim store.Claim, until time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, s.try())
	defer cancel()
	return s.Store.RenewClaim(ctx, claim, until)
}

// try is how long one try to renew a lease may take.
func (s *Service) try() time.Duration { return s.Lease / 6 }

// grace is how long writes that are under way are waited for when a slice is cancelled:
// they are answered, or given up, before the lease ends.
func (s *Service) grace() time.Duration { return s.Lease / 3 }

// errLapsing is why a slice ends before its lease does.
func errLapsing(err error, c store.Claim) error {
	return errs.Wrap(err, errs.Conflict, "LeaseLapsing", "The claim of %s on job %s could not be renewed in time: %v", c.Holder, c.Job.ID, err)
}

// ending returns the change of the job row that a slice ends with, and logs it.
func (s *Service) ending(ctx context.Context, claim store.Claim, state synchronization.Cycle, err error) func(synchronization.Job) synchronization.Job {
	now := s.Now()
	attrs := []slog.Attr{
		slog.String("job", string(claim.Job.ID)), slog.String("cycle", state.ID), slog.Bool("initial", state.Initial),
		slog.Int64("imported", state.Counts.Imported), slog.Int64("exported", state.Counts.Exported), slog.Int64("escrowed", state.Counts.Escrowed),
	}
	switch {
	case err == nil && state.Phase == synchronization.PhaseDone:
		took := now.Sub(state.Counts.Began)
		s.Observe.CycleEnded("succeeded", took)
		s.Log.LogAttrs(ctx, slog.LevelInfo, "cycle ended", append(attrs, slog.Duration("took", took))...)
		return func(j synchronization.Job) synchronization.Job { return s.paced(j).Finished(state, now) }
	case err == nil, ctx.Err() != nil, overtaken(err):
		s.Log.LogAttrs(ctx, slog.LevelDebug, "cycle goes on", attrs...)
		return func(j synchronization.Job) synchronization.Job { return interrupted(j, state, now) }
	default:
		s.Observe.CycleEnded("failed", now.Sub(state.Counts.Began))
		s.Log.LogAttrs(ctx, slog.LevelWarn, "cycle failed", append(attrs, slog.String("error", err.Error()))...)
		fault := executionError(err)
		return func(j synchronization.Job) synchronization.Job { return s.paced(j).Failing(state, fault, now) }
	}
}

func interrupted(j synchronization.Job, state synchronization.Cycle, now time.Time) synchronization.Job {
	if state.ID == "" {
		return j // nothing was begun
	}
	return j.Interrupted(state, now)
}

func overtaken(err error) bool {
	return errors.Is(err, ErrOrdered) || errs.Is(err, errs.Conflict)
}

// executionError tells in the job's status what ended a cycle.
func executionError(err error) synchronization.ExecutionError {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return synchronization.ExecutionError{Code: "InternalError", Message: "A fault of the service ended the cycle; its log says more. The cycle goes on by itself."}
	}
	return synchronization.ExecutionError{Code: e.Code, Message: e.Message, TenantActionable: e.Kind != errs.Internal}
}
