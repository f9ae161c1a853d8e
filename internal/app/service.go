package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/provisor/provisor/internal/courier"
	"github.com/provisor/provisor/internal/jobs"
	"github.com/provisor/provisor/internal/runner"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
	"github.com/provisor/provisor/internal/tasks"
)

// world is what a service takes from the process it runs in.
type world struct {
	log *slog.Logger
	now func() time.Time
	// watch wraps what carries requests to targets; nil leaves it as it is.
	watch func(http.RoundTripper) http.RoundTripper
}

// service is one running Provisor.
type service struct {
	world

	config    Config
	base      *base
	tenant    store.Tenant
	admin     administrator
	urls      []string
	authority string // path of the issuer's certificate authority with --tls auto
	// newAuthority: it was made by this start, so that nobody trusts it yet.
	newAuthority bool
	metrics      *metrics
	health       *health
	jobs         *jobs.Service
	tasks        *tasks.Service
	courier      *courier.Service
	runner       runner.Runner
	server       *httpServer
	closers      []func() error
	stop         context.CancelFunc // asks it to end
	ended        chan struct{}      // closed when it has
	err          error              // why it ended; read it after ended
}

// startService opens the data directory, makes on the first start what is
// missing, and answers requests and runs cycles from then on, until ctx ends, stop
// is called, or something breaks.
func startService(ctx context.Context, c Config, w world) (*service, error) {
	s := &service{world: w, config: c, metrics: newMetrics(), ended: make(chan struct{})}
	for _, step := range []func(context.Context) error{s.open, s.prepare} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	s.begin(ctx)
	return s, nil
}

// open takes the data directory for this process.
func (s *service) open(ctx context.Context) error {
	lock, err := lockDataDir(s.config.Data)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, lock.Close)
	if s.base, err = openBase(ctx, s.config, sqlstore.Options{Logger: s.log}); err != nil {
		return err
	}
	s.closers = append(s.closers, s.base.close)
	return nil
}

func lockDataDir(path string) (io.Closer, error) {
	dir, err := openDataDir(path)
	if err != nil {
		return nil, err
	}
	return dir.lock()
}

// prepare makes what the first start makes, and answers from then on.
func (s *service) prepare(ctx context.Context) error {
	return s.base.alone(ctx, s.now, func() error {
		if err := s.populate(ctx); err != nil {
			return err
		}
		return s.serve(ctx)
	})
}

// populate makes the tenant and its administrator on the first start.
func (s *service) populate(ctx context.Context) error {
	var err error
	if s.tenant, err = s.base.ensureTenant(ctx, s.now); err != nil {
		return err
	}
	s.admin, err = s.base.ensureAdministrator(ctx, s.tenant, s.now)
	return err
}

// serve listens, wires everything behind the listener, and answers.
func (s *service) serve(ctx context.Context) error {
	l, err := listen(ctx, s.config.Listen)
	if err != nil {
		return err
	}
	handler, err := s.wire(ctx, l.Addr())
	if err != nil {
		return errors.Join(err, l.Close())
	}
	certificates, err := s.certificates(l.Addr())
	if err != nil {
		return errors.Join(err, l.Close())
	}
	s.server = startServer(l, handler, certificates, s.log)
	return nil
}

// begin starts what runs until the end. Then it stops in order: no more requests,
// the running ones finish; cycles end at their next record and give their jobs
// back; the database closes.
func (s *service) begin(ctx context.Context) {
	ctx, s.stop = context.WithCancel(ctx)
	group, working := errgroup.WithContext(ctx)
	s.health.workers.Store(true)
	group.Go(func() error { return s.work(working) })
	group.Go(func() error {
		select {
		case err := <-s.server.ended:
			return err // the listener broke
		case <-working.Done():
			s.health.stopping.Store(true)
			s.log.LogAttrs(ctx, slog.LevelInfo, "stopping")
			return s.server.stop(context.WithoutCancel(ctx), s.config.Grace)
		}
	})
	go func() {
		s.err = errors.Join(group.Wait(), s.close())
		s.log.LogAttrs(ctx, slog.LevelInfo, "stopped")
		close(s.ended)
	}()
}

// wait returns when the service has ended, and why it did unless it was asked to.
func (s *service) wait() error {
	<-s.ended
	return s.err
}

// atEnd remembers what to do when the service has ended.
func (s *service) atEnd(do func()) {
	s.closers = append(s.closers, func() error {
		do()
		return nil
	})
}

// close gives back what was opened, the last first.
func (s *service) close() error {
	var all error
	for _, v := range slices.Backward(s.closers) {
		all = errors.Join(all, v())
	}
	s.closers = nil
	return all
}

// url is where others reach the service.
func (s *service) url() string { return s.urls[0] }

// housekeepingEvery is how often old records are looked for.
const housekeepingEvery = time.Hour

// deletedLife is how long a deleted object can be restored, as in Entra.
const deletedLife = 30 * 24 * time.Hour

// tidy removes what is older than it should be.
func (s *service) tidy(ctx context.Context) error {
	tenants, err := s.base.store.Tenants(ctx)
	if err != nil {
		return err
	}
	now := s.now()
	if err := s.forget(ctx, now); err != nil {
		return err
	}
	for _, t := range tenants {
		purged, err := s.base.store.PurgeDeleted(ctx, t.ID, now.Add(-deletedLife), now)
		if err != nil {
			return err
		}
		pruned := 0
		if s.config.LogRetention > 0 {
			if pruned, err = s.base.store.PruneLogs(ctx, t.ID, now.Add(-s.config.LogRetention)); err != nil {
				return err
			}
		}
		if purged+pruned > 0 {
			s.log.LogAttrs(ctx, slog.LevelInfo, "old records removed",
				slog.String("tenant", string(t.ID)), slog.Int("deleted_objects", purged), slog.Int("log_records", pruned))
		}
	}
	return nil
}

// forget removes what was handed out for signing in, answers that were kept, and
// subscriptions, once they have expired.
func (s *service) forget(ctx context.Context, now time.Time) error {
	if _, err := s.base.store.PruneIssued(ctx, now); err != nil {
		return err
	}
	if _, err := s.base.store.PruneReplies(ctx, now); err != nil {
		return err
	}
	_, err := s.base.store.PruneSubscriptions(ctx, now.Add(-subscriptionGrace))
	return err
}
