// Package river runs work on River, a job engine that keeps its queue in
// PostgreSQL: due work becomes unique jobs of River, which any process of any
// machine that shares the database picks up.
//
// River retries, schedules and rescues nothing here. A job says no more than "this
// turn of this row is due"; when its process dies, the row's lease ends, the row is
// due with a new turn, and a sweep of any process queues that.
package river

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/runner"
)

// schema is that of River's tables.
const schema = "river"

// queue is the name of a lane in the database.
func queue(l runner.Lane) string {
	switch l {
	case runner.Urgent:
		return "urgent"
	case runner.Outward:
		return "outward"
	case runner.Ordinary:
	}
	return "work"
}

// Options configure a [Runner]. A process without workers only wakes others.
type Options struct {
	runner.Options

	// Pool is closed by its owner. It needs some connections: one listens.
	Pool *pgxpool.Pool
}

// Runner brings work to handlers through River. Make it with [New].
type Runner struct {
	Options
	client *river.Client[pgx.Tx]
	wake   chan struct{}
}

var _ runner.Runner = (*Runner)(nil)

// Migrate brings River's tables to the version that this program needs. Processes
// that start together wait for each other.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	err := alone(ctx, pool, func(conn *pgxpool.Conn) error {
		if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+schema); err != nil {
			return err
		}
		migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	})
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "ServiceUnavailable",
			"The tables of the job engine cannot be made. Check that the database user may create a schema named %s.", schema)
	}
	return nil
}

// alone runs fn while no other process migrates. The lock is the connection's, not
// a transaction's: some of River's steps have to be committed one by one.
func alone(ctx context.Context, pool *pgxpool.Pool, fn func(*pgxpool.Conn) error) error {
	const lock = "hashtext('provisor/river')"
	return pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock("+lock+")"); err != nil {
			return err
		}
		err := fn(conn)
		_, unlock := conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock("+lock+")")
		return errors.Join(err, unlock)
	})
}

// New returns a runner on a database that [Migrate] has prepared.
func New(o Options) (*Runner, error) {
	o.Options = o.WithDefaults()
	r := &Runner{Options: o, wake: make(chan struct{}, 1)}
	client, err := river.NewClient(riverpgxv5.New(o.Pool), r.config())
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "InternalError", "The job engine cannot be configured.")
	}
	r.client = client
	return r, nil
}

// cooldown is the shortest time between two fetches of River.
const cooldown = 20 * time.Millisecond

// config is River's. Its own time limits only have to be longer than a slice: the
// lease of the row is what counts.
func (r *Runner) config() *river.Config {
	c := &river.Config{
		Schema:                      schema,
		Logger:                      slog.New(atLeast{r.Log.Handler(), slog.LevelWarn}),
		FetchCooldown:               cooldown,
		FetchPollInterval:           max(r.Poll, cooldown),
		JobTimeout:                  runner.Slice + 30*time.Second,
		RescueStuckJobsAfter:        runner.Slice + 35*time.Second,
		MaxAttempts:                 1,
		CompletedJobRetentionPeriod: 10 * time.Minute,
		DiscardedJobRetentionPeriod: time.Hour,
		CancelledJobRetentionPeriod: 10 * time.Minute,
	}
	if r.Workers > 0 {
		c.Queues = map[string]river.QueueConfig{}
		for _, lane := range []runner.Lane{runner.Ordinary, runner.Urgent, runner.Outward} {
			c.Queues[queue(lane)] = river.QueueConfig{MaxWorkers: r.Room(lane)}
		}
		c.Workers = river.NewWorkers()
		river.AddWorker(c.Workers, &worker{runner: r})
	}
	return c
}

// Wake queues what is due, for any process.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends and the handlers under way have returned. A process
// without workers queues what its Wake announces.
func (r *Runner) Run(ctx context.Context) error {
	if r.Workers > 0 {
		if err := r.client.Start(ctx); err != nil {
			return errs.Wrap(err, errs.Unavailable, "ServiceUnavailable", "The job engine cannot be started.")
		}
		defer func() { <-r.client.Stopped() }()
	}
	ticker := time.NewTicker(r.Poll)
	defer ticker.Stop()
	for ctx.Err() == nil {
		r.sweep(ctx)
		select {
		case <-r.wake:
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
	return nil
}

// most bounds one sweep; the next one takes the rest.
const most = 500

// sweep queues what is due.
func (r *Runner) sweep(ctx context.Context) {
	due, err := r.Source.Due(ctx, r.Now(), most)
	if err == nil && len(due) > 0 {
		_, err = r.client.InsertMany(ctx, jobs(due))
	}
	if err != nil && ctx.Err() == nil {
		r.Log.LogAttrs(ctx, slog.LevelError, "cannot look for work; it is tried again", slog.String("error", err.Error()))
	}
}

// jobs makes River's of due work. One that waits or runs already is not made again.
func jobs(due []runner.Work) []river.InsertManyParams {
	made := make([]river.InsertManyParams, len(due))
	for i, w := range due {
		made[i] = river.InsertManyParams{Args: arguments{w}, InsertOpts: &river.InsertOpts{
			// Not scheduled for when it was due, though that is past: River would leave
			// scheduled jobs to its leader's next round. They run in the order of insertion.
			Queue: queue(w.Lane()), MaxAttempts: 1,
			UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: waiting()},
		}}
	}
	return made
}

// waiting are the states of a job that was not carried out yet.
func waiting() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
}

// arguments are a work as River keeps it.
type arguments struct {
	runner.Work
}

// Kind is River's name for all our work.
func (arguments) Kind() string { return "provisor" }

// worker carries out River's jobs.
type worker struct {
	river.WorkerDefaults[arguments]

	runner *Runner
}

// Work runs the handler. An error is logged and not given to River: the row says
// when the work is tried again.
func (w *worker) Work(ctx context.Context, job *river.Job[arguments]) error {
	defer w.runner.Wake() // its next turn may be due at once
	err := runner.Safely(ctx, w.runner.Handlers, job.Args.Work)
	if err != nil && !errors.Is(err, context.Canceled) {
		w.runner.Log.LogAttrs(ctx, slog.LevelError, "work failed; it is tried again when it is due",
			slog.String("work", job.Args.Name()), slog.String("error", err.Error()))
	}
	return nil
}

// atLeast drops records below a level: River tells of every fetch.
type atLeast struct {
	slog.Handler

	level slog.Level
}

// Enabled reports whether the level is high enough.
func (a atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= a.level && a.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the level.
func (a atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeast{a.Handler.WithAttrs(attrs), a.level}
}

// WithGroup keeps the level.
func (a atLeast) WithGroup(name string) slog.Handler {
	return atLeast{a.Handler.WithGroup(name), a.level}
}
