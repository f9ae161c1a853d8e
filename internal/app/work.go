package app

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/jobs"
	"github.com/provisor/provisor/internal/runner"
	"github.com/provisor/provisor/internal/runner/local"
	"github.com/provisor/provisor/internal/runner/river"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
	"github.com/provisor/provisor/internal/tasks"
)

// The values of --role.
const (
	roleAll    = "all"
	roleAPI    = "api"
	roleWorker = "worker"
)

// The kinds of tasks.
const (
	kindRefresh  = "refresh"  // keep the token of one service principal fresh
	kindTidy     = "tidy"     // remove what is older than it should be
	kindOnDemand = "onDemand" // provision a few objects for a caller who waits
)

// employ makes the runner that brings due work to this process: cycles, tasks and
// notifications.
func (s *service) employ(ctx context.Context, credentials *credential.Service) error {
	s.tasks = tasks.New(tasks.Options{
		Store: s.base.store, Now: s.now, Holder: holder(), Log: s.log, Wake: s.wake,
		Kinds: map[string]tasks.Func{
			kindRefresh: s.refresh(credentials), kindTidy: s.tidyTask, kindOnDemand: s.onDemand,
		},
	})
	handlers := s.jobs.Handlers()
	maps.Copy(handlers, s.tasks.Handlers())
	maps.Copy(handlers, s.courier.Handlers())
	options := runner.Options{Source: runner.Sources{s.jobs, s.tasks, s.courier}, Handlers: handlers, Log: s.log, Now: s.now, Workers: s.workers()}
	if !s.base.shared {
		s.runner = local.New(options)
		return nil
	}
	pool, err := s.workPool(ctx)
	if err != nil {
		return err
	}
	s.runner, err = river.New(river.Options{Pool: pool, Options: options})
	return err
}

// workers is how many turns this process runs at once.
func (s *service) workers() int {
	if s.config.Role == roleAPI {
		return 0
	}
	return s.config.Workers
}

// workPool connects the job engine to the database.
func (s *service) workPool(ctx context.Context) (*pgxpool.Pool, error) {
	pool, err := pgxpool.New(ctx, s.config.Database)
	if err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "Configuration", "The database %s cannot be used by the job engine.", redactDatabase(s.config.Database))
	}
	s.atEnd(pool.Close)
	return pool, river.Migrate(ctx, pool)
}

// wake makes a runner of any process look for due work.
func (s *service) wake() {
	if s.runner != nil {
		s.runner.Wake()
	}
}

// work runs what is due until ctx ends.
func (s *service) work(ctx context.Context) error {
	defer s.health.workers.Store(false)
	if err := s.tasks.Ensure(ctx, kindTidy, "installation", s.now()); err != nil && ctx.Err() == nil {
		s.log.LogAttrs(ctx, slog.LevelError, "the removal of old records cannot be scheduled", slog.String("error", err.Error()))
	}
	return s.runner.Run(ctx)
}

// refresh keeps the token of one service principal fresh. Trouble that does not pass
// by itself ends the task: it is recorded with the credentials, and the next
// acquisition puts the task anew.
func (s *service) refresh(credentials *credential.Service) tasks.Func {
	return func(ctx context.Context, t store.Task) (tasks.Done, error) {
		tenant, sp, _ := strings.Cut(t.Key, "/")
		next, err := credentials.KeepFresh(ctx, directory.TenantID(tenant), directory.ObjectID(sp))
		if err != nil && !errs.Is(err, errs.Unavailable) {
			return tasks.Done{}, nil
		}
		if err == nil && !next.IsZero() {
			next = later(next, s.now().Add(shortestRefresh))
		}
		return tasks.Done{Again: next}, err
	}
}

// shortestRefresh keeps an endpoint whose tokens end at once from being asked without
// end.
const shortestRefresh = 10 * time.Second

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// credentialsChanged follows a change of credentials: a token that was acquired is
// kept fresh, and a job that suffered from the old ones is tried at once. What fails
// here happens later by itself.
func (s *service) credentialsChanged(ctx context.Context, e credential.Event) {
	if e.Code != "" {
		return
	}
	ctx = context.WithoutCancel(ctx)
	var err error
	switch e.Action {
	case credential.ActionAcquire:
		key := string(e.Owner.Tenant) + "/" + string(e.Owner.ServicePrincipal)
		err = errors.Join(s.tasks.Put(ctx, kindRefresh, key, s.now()), s.jobs.CredentialsChanged(ctx, e.Owner.Tenant, e.Owner.ServicePrincipal))
	case credential.ActionPut:
		err = s.jobs.CredentialsChanged(ctx, e.Owner.Tenant, e.Owner.ServicePrincipal)
	case credential.ActionConfigure, credential.ActionRefresh, credential.ActionAuthorize: // nobody waits for them
	}
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "what follows a change of credentials waits for its turn",
			slog.String("service_principal", string(e.Owner.ServicePrincipal)), slog.String("error", err.Error()))
	}
}

// tidyTask removes what is older than it should be, every hour.
func (s *service) tidyTask(ctx context.Context, _ store.Task) (tasks.Done, error) {
	_, err := s.base.store.PruneTasks(ctx, s.now().Add(-housekeepingEvery))
	return tasks.Done{Again: s.now().Add(housekeepingEvery)}, errors.Join(err, s.tidy(ctx))
}

func (s *service) onDemand(ctx context.Context, t store.Task) (tasks.Done, error) {
	answer, err := s.jobs.AnswerOnDemand(ctx, t.Payload)
	return tasks.Done{Answer: answer}, err
}

// workedJobs are jobs whose provisioning on demand is done by a worker, which may be
// another process.
type workedJobs struct {
	graphJobs

	tasks *tasks.Service
}

// ProvisionOnDemand has a worker do it, before everything that waits.
func (w workedJobs) ProvisionOnDemand( //nolint:revive // as many arguments as the action has parameters
	ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id synchronization.JobID, by synchronization.SummaryInitiator, parameters []synchronization.OnDemandParameters,
) (synchronization.OnDemandResult, error) {
	call := jobs.OnDemandCall{Tenant: tenant, ServicePrincipal: sp, Job: id, By: by, Parameters: parameters}
	return jobs.AskOnDemand(ctx, call, func(ctx context.Context, payload []byte) ([]byte, error) {
		return w.tasks.Call(ctx, kindOnDemand, payload)
	})
}
