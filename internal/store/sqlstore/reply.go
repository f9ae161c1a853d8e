package sqlstore

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/directory"
)

// BeginReply notes that a request is being answered, unless that is noted already.
func (db *DB) BeginReply(ctx context.Context, tenant directory.TenantID, digest []byte, now, expires time.Time) ([]byte, bool, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, false, err
	}
	var (
		document []byte
		first    bool
	)
	err = db.write(ctx, relaxed, func(s *session) error {
		var one int64
		document = nil
		first, err = s.one(ctx, []any{&one}, `
			INSERT INTO reply (tenant, digest, expires) VALUES (?, ?, ?)
			ON CONFLICT (tenant, digest) DO UPDATE SET document = NULL, expires = excluded.expires WHERE reply.expires <= ?
			RETURNING 1`, key, digest, micros(expires), micros(now))
		if err != nil || first {
			return err
		}
		_, err = s.one(ctx, []any{&document}, "SELECT document FROM reply WHERE tenant = ? AND digest = ?", key, digest)
		return err
	})
	return document, first && err == nil, err
}

// EndReply stores the answer; nil forgets the request.
func (db *DB) EndReply(ctx context.Context, tenant directory.TenantID, digest, document []byte) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, relaxed, func(s *session) error {
		statement, args := "UPDATE reply SET document = ? WHERE tenant = ? AND digest = ?", []any{document, key, digest}
		if document == nil {
			statement, args = "DELETE FROM reply WHERE tenant = ? AND digest = ?", args[1:]
		}
		_, err := s.exec(ctx, statement, args...)
		return err
	})
}

// PruneReplies removes those that have expired.
func (db *DB) PruneReplies(ctx context.Context, now time.Time) (int, error) {
	return db.prune(ctx, "DELETE FROM reply WHERE expires <= ?", now)
}
