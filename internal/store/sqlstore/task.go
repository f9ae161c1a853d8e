package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// PutTask adds a task, or replaces what is kept under its kind and key.
func (db *DB) PutTask(ctx context.Context, t store.Task) error {
	return db.write(ctx, durable, func(s *session) error {
		_, err := s.exec(ctx, `
			INSERT INTO task (kind, key, due, urgent, payload, answer, turn, version, claimed, created, expires) VALUES (?, ?, ?, ?, ?, ?, 1, 1, 0, ?, ?)
			ON CONFLICT (kind, key) DO UPDATE SET
				due = excluded.due, urgent = excluded.urgent, payload = excluded.payload, answer = excluded.answer,
				version = task.version + 1, created = excluded.created, expires = excluded.expires`,
			t.Kind, t.Key, nullMicros(t.Due), t.Urgent, t.Payload, t.Answer, micros(t.Due), nullMicros(t.Expires))
		return err
	})
}

// Task returns one.
func (db *DB) Task(ctx context.Context, kind, key string) (store.Task, error) {
	t := store.Task{Kind: kind, Key: key}
	err := db.read(ctx, func(s *session) error {
		var due, expires sql.NullInt64
		found, err := s.one(ctx, []any{&due, &expires, &t.Urgent, &t.Payload, &t.Answer, &t.Turn},
			"SELECT due, expires, urgent, payload, answer, turn FROM task WHERE kind = ? AND key = ?", kind, key)
		if err == nil && !found {
			err = errs.New(errs.NotFound, codeNotFound, "There is no task %s of kind %s: it was done and removed.", key, kind)
		}
		t.Due, t.Expires = nullInstant(due), nullInstant(expires)
		return err
	})
	return t, err
}

// begins says that nobody has a task and that it has not expired, at an instant that it
// is given twice.
const begins = "(holder IS NULL OR lease_until <= ?) AND (expires IS NULL OR expires > ?)"

// DueTasks returns those that are due and that nobody has, the urgent first.
func (db *DB) DueTasks(ctx context.Context, now time.Time, limit int) ([]store.Task, error) {
	var due []store.Task
	err := db.read(ctx, func(s *session) error {
		due = nil
		for _, urgent := range []bool{true, false} {
			err := s.each(ctx, func(row scanner) error {
				t := store.Task{Urgent: urgent}
				var at int64
				var expires sql.NullInt64
				err := row.Scan(&t.Kind, &t.Key, &at, &expires, &t.Turn)
				t.Due, t.Expires = instant(at), nullInstant(expires)
				due = append(due, t)
				return err
			}, "SELECT kind, key, due, expires, turn FROM task WHERE urgent = ? AND due <= ? AND "+begins+" ORDER BY due, kind, key LIMIT ?",
				urgent, micros(now), micros(now), micros(now), limit)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return due, err
}

// ClaimTask takes a task for holder, if its turn is still t's and nobody has it.
func (db *DB) ClaimTask(ctx context.Context, t store.Task, holder string, now, until time.Time) (store.Task, bool, error) {
	ok := false
	claimed := store.Task{Kind: t.Kind, Key: t.Key}
	err := db.write(ctx, relaxed, func(s *session) error {
		var due, expires sql.NullInt64
		var err error
		ok, err = s.one(ctx, []any{&due, &expires, &claimed.Urgent, &claimed.Payload, &claimed.Turn}, `
			UPDATE task SET holder = ?, turn = turn + 1, claimed = version, lease_until = ?
			WHERE kind = ? AND key = ? AND turn = ? AND due <= ? AND `+begins+`
			RETURNING due, expires, urgent, payload, turn`,
			holder, micros(until), t.Kind, t.Key, t.Turn, micros(now), micros(now), micros(now))
		claimed.Due, claimed.Expires = nullInstant(due), nullInstant(expires)
		return err
	})
	if err != nil || !ok {
		return store.Task{}, false, err
	}
	return claimed, true, nil
}

// RenewTask extends a claim.
func (db *DB) RenewTask(ctx context.Context, t store.Task, until time.Time) error {
	return db.write(ctx, relaxed, func(s *session) error {
		renewed, err := s.exec(ctx, "UPDATE task SET lease_until = ? WHERE kind = ? AND key = ? AND turn = ? AND holder IS NOT NULL",
			micros(until), t.Kind, t.Key, t.Turn)
		if err == nil && renewed == 0 {
			err = errTaskOvertaken(t)
		}
		return err
	})
}

// EndTask gives a task back.
func (db *DB) EndTask(ctx context.Context, t store.Task) error {
	return db.write(ctx, durable, func(s *session) error {
		ended, err := s.exec(ctx, "UPDATE task SET holder = NULL, lease_until = NULL WHERE kind = ? AND key = ? AND turn = ? AND holder IS NOT NULL",
			t.Kind, t.Key, t.Turn)
		if err != nil {
			return err
		}
		if ended == 0 {
			return errTaskOvertaken(t)
		}
		if t.Due.IsZero() && t.Answer == nil {
			_, err = s.exec(ctx, "DELETE FROM task WHERE kind = ? AND key = ? AND version = claimed", t.Kind, t.Key)
			return err
		}
		_, err = s.exec(ctx, "UPDATE task SET due = ?, answer = ? WHERE kind = ? AND key = ? AND version = claimed",
			nullMicros(t.Due), t.Answer, t.Kind, t.Key)
		return err
	})
}

// RemoveTask removes one that nobody has.
func (db *DB) RemoveTask(ctx context.Context, kind, key string, now time.Time) error {
	return db.write(ctx, relaxed, func(s *session) error {
		_, err := s.exec(ctx, "DELETE FROM task WHERE kind = ? AND key = ? AND (holder IS NULL OR lease_until <= ?)", kind, key, micros(now))
		return err
	})
}

// PruneTasks removes answered ones that were put before the instant, and those that
// expired before it.
func (db *DB) PruneTasks(ctx context.Context, before time.Time) (int, error) {
	var pruned int64
	err := db.write(ctx, relaxed, func(s *session) error {
		var err error
		pruned, err = s.exec(ctx, "DELETE FROM task WHERE due IS NULL AND created < ? OR expires < ?", micros(before), micros(before))
		return err
	})
	return int(pruned), err
}

func errTaskOvertaken(t store.Task) error {
	return errs.New(errs.Conflict, codeOvertaken, "Turn %d of %s %s was overtaken: another worker has it, or it is done.", t.Turn, t.Kind, t.Key)
}
