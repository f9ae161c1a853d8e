package sqlstore

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

// AddPassword stores p for the application, durably.
func (db *DB) AddPassword(ctx context.Context, tenant directory.TenantID, application directory.ObjectID, p store.Password) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		_, err := s.exec(ctx, `
			INSERT INTO password (tenant, application, key_id, display_name, hint, digest, starts, ends)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			key, string(application), p.KeyID, p.DisplayName, p.Hint, append([]byte{}, p.Digest...), micros(p.Start), micros(p.End))
		return err
	})
}

// RemovePassword deletes one, durably.
func (db *DB) RemovePassword(ctx context.Context, tenant directory.TenantID, application directory.ObjectID, keyID string) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		return s.deleteOne(ctx, keyID, "DELETE FROM password WHERE tenant = ? AND application = ? AND key_id = ?",
			key, string(application), keyID)
	})
}

// Passwords returns the application's, oldest first.
func (db *DB) Passwords(ctx context.Context, tenant directory.TenantID, application directory.ObjectID) ([]store.Password, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var passwords []store.Password
	err = db.read(ctx, func(s *session) error {
		return s.each(ctx, func(row scanner) error {
			var (
				p          store.Password
				start, end int64
			)
			if err := row.Scan(&p.KeyID, &p.DisplayName, &p.Hint, &p.Digest, &start, &end); err != nil {
				return err
			}
			p.Start, p.End = instant(start), instant(end)
			passwords = append(passwords, p)
			return nil
		}, `SELECT key_id, display_name, hint, digest, starts, ends FROM password
			WHERE tenant = ? AND application = ? ORDER BY starts, key`, key, string(application))
	})
	return passwords, err
}

// deleteOne runs a statement that deletes one row; NotFound when there was none.
func (s *session) deleteOne(ctx context.Context, id, statement string, args ...any) error {
	deleted, err := s.exec(ctx, statement, args...)
	if err == nil && deleted == 0 {
		err = errNotFound(id)
	}
	return err
}
