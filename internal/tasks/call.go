package tasks

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// look is how often Call asks for the answer of a task that another process may
// carry out.
const look = 50 * time.Millisecond

// Call has a task carried out before everything that waits, by this process or
// another, and returns its answer. Unavailable when no worker answered in time: then
// nobody begins the task any more, but who had begun it goes on. Internal when a worker
// could make nothing of it.
func (s *Service) Call(ctx context.Context, kind string, payload []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	key := uuid.NewString()
	told := s.answers.listen(key)
	defer s.answers.forget(key)
	now := s.Now()
	t := store.Task{Kind: kind, Key: key, Due: now, Expires: now.Add(s.Patience), Urgent: true, Payload: payload}
	if err := s.Store.PutTask(ctx, t); err != nil {
		return nil, err
	}
	s.Wake()
	answer, err := s.await(ctx, kind, key, told)
	if removed := s.Store.RemoveTask(context.WithoutCancel(ctx), kind, key, s.Now()); err == nil {
		err = removed
	}
	return answer, err
}

// await returns the answer when there is one.
func (s *Service) await(ctx context.Context, kind, key string, told <-chan struct{}) ([]byte, error) {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		select {
		case <-told:
		case <-ticker.C:
		case <-ctx.Done():
			return nil, errs.Wrap(ctx.Err(), errs.Unavailable, "ServiceUnavailable",
				"No worker answered in time. See that a process with workers runs (--role all or worker, --workers above 0), and try again.")
		}
		t, err := s.Store.Task(ctx, kind, key)
		switch {
		case errs.Is(err, errs.NotFound):
			return nil, errs.Wrap(err, errs.Internal, "InternalError", "The worker gave this up. The operator's log has the reason.")
		case err != nil && !errs.Is(err, errs.Unavailable):
			return nil, err
		}
		if err == nil && t.Due.IsZero() && t.Answer != nil {
			return t.Answer, nil
		}
	}
}

// answers tells callers of this process that a task of theirs has ended. The zero
// value is ready.
type answers struct {
	mu        sync.Mutex
	listeners map[string]chan struct{}
}

func (a *answers) listen(key string) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.listeners == nil {
		a.listeners = map[string]chan struct{}{}
	}
	told := make(chan struct{}, 1)
	a.listeners[key] = told
	return told
}

func (a *answers) tell(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case a.listeners[key] <- struct{}{}:
	default:
	}
}

func (a *answers) forget(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.listeners, key)
}
