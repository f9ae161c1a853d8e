// Package tasks carries out what stands in store.Tasks: work other than cycles, such
// as keeping tokens fresh, removing old records, and what a caller waits for.
package tasks

import (
	"context"
	"log/slog"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/runner"
	"github.com/provisor/provisor/internal/store"
)

// Func carries out one task. It may run again when its process dies before what it
// returned is stored, so it begins by looking what is done.
type Func func(ctx context.Context, t store.Task) (Done, error)

// Done is what a task leaves behind. The zero Done removes it.
type Done struct {
	Again  time.Time // when it is due again; zero means never
	Answer []byte    // for who waits for it
}

// Options configure a [Service]. Store, Now, Holder, Log and Wake are required.
type Options struct {
	Store  store.Tasks
	Now    func() time.Time
	Holder string
	Log    *slog.Logger
	// Wake makes a runner look for work.
	Wake func()
	// Kinds are the tasks that this process can carry out.
	Kinds map[string]Func
	// Lease is how long a task of a process that died waits for another; zero means
	// 15 s.
	Lease time.Duration
	// Retry is how long after an error a task is tried again; zero means a minute.
	Retry time.Duration
	// Patience is how long Call waits for the answer; zero means 2 minutes.
	Patience time.Duration
}

// Service puts tasks and carries them out. Its methods may be called from any
// goroutine.
type Service struct {
	Options
	answers answers
}

// New returns a service with the defaults filled in.
func New(o Options) *Service {
	o.Lease = orElse(o.Lease, 15*time.Second)
	o.Retry = orElse(o.Retry, time.Minute)
	o.Patience = orElse(o.Patience, 2*time.Minute)
	return &Service{Options: o}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// Put makes the task of kind and key due at an instant, or moves it there.
func (s *Service) Put(ctx context.Context, kind, key string, due time.Time) error {
	err := s.Store.PutTask(ctx, store.Task{Kind: kind, Key: key, Due: due})
	if err == nil && !due.After(s.Now()) {
		s.Wake()
	}
	return err
}

// Ensure is Put for a task that may be there: one that is keeps its time.
func (s *Service) Ensure(ctx context.Context, kind, key string, due time.Time) error {
	_, err := s.Store.Task(ctx, kind, key)
	if errs.Is(err, errs.NotFound) {
		return s.Put(ctx, kind, key, due)
	}
	return err
}

// Due lists what is due, for a runner.
func (s *Service) Due(ctx context.Context, now time.Time, limit int) ([]runner.Work, error) {
	due, err := s.Store.DueTasks(ctx, now, limit)
	if err != nil {
		return nil, err
	}
	work := make([]runner.Work, 0, len(due))
	for _, t := range due {
		if s.Kinds[t.Kind] != nil { // another process's program may be newer
			work = append(work, runner.Work{Kind: t.Kind, Key: t.Key, Turn: t.Turn, Due: t.Due, Urgent: t.Urgent})
		}
	}
	return work, nil
}

// Handlers are what a runner calls for what Due lists.
func (s *Service) Handlers() map[string]runner.Handler {
	handlers := map[string]runner.Handler{}
	for kind := range s.Kinds {
		handlers[kind] = s.handle
	}
	return handlers
}

// handle claims a task, carries it out, and stores what came of it.
func (s *Service) handle(ctx context.Context, w runner.Work) error {
	now := s.Now()
	t, ok, err := s.Store.ClaimTask(ctx, store.Task{Kind: w.Kind, Key: w.Key, Turn: w.Turn}, s.Holder, now, now.Add(s.Lease))
	if err != nil || !ok {
		return err
	}
	done, failure := s.run(ctx, t)
	t.Due, t.Answer = done.Again, done.Answer
	if failure != nil {
		t.Due, t.Answer = s.again(ctx, t, failure), nil
	}
	err = s.Store.EndTask(context.WithoutCancel(ctx), t)
	s.answers.tell(w.Key)
	if errs.Is(err, errs.Conflict) {
		err = nil // overtaken: another has it
	}
	if failure == nil {
		failure = err
	}
	return failure
}

// again is when a task that failed is tried again; zero is never.
func (s *Service) again(ctx context.Context, t store.Task, failure error) time.Time {
	switch {
	case ctx.Err() != nil:
		return s.Now() // it was interrupted, and goes on elsewhere
	case t.Payload != nil && errs.KindOf(failure) == errs.Internal && t.Turn > payloadTurns:
		return time.Time{}
	}
	return s.Now().Add(s.Retry)
}

// payloadTurns is how often a payload is tried of which a program can make nothing:
// the same program will not be able to tomorrow. A task without payload is a chore,
// which is always there to be done.
const payloadTurns = 3

// run carries out the task under a lease that is renewed meanwhile.
func (s *Service) run(ctx context.Context, t store.Task) (Done, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	defer func() { <-ended }()
	defer cancel()
	go func() {
		defer close(ended)
		s.renew(ctx, cancel, t)
	}()
	return s.Kinds[t.Kind](ctx, t)
}

// renew extends the lease until ctx ends, and ends the task when it was overtaken.
func (s *Service) renew(ctx context.Context, cancel context.CancelFunc, t store.Task) {
	ticker := time.NewTicker(s.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := s.Store.RenewTask(ctx, t, s.Now().Add(s.Lease)); errs.Is(err, errs.Conflict) {
			cancel()
			return
		}
	}
}
