package sqlstore

import (
	"context"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

// DeleteObject soft-deletes a user, an application or a service principal, and
// purges a group, durably.
func (db *DB) DeleteObject(ctx context.Context, tenant directory.TenantID, ref store.Ref, now time.Time) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.change(ctx, key, func(s *session) error {
		ref.Deleted = false
		o, err := s.object(ctx, key, ref)
		if err != nil {
			return err
		}
		switch o.Kind {
		case directory.Group:
			return s.purge(ctx, key, o, now)
		case directory.Application:
			return s.deleteApplication(ctx, key, o, now)
		case directory.User, directory.ServicePrincipal:
		}
		return s.softDelete(ctx, key, o, now)
	})
}

// deleteApplication soft-deletes an application and its service principal.
func (s *session) deleteApplication(ctx context.Context, tenant int64, o directory.Object, now time.Time) error {
	if err := s.softDelete(ctx, tenant, o, now); err != nil {
		return err
	}
	var row objectRow
	found, err := s.one(ctx, row.dest(), "SELECT "+objectColumns+` FROM object o
		WHERE o.tenant = ? AND o.presence = 0 AND o.kind = 4 AND o.app_id = ?`, tenant, fold(o.Attributes.String("appId")))
	if err != nil || !found {
		return err
	}
	principal, err := row.decode()
	if err != nil {
		return err
	}
	return s.softDelete(ctx, tenant, principal, now)
}

// softDelete hides an object and ends its memberships. Owners and app role
// assignments stay and are hidden with it.
func (s *session) softDelete(ctx context.Context, tenant int64, o directory.Object, now time.Time) error {
	if err := s.leave(ctx, tenant, o.Key); err != nil {
		return err
	}
	sequence, err := s.nextSequence(ctx, tenant, 1)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "UPDATE object SET presence = 1, sequence = ?, altered = ?, modified = ?, deleted = ? WHERE key = ?",
		sequence, sequence, micros(now), micros(now), o.Key)
	return err
}

// leave takes an object out of its groups and away from its manager and reports,
// and, when it is a group, lets its members go. Everyone concerned but the object
// itself changes.
func (s *session) leave(ctx context.Context, tenant int64, key directory.Key) error {
	if err := s.bumpAll(ctx, tenant, dependents, key); err != nil {
		return err
	}
	if err := s.bumpMembers(ctx, tenant, key); err != nil {
		return err
	}
	_, err := s.removeReferences(ctx, tenant, "referent = ? AND relation IN (1, 2)", key)
	if err != nil {
		return err
	}
	_, err = s.removeReferences(ctx, tenant, "owner = ? AND relation IN (1, 2)", key)
	return err
}

// RestoreObject makes a soft-deleted object live, durably.
func (db *DB) RestoreObject(ctx context.Context, tenant directory.TenantID, id directory.ObjectID, now time.Time) (directory.Object, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return directory.Object{}, err
	}
	var restored directory.Object
	err = db.change(ctx, key, func(s *session) error {
		o, err := s.object(ctx, key, store.Ref{ID: id, Deleted: true})
		if err != nil {
			return err
		}
		if err := s.checkUnique(ctx, key, o); err != nil {
			return err
		}
		if o.Sequence, err = s.nextSequence(ctx, key, 1); err != nil {
			return err
		}
		o.Presence, o.Modified, o.Deleted = directory.Live, instant(micros(now)), time.Time{}
		restored = o
		_, err = s.exec(ctx, "UPDATE object SET presence = 0, sequence = ?, altered = ?, modified = ?, deleted = NULL WHERE key = ?",
			o.Sequence, o.Sequence, micros(now), o.Key)
		return err
	})
	if err != nil {
		return directory.Object{}, err
	}
	return restored, nil
}

// PurgeObject removes a soft-deleted object for good, durably.
func (db *DB) PurgeObject(ctx context.Context, tenant directory.TenantID, id directory.ObjectID, now time.Time) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.change(ctx, key, func(s *session) error {
		o, err := s.object(ctx, key, store.Ref{ID: id, Deleted: true})
		if err != nil {
			return err
		}
		return s.purge(ctx, key, o, now)
	})
}

// purgeBatch bounds the objects that one transaction purges.
const purgeBatch = 200

// PurgeDeleted purges what was soft-deleted before the instant, durably, a few
// objects a transaction, and returns how many that were.
func (db *DB) PurgeDeleted(ctx context.Context, tenant directory.TenantID, before, now time.Time) (int, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return 0, err
	}
	total := 0
	for {
		n := 0
		err := db.change(ctx, key, func(s *session) error {
			expired, err := s.expired(ctx, key, before)
			for _, o := range expired {
				if err := s.purge(ctx, key, o, now); err != nil {
					return err
				}
			}
			n = len(expired)
			return err
		})
		if err != nil || n == 0 {
			return total, err
		}
		total += n
	}
}

// expired returns some objects that were soft-deleted before the instant.
func (s *session) expired(ctx context.Context, tenant int64, before time.Time) ([]directory.Object, error) {
	var expired []directory.Object
	err := s.each(ctx, func(row scanner) error {
		o, err := scanObject(row)
		expired = append(expired, o)
		return err
	}, "SELECT "+objectColumns+` FROM object o
		WHERE o.tenant = ? AND o.presence = 1 AND o.deleted < ? ORDER BY o.deleted, o.key LIMIT ?`,
		tenant, micros(before), purgeBatch)
	return expired, err
}

// purge turns an object into a tombstone and removes everything that hung on it.
func (s *session) purge(ctx context.Context, tenant int64, o directory.Object, now time.Time) error {
	if err := s.leave(ctx, tenant, o.Key); err != nil {
		return err
	}
	for _, statement := range []string{
		"DELETE FROM relation WHERE owner = ?",
		"DELETE FROM relation WHERE referent = ?",
		"DELETE FROM relation_removed WHERE owner = ?",
		"DELETE FROM app_role_assignment WHERE principal = ?",
		"DELETE FROM app_role_assignment WHERE resource = ?",
		"DELETE FROM element WHERE object = ?",
	} {
		if _, err := s.exec(ctx, statement, o.Key); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		"DELETE FROM secret WHERE tenant = ? AND owner = ?",
		"DELETE FROM template WHERE tenant = ? AND owner = ?",
		"DELETE FROM password WHERE tenant = ? AND application = ?",
		"DELETE FROM role_assignment WHERE tenant = ? AND principal = ?",
		"DELETE FROM permission_grant WHERE tenant = ? AND client = ?",
	} {
		if _, err := s.exec(ctx, statement, tenant, string(o.ID)); err != nil {
			return err
		}
	}
	return s.bury(ctx, tenant, o.Key, now)
}

// bury leaves of an object what the feed must remember.
func (s *session) bury(ctx context.Context, tenant int64, key directory.Key, now time.Time) error {
	sequence, err := s.nextSequence(ctx, tenant, 1)
	if err != nil {
		return err
	}
	names := columnNames(attributeColumns())
	_, err = s.exec(ctx, `UPDATE object SET presence = 2, sequence = ?, altered = ?, modified = ?, deleted = ?, document = ?,
		display_name = '', `+strings.Join(names[1:], " = NULL, ")+" = NULL WHERE key = ?",
		sequence, sequence, micros(now), micros(now), tombstone, key)
	return err
}
