package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/provisor/provisor/internal/errs"
)

// durability is what a write promises when it returns.
type durability uint8

const (
	// relaxed survives the end of the process; a loss of power may take the last
	// of these writes back, all of a transaction and always the newest first.
	relaxed durability = iota
	// durable survives a loss of power.
	durable
)

// groupLimit bounds the writes that share one commit, and so how long the first
// of them waits for the last.
const groupLimit = 64

// writer runs writes one after the other on one connection. Writes of one tenant
// that wait at the same time share a transaction and its sync: whoever gets the turn
// runs the writes of all who wait, and commits them together. What a write that fails
// has done is taken back to a savepoint of its own; on a server, where each is a journey,
// the group is first tried without.
type writer struct {
	session *session
	turn    chan struct{} // holds one token; who has it may use session
	closed  <-chan struct{}
	mu      sync.Mutex
	waiting []*write
}

// write is one caller's part of a group.
type write struct {
	run      func(*session) error
	level    durability
	tenant   int64           // whose directory it changes; zero when it has no need of its lock
	caller   context.Context //nolint:containedctx // a group waits for a lock as long as one of its callers does
	err      error
	panicked any
	done     chan struct{}
}

func newWriter(s *session, closed <-chan struct{}) *writer {
	s.unbroken = true
	w := &writer{session: s, turn: make(chan struct{}, 1), closed: closed}
	w.turn <- struct{}{}
	return w
}

// do runs a write in a transaction and commits it with the level it asks for. An
// error of its function rolls back what that did and is returned as it is. When ctx
// ends before the function began, it is not run; between its statements, it is
// rolled back.
func (w *writer) do(ctx context.Context, u *write) error {
	u.caller = ctx
	w.enqueue(u)
	cancelled, closed := ctx.Done(), w.closed
	for {
		select {
		case <-u.done:
			if u.panicked != nil {
				panic(u.panicked)
			}
			return u.err
		case <-w.turn:
			w.commit(ctx, w.take())
			w.turn <- struct{}{}
		case <-cancelled:
			if w.withdraw(u) {
				return w.session.explain(ctx.Err())
			}
			cancelled = nil // it runs already and will be done soon
		case <-closed:
			if w.withdraw(u) {
				return errClosed()
			}
			closed = nil
		}
	}
}

func (w *writer) enqueue(u *write) {
	u.done = make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = append(w.waiting, u)
}

// take removes the writes of the next group from the queue: the first, and of those
// behind it all that lock the same. On SQLite nothing is locked by tenant, so every
// write fits.
func (w *writer) take() []*write {
	w.mu.Lock()
	defer w.mu.Unlock()
	var group, rest []*write
	for _, u := range w.waiting {
		if len(group) < groupLimit && (len(group) == 0 || w.session.dialect.lockFeed == "" || u.tenant == group[0].tenant) {
			group = append(group, u)
			continue
		}
		rest = append(rest, u)
	}
	w.waiting = rest
	return group
}

