package sqlstore

import (
	"context"
	"encoding/json"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// PutRoleDefinition creates or replaces d, durably.
func (db *DB) PutRoleDefinition(ctx context.Context, tenant directory.TenantID, d store.RoleDefinition) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	actions, err := json.Marshal(d.Actions)
	if err != nil {
		return errUnreadable(err, "role definition")
	}
	return db.write(ctx, durable, func(s *session) error {
		_, err := s.exec(ctx, `
			INSERT INTO role_definition (tenant, id, display_name, built_in, actions, description, version, disabled)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (tenant, id) DO UPDATE SET
				display_name = excluded.display_name, built_in = excluded.built_in, actions = excluded.actions,
				description = excluded.description, version = excluded.version, disabled = excluded.disabled`,
			key, d.ID, d.DisplayName, d.BuiltIn, string(actions), d.Description, d.Version, d.Disabled)
		return err
	})
}

// RoleDefinitions returns all of the tenant ordered by id.
func (db *DB) RoleDefinitions(ctx context.Context, tenant directory.TenantID) ([]store.RoleDefinition, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var definitions []store.RoleDefinition
	err = db.read(ctx, func(s *session) error {
		return s.each(ctx, func(row scanner) error {
			var (
				d       store.RoleDefinition
				actions []byte
			)
			if err := row.Scan(&d.ID, &d.DisplayName, &d.BuiltIn, &actions, &d.Description, &d.Version, &d.Disabled); err != nil {
				return err
			}
			if err := json.Unmarshal(actions, &d.Actions); err != nil {
				return errUnreadable(err, "role definition")
			}
			definitions = append(definitions, d)
			return nil
		}, `SELECT id, display_name, built_in, actions, description, version, disabled
			FROM role_definition WHERE tenant = ? ORDER BY id`, key)
	})
	return definitions, err
}

// DeleteRoleDefinition removes one, durably.
func (db *DB) DeleteRoleDefinition(ctx context.Context, tenant directory.TenantID, id string) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		return s.deleteOne(ctx, id, "DELETE FROM role_definition WHERE tenant = ? AND id = ?", key, id)
	})
}

// AddRoleAssignment stores a, durably.
func (db *DB) AddRoleAssignment(ctx context.Context, tenant directory.TenantID, a store.RoleAssignment) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		added, err := s.exec(ctx, `
			INSERT INTO role_assignment (tenant, id, principal, definition, scope) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`,
			key, a.ID, string(a.Principal), a.DefinitionID, a.Scope)
		if err == nil && added == 0 {
			err = errs.New(errs.Conflict, codeConflict,
				"The role %s is assigned to %s with the scope %s already.", a.DefinitionID, a.Principal, a.Scope)
		}
		return err
	})
}

// RemoveRoleAssignment deletes one, durably.
func (db *DB) RemoveRoleAssignment(ctx context.Context, tenant directory.TenantID, id string) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		return s.deleteOne(ctx, id, "DELETE FROM role_assignment WHERE tenant = ? AND id = ?", key, id)
	})
}

// RoleAssignments returns those of principal, or all when it is empty, by id.
func (db *DB) RoleAssignments(ctx context.Context, tenant directory.TenantID, principal directory.ObjectID) ([]store.RoleAssignment, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	query, args := "SELECT id, principal, definition, scope FROM role_assignment WHERE tenant = ?", []any{key}
	if principal != "" {
		query, args = query+" AND principal = ?", append(args, string(principal))
	}
	var assignments []store.RoleAssignment
	err = db.read(ctx, func(s *session) error {
		return s.each(ctx, func(row scanner) error {
			var a store.RoleAssignment
			if err := row.Scan(&a.ID, &a.Principal, &a.DefinitionID, &a.Scope); err != nil {
				return err
			}
			assignments = append(assignments, a)
			return nil
		}, query+" ORDER BY id", args...)
	})
	return assignments, err
}
