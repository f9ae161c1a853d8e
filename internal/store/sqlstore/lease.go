package sqlstore

import (
	"context"
	"time"
)

// AcquireLease takes or renews the lease name for holder until now+ttl. The
// fence grows with every change of holder.
func (db *DB) AcquireLease(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (int64, bool, error) {
	var (
		fence int64
		ok    bool
	)
	err := db.write(ctx, relaxed, func(s *session) error {
		var err error
		ok, err = s.one(ctx, []any{&fence}, `
			INSERT INTO lease (name, holder, fence, until) VALUES (?, ?, 1, ?)
			ON CONFLICT (name) DO UPDATE SET
				holder = excluded.holder,
				until = excluded.until,
				fence = lease.fence + CASE WHEN lease.holder = excluded.holder THEN 0 ELSE 1 END
			WHERE lease.holder = excluded.holder OR lease.until <= ?
			RETURNING fence`,
			name, holder, micros(now.Add(ttl)), micros(now))
		return err
	})
	return fence, ok && err == nil, err
}

// ReleaseLease ends the lease when holder still has it under fence; else it does
// nothing. The row stays, so that the next fence is greater.
func (db *DB) ReleaseLease(ctx context.Context, name, holder string, fence int64) error {
	return db.write(ctx, relaxed, func(s *session) error {
		_, err := s.exec(ctx, "UPDATE lease SET holder = '', until = ? WHERE name = ? AND holder = ? AND fence = ?",
			micros(time.Time{}), name, holder, fence)
		return err
	})
}
