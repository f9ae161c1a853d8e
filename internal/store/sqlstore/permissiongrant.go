package sqlstore

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// AddGrant stores g, durably.
func (db *DB) AddGrant(ctx context.Context, tenant directory.TenantID, g store.PermissionGrant) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		added, err := s.exec(ctx, `
			INSERT INTO permission_grant (tenant, id, client, principal, resource, scope) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`,
			key, g.ID, string(g.Client), string(g.Principal), string(g.Resource), g.Scope)
		if err == nil && added == 0 {
			err = errs.New(errs.Conflict, codeConflict, "The client %s has a permission grant at %s already. Change its scope.", g.Client, g.Resource)
		}
		return err
	})
}

// UpdateGrant replaces the scope of one, durably.
func (db *DB) UpdateGrant(ctx context.Context, tenant directory.TenantID, id, scope string) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		return s.deleteOne(ctx, id, "UPDATE permission_grant SET scope = ? WHERE tenant = ? AND id = ?", scope, key, id)
	})
}

// RemoveGrant deletes one, durably.
func (db *DB) RemoveGrant(ctx context.Context, tenant directory.TenantID, id string) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		return s.deleteOne(ctx, id, "DELETE FROM permission_grant WHERE tenant = ? AND id = ?", key, id)
	})
}

// Grants returns those of a client, of a principal, both, or all, by id.
func (db *DB) Grants(ctx context.Context, tenant directory.TenantID, client, principal directory.ObjectID) ([]store.PermissionGrant, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	query, args := "SELECT id, client, principal, resource, scope FROM permission_grant WHERE tenant = ?", []any{key}
	if client != "" {
		query, args = query+" AND client = ?", append(args, string(client))
	}
	if principal != "" {
		query, args = query+" AND principal = ?", append(args, string(principal))
	}
	var grants []store.PermissionGrant
	err = db.read(ctx, func(s *session) error {
		return s.each(ctx, func(row scanner) error {
			var g store.PermissionGrant
			err := row.Scan(&g.ID, &g.Client, &g.Principal, &g.Resource, &g.Scope)
			grants = append(grants, g)
			return err
		}, query+" ORDER BY id", args...)
	})
	return grants, err
}
