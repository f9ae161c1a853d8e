package sqlstore

import (
	"cmp"
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// Assign stores a, durably. The principal changes, and with a group its direct
// members.
func (db *DB) Assign(ctx context.Context, tenant directory.TenantID, a directory.AppRoleAssignment) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.change(ctx, key, func(s *session) error {
		principal, kind, err := s.liveKey(ctx, key, a.Principal)
		if err != nil {
			return err
		}
		resource, resourceKind, err := s.liveKey(ctx, key, a.Resource)
		if err != nil {
			return err
		}
		if resourceKind != directory.ServicePrincipal {
			return errNotFound(string(a.Resource))
		}
		added, err := s.exec(ctx, `
			INSERT INTO app_role_assignment (tenant, id, principal, resource, app_role_id, created)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			key, a.ID, principal, resource, cmp.Or(a.AppRoleID, directory.DefaultAppRole), micros(a.Created))
		if err != nil {
			return err
		}
		if added == 0 {
			return errs.New(errs.Conflict, codeBadRequest, "Permission being assigned already exists on the object.")
		}
		return s.bumpPrincipal(ctx, key, principal, kind)
	})
}

// Unassign removes one, durably. NotFound when it is not there.
func (db *DB) Unassign(ctx context.Context, tenant directory.TenantID, id string) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.change(ctx, key, func(s *session) error {
		var (
			principal directory.Key
			kind      int
		)
		found, err := s.one(ctx, []any{&principal, &kind}, `
			SELECT a.principal, p.kind FROM app_role_assignment a JOIN object p ON p.key = a.principal
			WHERE a.tenant = ? AND a.id = ?`, key, id)
		if err != nil {
			return err
		}
		if !found {
			return errNotFound(id)
		}
		if _, err := s.exec(ctx, "DELETE FROM app_role_assignment WHERE tenant = ? AND id = ?", key, id); err != nil {
			return err
		}
		return s.bumpPrincipal(ctx, key, principal, kindOf(kind))
	})
}

// bumpPrincipal numbers what changes with the assignments of a principal.
func (s *session) bumpPrincipal(ctx context.Context, tenant int64, principal directory.Key, kind directory.Kind) error {
	if err := s.bump(ctx, tenant, principal); err != nil {
		return err
	}
	if kind != directory.Group {
		return nil
	}
	return s.bumpMembers(ctx, tenant, principal)
}

// Assignments returns a page of those whose principal and resource are live.
func (db *DB) Assignments(ctx context.Context, tenant directory.TenantID, q store.AssignmentQuery) ([]directory.AppRoleAssignment, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	query, args := assignmentQuery(key, q)
	var assignments []directory.AppRoleAssignment
	err = db.read(ctx, func(s *session) error {
		return s.each(ctx, func(row scanner) error {
			var (
				a       directory.AppRoleAssignment
				kind    int
				created int64
			)
			if err := row.Scan(&a.ID, &a.Principal, &kind, &a.Resource, &a.AppRoleID, &created); err != nil {
				return err
			}
			a.PrincipalKind, a.Created = kindOf(kind), instant(created)
			assignments = append(assignments, a)
			return nil
		}, query, args...)
	})
	return assignments, err
}

func assignmentQuery(tenant int64, q store.AssignmentQuery) (string, []any) {
	query := `SELECT a.id, p.id, p.kind, r.id, a.app_role_id, a.created
		FROM app_role_assignment a JOIN object p ON p.key = a.principal JOIN object r ON r.key = a.resource
		WHERE a.tenant = ? AND p.presence = 0 AND r.presence = 0 AND a.id > ?`
	args := []any{tenant, q.After}
	if q.ID != "" {
		query, args = query+" AND a.id = ?", append(args, q.ID)
	}
	if q.Resource != "" {
		query += " AND a.resource = (SELECT key FROM object WHERE tenant = ? AND id = ?)"
		args = append(args, tenant, string(q.Resource))
	}
	if q.Principal != "" {
		query += " AND a.principal = (SELECT key FROM object WHERE tenant = ? AND id = ?)"
		args = append(args, tenant, string(q.Principal))
	}
	return query + " ORDER BY a.id LIMIT ?", append(args, cmp.Or(q.Limit, 100))
}
