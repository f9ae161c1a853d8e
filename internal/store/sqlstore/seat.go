package sqlstore

import (
	"context"
	"time"
)

// TakeSeat takes or keeps holder's seat at the target, and counts the seats. Seats
// that ended long ago are removed on the way.
func (db *DB) TakeSeat(ctx context.Context, target, holder string, now time.Time, ttl time.Duration) (int, error) {
	taken := 0
	err := db.write(ctx, relaxed, func(s *session) error {
		if _, err := s.exec(ctx, "DELETE FROM seat WHERE target = ? AND until <= ?", target, micros(now.Add(-ttl))); err != nil {
			return err
		}
		if _, err := s.exec(ctx, `INSERT INTO seat (target, holder, until) VALUES (?, ?, ?)
			ON CONFLICT (target, holder) DO UPDATE SET until = excluded.until`, target, holder, micros(now.Add(ttl))); err != nil {
			return err
		}
		_, err := s.one(ctx, []any{&taken}, "SELECT count(*) FROM seat WHERE target = ? AND until > ?", target, micros(now))
		return err
	})
	return taken, err
}

// LeaveSeat gives holder's seat back.
func (db *DB) LeaveSeat(ctx context.Context, target, holder string) error {
	return db.write(ctx, relaxed, func(s *session) error {
		_, err := s.exec(ctx, "DELETE FROM seat WHERE target = ? AND holder = ?", target, holder)
		return err
	})
}
