package sqlstore

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// Connection returns the link of an object.
func (db *DB) Connection(ctx context.Context, tenant directory.TenantID, id synchronization.JobID, named string) (store.Connection, error) {
	tenantKey, err := db.tenant(ctx, tenant)
	if err != nil {
		return store.Connection{}, err
	}
	var c store.Connection
	err = db.read(ctx, func(s *session) error {
		job, _, err := s.job(ctx, tenantKey, id)
		if err != nil {
			return err
		}
		found, _, err := s.connection(ctx, job, named)
		if err == nil && found == nil {
			err = errs.New(errs.NotFound, codeNotFound,
				"The synchronization job '%s' has no connection of '%.128s'. Neither an object nor an account with that id is linked.", id, named)
		}
		if err == nil {
			c = *found
		}
		return err
	})
	return c, err
}

// connection finds a link by the id of the object, else by that of the account.
func (s *session) connection(ctx context.Context, job int64, named string) (*store.Connection, directory.Key, error) {
	for _, by := range []struct{ condition, value string }{{"o.id = ?", fold(named)}, {"l.target_id = ?", named}} {
		var (
			row objectRow
			c   store.Connection
		)
		found, err := s.one(ctx, append(row.dest(), &c.TargetID), "SELECT "+objectColumns+`, l.target_id FROM link l JOIN object o ON o.key = l.object
			WHERE l.job = ? AND l.target_id IS NOT NULL AND `+by.condition, job, by.value)
		if err != nil {
			return nil, 0, err
		}
		if !found {
			continue
		}
		o, err := row.decode()
		c.Object, c.Kind, c.DisplayName = o.ID, o.Kind, o.Attributes.String("displayName")
		return &c, o.Key, err
	}
	return nil, 0, nil
}

// Disconnect forgets the link of an object, durably.
func (db *DB) Disconnect(ctx context.Context, tenant directory.TenantID, id synchronization.JobID, named string, check func(synchronization.Job) error) error {
	tenantKey, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		job, j, err := s.job(ctx, tenantKey, id)
		if err != nil {
			return err
		}
		if err := check(j); err != nil {
			return err
		}
		found, key, err := s.connection(ctx, job, named)
		if err != nil || found == nil {
			return err
		}
		for _, statement := range []string{removeLinks, removeDue, forgetFrom, forgetTo} {
			if _, err := s.exec(ctx, statement+"(?)", job, key); err != nil {
				return err
			}
		}
		return nil
	})
}
