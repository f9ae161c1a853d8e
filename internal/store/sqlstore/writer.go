package sqlstore

import (
	"context"
	"fmt"
	"sync"

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

// writer runs writes one after the other on one connection. Writes that wait at
// the same time share a transaction and its sync: whoever gets the turn runs the
// writes of all who wait, each in a savepoint of its own, and commits them
// together.
type writer struct {
	session *session
	turn    chan struct{} // holds one token; who has it may use session
	closed  <-chan struct{}
	mu      sync.Mutex
	waiting []*write
	level   durability // of the session, for the next commit
	leveled bool       // level was set at all
}

// write is one caller's part of a group.
type write struct {
	run      func(*session) error
	level    durability
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

// do runs fn in a transaction and commits it with the level asked for. An error
// of fn rolls back what fn did and is returned as it is. When ctx ends before fn
// began, fn is not run; between its statements, fn is rolled back.
func (w *writer) do(ctx context.Context, level durability, fn func(*session) error) error {
	u := w.enqueue(level, fn)
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

func (w *writer) enqueue(level durability, fn func(*session) error) *write {
	u := &write{run: fn, level: level, done: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = append(w.waiting, u)
	return u
}

// take removes the writes of the next group from the queue.
func (w *writer) take() []*write {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.waiting), groupLimit)
	group := append([]*write(nil), w.waiting[:n]...)
	w.waiting = append(w.waiting[:0], w.waiting[n:]...)
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

// transact returns the error that befell the whole group.
func (w *writer) transact(ctx context.Context, group []*write) error {
	if err := w.begin(ctx, group); err != nil {
		return err
	}
	succeeded := 0
	for _, u := range group {
		if err := w.attempt(ctx, u, len(group)); err != nil {
			_ = w.session.control(ctx, "ROLLBACK")
			return err
		}
		if u.err == nil && u.panicked == nil {
			succeeded++
		}
	}
	if succeeded == 0 {
		return w.session.control(ctx, "ROLLBACK")
	}
	if err := w.session.control(ctx, "COMMIT"); err != nil {
		_ = w.session.control(ctx, "ROLLBACK")
		return err
	}
	return nil
}

// begin starts a transaction whose commit keeps the highest promise of the group.
func (w *writer) begin(ctx context.Context, group []*write) error {
	level := relaxed
	for _, u := range group {
		level = max(level, u.level)
	}
	if !w.leveled || level != w.level {
		if err := w.session.control(ctx, w.session.dialect.durability(level)); err != nil {
			return err
		}
		w.level, w.leveled = level, true
	}
	return w.session.control(ctx, w.session.dialect.begin)
}

// attempt runs one write, alone in the transaction or in a savepoint. It returns
// an error when the transaction as a whole can no longer be trusted.
func (w *writer) attempt(ctx context.Context, u *write, groupSize int) error {
	if groupSize == 1 {
		w.guard(u)
		return nil // its outcome decides the transaction's
	}
	if err := w.session.control(ctx, "SAVEPOINT one"); err != nil {
		return err
	}
	w.guard(u)
	if u.err != nil || u.panicked != nil {
		if err := w.session.control(ctx, "ROLLBACK TO SAVEPOINT one"); err != nil {
			return err
		}
	}
	return w.session.control(ctx, "RELEASE SAVEPOINT one")
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
