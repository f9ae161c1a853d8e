package sqlstore

import (
	"context"

	"github.com/provisor/provisor/internal/errs"
)

// begin starts a transaction whose commit keeps the promise of level.
func (s *session) begin(ctx context.Context, level durability) error {
	return s.open(ctx, func() error {
		if !s.leveled || level != s.level {
			if err := s.control(ctx, s.dialect.durability(level)); err != nil {
				return err
			}
			s.level, s.leveled = level, true
		}
		return s.control(ctx, s.dialect.begin)
	}, true)
}

// beginSnapshot starts a transaction that reads one state of the database.
func (s *session) beginSnapshot(ctx context.Context) error {
	return s.open(ctx, func() error { return s.control(ctx, s.dialect.snapshot) }, false)
}

// open starts a transaction; once more when the connection turns out to be lost,
// for nothing is lost with it yet.
func (s *session) open(ctx context.Context, start func() error, writes bool) error {
	if err := ctx.Err(); err != nil && !s.unbroken {
		return s.explain(err)
	}
	err := start()
	if err != nil && s.conn == nil {
		err = start()
	}
	s.within, s.writes = err == nil, err == nil && writes
	return err
}

// locked is the suffix of a SELECT of one row that a transaction may go on to write:
// then it locks the row until the commit, else it only reads.
func (s *session) locked() string {
	if s.writes {
		return s.dialect.lock
	}
	return ""
}

// commit ends a transaction. After an error the transaction is rolled back, or,
// when the connection was lost meanwhile, its outcome is not known.
func (s *session) commit(ctx context.Context) error {
	if _, failed := s.state(); failed {
		s.rollback(ctx)
		return errs.New(errs.Unavailable, "ServiceUnavailable", "A statement of the transaction had failed, and nothing was stored. Try again.")
	}
	if err := s.control(ctx, "COMMIT"); err != nil {
		s.rollback(ctx)
		return err
	}
	s.within, s.writes, s.feed = false, false, feedEnd{}
	return nil
}

// rollback takes a transaction back. When that fails the connection is lost, and
// the transaction with it.
func (s *session) rollback(ctx context.Context) {
	_ = s.control(ctx, "ROLLBACK") // see above
	s.within, s.writes, s.feed = false, false, feedEnd{}
	if lost, _ := s.state(); lost {
		s.drop()
	}
}

// collisionPatience is how often a transaction that others collide with is run.
const collisionPatience = 5

// transact runs fn in a transaction of its own; again when another transaction
// collided with it.
func (s *session) transact(ctx context.Context, level durability, fn func(*session) error) error {
	for attempt := 1; ; attempt++ {
		err := s.once(ctx, level, fn)
		if err == nil || attempt == collisionPatience || s.dialect.classify(err) != faultAgain {
			return err
		}
	}
}

func (s *session) once(ctx context.Context, level durability, fn func(*session) error) error {
	if err := s.begin(ctx, level); err != nil {
		return err
	}
	ended := false
	defer func() {
		if !ended { // fn panicked
			s.rollback(ctx)
		}
	}()
	err := fn(s)
	ended = true
	if err != nil {
		s.rollback(ctx)
		return err
	}
	return s.commit(ctx)
}

// lockName keeps every other transaction that locks the same name waiting until
// this one ends.
func (s *session) lockName(ctx context.Context, name string) error {
	if s.dialect.lockName == "" {
		return nil
	}
	_, err := s.exec(ctx, s.dialect.lockName, name)
	return err
}
