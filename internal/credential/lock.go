package credential

import (
	"context"
	"sync"
	"time"

	"github.com/provisor/provisor/internal/errs"
)

// locks are one mutex per owner that a context can stop waiting for.
type locks struct {
	mu   sync.Mutex
	held map[Owner]*lock
}

type lock struct {
	token chan struct{} // holds one value while the lock is taken
	users int           // those who hold it or wait for it
}

// take returns the function that gives the lock back.
func (l *locks) take(ctx context.Context, o Owner) (func(), error) {
	mine := l.join(o)
	select {
	case mine.token <- struct{}{}:
		return func() {
			<-mine.token
			l.leave(o, mine)
		}, nil
	case <-ctx.Done():
		l.leave(o, mine)
		return nil, interrupted(ctx)
	}
}

func (l *locks) join(o Owner) *lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := l.held[o]
	if mine == nil {
		mine = &lock{token: make(chan struct{}, 1)}
		l.held[o] = mine
	}
	mine.users++
	return mine
}

func (l *locks) leave(o Owner, mine *lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine.users--
	if mine.users == 0 {
		delete(l.held, o)
	}
}

func interrupted(ctx context.Context) error {
	return errs.Wrap(context.Cause(ctx), errs.Unavailable, unavailable, "The access token was not waited for.")
}

const (
	storePatience = 10 * time.Second // for writing what an exchange yielded
	leaseFor      = 10 * time.Second // how long a process that died is waited for
	leaseBeat     = leaseFor / 4     // how often a living one renews its lease
	firstPoll     = 20 * time.Millisecond
	longestPoll   = 500 * time.Millisecond
)

// patience is how long another process is waited for: longer than it needs, be it
// alive or dead.
func (s *Service) patience() time.Duration {
	return s.OAuth.MaxDuration() + storePatience + 2*leaseFor
}

// alone takes the owner's lock in this process and its lease among all, and returns
// the function that gives both back. While another process has the lease, settled
// is asked whether that made the wait needless; alone returns nil, nil then.
func (s *Service) alone(ctx context.Context, o Owner, settled func() bool) (func(), error) {
	unlock, err := s.locks.take(ctx, o)
	if err != nil {
		return nil, err
	}
	release, err := s.lease(ctx, o, settled)
	if release == nil {
		unlock()
		return nil, err
	}
	return func() {
		release()
		unlock()
	}, nil
}

// lease takes the owner's lease. A process that died with it is waited for until
// the lease ends.
func (s *Service) lease(ctx context.Context, o Owner, settled func() bool) (func(), error) {
	name := "credential/" + string(o.Tenant) + "/" + string(o.ServicePrincipal)
	waiting, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	for wait := firstPoll; ; wait = min(2*wait, longestPoll) {
		fence, ok, err := s.Leases.AcquireLease(waiting, name, s.Holder, s.Now(), leaseFor)
		if err != nil {
			return nil, err
		}
		if ok {
			return s.hold(context.WithoutCancel(ctx), name, fence), nil
		}
		if settled() {
			return nil, nil
		}
		if pause(waiting, wait) != nil {
			return nil, errs.New(errs.Unavailable, unavailable,
				"Another process has been exchanging the token of service principal %s for too long. Try again in a minute.", o.ServicePrincipal)
		}
	}
}

// hold renews a lease until the function that it returns gives it back.
func (s *Service) hold(ctx context.Context, name string, fence int64) func() {
	beating, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for pause(beating, leaseBeat) == nil {
			// A lease that is lost all the same is noticed when the result is stored.
			_, _, _ = s.Leases.AcquireLease(beating, name, s.Holder, s.Now(), leaseFor)
		}
	}()
	return func() {
		stop()
		<-ended
		ctx, cancel := context.WithTimeout(ctx, storePatience)
		defer cancel()
		_ = s.Leases.ReleaseLease(ctx, name, s.Holder, fence) // one not given back ends by itself
	}
}

// pause waits for d or for ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
