package sqlstore

import (
	"context"

	"github.com/provisor/provisor/internal/errs"
)

// Setting returns the value of name.
func (db *DB) Setting(ctx context.Context, name string) ([]byte, error) {
	var value []byte
	err := db.read(ctx, func(s *session) error {
		found, err := s.one(ctx, []any{&value}, "SELECT value FROM setting WHERE name = ?", name)
		if err == nil && !found {
			err = errs.New(errs.NotFound, codeNotFound, "The setting %s was never stored.", name)
		}
		return err
	})
	return value, err
}

// PutSetting stores value under name, durably.
func (db *DB) PutSetting(ctx context.Context, name string, value []byte) error {
	if value == nil {
		value = []byte{}
	}
	return db.write(ctx, durable, func(s *session) error {
		_, err := s.exec(ctx,
			"INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
			name, value)
		return err
	})
}
