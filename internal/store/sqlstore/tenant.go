package sqlstore

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// CreateTenant adds t, durably.
func (db *DB) CreateTenant(ctx context.Context, t store.Tenant) error {
	return db.write(ctx, durable, func(s *session) error {
		var id string
		taken, err := s.one(ctx, []any{&id},
			"SELECT id FROM tenant WHERE id = ? OR (domain <> '' AND lower(domain) = lower(?))", string(t.ID), t.Domain)
		if err != nil {
			return err
		}
		if taken {
			return errs.New(errs.Conflict, codeConflict, "A tenant with the id %s or the domain %s exists already.", t.ID, t.Domain)
		}
		_, err = s.exec(ctx, "INSERT INTO tenant (id, display_name, domain, created) VALUES (?, ?, ?, ?)",
			string(t.ID), t.DisplayName, t.Domain, micros(t.Created))
		return err
	})
}

// Tenants returns all, oldest first.
func (db *DB) Tenants(ctx context.Context) ([]store.Tenant, error) {
	var tenants []store.Tenant
	err := db.read(ctx, func(s *session) error {
		return s.each(ctx, func(row scanner) error {
			var (
				t       store.Tenant
				created int64
			)
			if err := row.Scan(&t.ID, &t.DisplayName, &t.Domain, &created); err != nil {
				return err
			}
			t.Created = instant(created)
			tenants = append(tenants, t)
			return nil
		}, "SELECT id, display_name, domain, created FROM tenant ORDER BY created, key")
	})
	return tenants, err
}

// tenant returns the key of a tenant. NotFound when it was never created.
func (db *DB) tenant(ctx context.Context, id directory.TenantID) (int64, error) {
	if key, ok := db.tenants.Load(id); ok {
		if key, ok := key.(int64); ok {
			return key, nil
		}
	}
	var key int64
	err := db.read(ctx, func(s *session) error {
		found, err := s.one(ctx, []any{&key}, "SELECT key FROM tenant WHERE id = ?", string(id))
		if err == nil && !found {
			err = errs.New(errs.NotFound, codeNotFound, "The tenant %s does not exist. Create it first.", id)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	db.tenants.Store(id, key)
	return key, nil
}