// withdraw removes a write that no group has taken yet.
func (w *writer) withdraw(u *write) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, other := range w.waiting {
		if other == u {
			w.waiting = append(w.waiting[:i], w.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// commit runs a group in one transaction and tells everyone the outcome.
func (w *writer) commit(ctx context.Context, group []*write) {
	if len(group) == 0 {
		return
	}
	if err := w.transact(ctx, group); err != nil {
		for _, u := range group {
			if u.err == nil {
				u.err = err
			}
		}
	}
	for _, u := range group {
		close(u.done)
	}
}

// transact runs a group, again when others collided with it, and returns the error
// that befell the whole group.
func (w *writer) transact(ctx context.Context, group []*write) error {
	attempt := w.attempt
	if w.session.dialect.hopeful || len(group) == 1 {
		attempt = w.attemptBare
	}
	for collisions := 0; ; {
		err := w.once(ctx, group, attempt)
		switch {
		case errors.Is(err, errSpoilt):
			attempt = w.attempt
		case err == nil || w.session.dialect.classify(err) != faultAgain:
			return err
		default:
			if collisions++; collisions == collisionPatience {
				return err
			}
		}
		for _, u := range group {
			u.err, u.panicked = nil, nil
		}
	}
}

// errSpoilt says that a write of a group left something behind and that there is no
// savepoint to take it back to.
var errSpoilt = errors.New("a write of a group failed half-way")

func (w *writer) once(ctx context.Context, group []*write, attempt func(context.Context, *write, []*write) error) error {
	if err := w.begin(ctx, group); err != nil {
		return err
	}
	succeeded := 0
	for _, u := range group {
		if err := attempt(ctx, u, group); err != nil {
			w.session.rollback(ctx)
			return err
		}
		if u.err == nil && u.panicked == nil {
			succeeded++
		}
	}
	if succeeded == 0 {
		w.session.rollback(ctx)
		return nil
	}
	if err := w.session.storeFeed(context.WithoutCancel(ctx)); err != nil {
		w.session.rollback(ctx)
		return err
	}
	return w.session.commit(ctx)
}

// begin starts a transaction whose commit keeps the highest promise of the group,
// and locks what its writes change.
func (w *writer) begin(ctx context.Context, group []*write) error {
	level := relaxed
	for _, u := range group {
		level = max(level, u.level)
	}
	s := w.session
	if err := s.begin(ctx, level); err != nil {
		return err
	}
	if s.dialect.lockFeed == "" || group[0].tenant == 0 {
		return nil
	}
	err := s.lockFeed(group) //nolint:contextcheck // it has the contexts of all callers
	if err != nil {
		s.rollback(ctx)
	}
	return err
}

// lockFeed waits for the feed of the group's tenant until all its callers have gone.
func (s *session) lockFeed(group []*write) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(group[0].caller))
	defer cancel()
	var waiting atomic.Int64
	waiting.Store(int64(len(group)))
	for _, u := range group {
		stop := context.AfterFunc(u.caller, func() {
			if waiting.Add(-1) == 0 {
				cancel()
			}
		})
		defer stop()
	}
	s.unbroken = false
	defer func() { s.unbroken = true }()
	var last int64
	found, err := s.one(ctx, []any{&last}, s.dialect.lockFeed, group[0].tenant)
	if found {
		s.feed = feedEnd{tenant: group[0].tenant, last: last}
	}
	return err
}

// attemptBare runs one write, alone in the transaction or in the hope that it
// succeeds, or fails before it has changed anything.
func (w *writer) attemptBare(_ context.Context, u *write, group []*write) error {
	w.session.touched = false
	w.guard(u)
	err := w.collision(u)
	if err != nil || u.err == nil || len(group) == 1 {
		return err // any outcome of a single write is that of the transaction
	}
	if _, failed := w.session.state(); failed || w.session.touched {
		return errSpoilt
	}
	return nil
}

// attempt runs one write in a savepoint. It returns an error when the transaction as
// a whole can no longer be trusted.
func (w *writer) attempt(ctx context.Context, u *write, _ []*write) error {
	if err := w.session.control(ctx, "SAVEPOINT one"); err != nil {
		return err
	}
	feed := w.session.feed
	w.guard(u)
	if err := w.collision(u); err != nil {
		return err
	}
	if u.err != nil || u.panicked != nil {
		w.session.feed = feed
		if err := w.session.control(ctx, "ROLLBACK TO SAVEPOINT one"); err != nil {
			return err
		}
	}
	return w.session.control(ctx, "RELEASE SAVEPOINT one")
}

// collision returns the error of a write that the database broke off because of
// another transaction.
func (w *writer) collision(u *write) error {
	if u.err != nil && u.panicked == nil && w.session.dialect.classify(u.err) == faultAgain {
		return u.err
	}
	return nil
}

// guard runs a write and keeps its panic for its own caller: it must not unwind
// the goroutine that happens to have the turn.
func (w *writer) guard(u *write) {
	defer func() {
		if p := recover(); p != nil {
			u.panicked = fmt.Sprintf("in a database transaction: %v", p)
			u.err = errs.New(errs.Internal, "InternalServerError", "A write did not end in an orderly way.")
		}
	}()
	u.err = u.run(w.session)
}
