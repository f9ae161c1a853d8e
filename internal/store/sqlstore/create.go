package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// CreateObject adds o, durably, and returns it with Key and Sequence.
func (db *DB) CreateObject(ctx context.Context, tenant directory.TenantID, o directory.Object) (directory.Object, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return directory.Object{}, err
	}
	var created directory.Object
	err = db.change(ctx, key, func(s *session) error {
		created, err = s.createObject(ctx, key, o)
		return err
	})
	if err != nil {
		return directory.Object{}, err
	}
	db.grew(ctx, "object", 1)
	return created, nil
}

func (s *session) createObject(ctx context.Context, tenant int64, o directory.Object) (directory.Object, error) {
	if kindCode(o.Kind) == 0 {
		return o, errs.New(errs.Invalid, codeBadRequest, "The directory keeps no objects of the kind %q.", o.Kind)
	}
	if err := checkID(o.ID); err != nil {
		return o, err
	}
	if err := s.checkNew(ctx, tenant, o); err != nil {
		return o, err
	}
	sequence, err := s.nextSequence(ctx, tenant, 1)
	if err != nil {
		return o, err
	}
	o = asCreated(o, sequence)
	document, err := writeAttributes(o.Attributes)
	if err != nil {
		return o, err
	}
	keys, err := s.insertObjects(ctx, tenant, []draft{{o, document}})
	if err != nil {
		return o, err
	}
	o.Key = keys[0]
	return o, nil
}

// asCreated returns o as it reads after its creation.
func asCreated(o directory.Object, sequence int64) directory.Object {
	o.Presence, o.Sequence = directory.Live, sequence
	if o.Modified.IsZero() {
		o.Modified = o.Created
	}
	o.Created, o.Modified, o.Deleted = instant(micros(o.Created)), instant(micros(o.Modified)), time.Time{}
	return o
}

// UpdateObject stores what fn makes of the live object's attributes, durably.
func (db *DB) UpdateObject(ctx context.Context, tenant directory.TenantID, ref store.Ref, now time.Time, fn func(directory.Attributes) (directory.Attributes, error)) (directory.Object, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return directory.Object{}, err
	}
	var updated directory.Object
	err = db.change(ctx, key, func(s *session) error {
		ref.Deleted = false
		o, err := s.object(ctx, key, ref)
		if err != nil {
			return err
		}
		before, err := encodeAttributes(o.Attributes)
		if err != nil {
			return err
		}
		if o.Attributes, err = fn(o.Attributes); err != nil {
			return err
		}
		updated, err = s.updateObject(ctx, key, o, before, now)
		return err
	})
	if err != nil {
		return directory.Object{}, err
	}
	return updated, nil
}

// updateObject stores the attributes of o when they differ from the document
// before.
func (s *session) updateObject(ctx context.Context, tenant int64, o directory.Object, before string, now time.Time) (directory.Object, error) {
	document, err := writeAttributes(o.Attributes)
	if err != nil || before == document {
		return o, err
	}
	if err := s.checkUnique(ctx, tenant, o); err != nil {
		return o, err
	}
	if o.Sequence, err = s.nextSequence(ctx, tenant, 1); err != nil {
		return o, err
	}
	o.Modified = instant(micros(now))
	return o, s.rewriteObject(ctx, tenant, draft{o, document})
}

// checkNew refuses an id that any object has or had, for an id names one object for
// ever, and what another live object of the kind has. It asks once for all.
func (s *session) checkNew(ctx context.Context, tenant int64, o directory.Object) error {
	if o.ID == "" {
		return errs.New(errs.Invalid, codeBadRequest, "An object needs an id.")
	}
	query, args := "SELECT 0 FROM object WHERE tenant = ? AND id = ?", []any{tenant, string(o.ID)}
	properties := uniqueProperties(o.Kind)
	for n, u := range properties {
		if value := o.Attributes.String(u.property); value != "" {
			query += fmt.Sprintf(" UNION ALL SELECT %d FROM object WHERE %s", n+1, u.condition)
			args = append(args, tenant, fold(value))
		}
	}
	var taken int
	found, err := s.one(ctx, []any{&taken}, query, args...)
	switch {
	case err != nil || !found:
		return err
	case taken == 0:
		return errTaken("id", string(o.ID))
	default:
		property := properties[taken-1].property
		return errTaken(property, o.Attributes.String(property))
	}
}

// checkUnique refuses what another live object of the kind has.
func (s *session) checkUnique(ctx context.Context, tenant int64, o directory.Object) error {
	for _, u := range uniqueProperties(o.Kind) {
		value := o.Attributes.String(u.property)
		if value == "" {
			continue
		}
		var other directory.Key
		taken, err := s.one(ctx, []any{&other}, "SELECT key FROM object WHERE "+u.condition+" AND key <> ?", tenant, fold(value), o.Key)
		if err != nil {
			return err
		}
		if taken {
			return errTaken(u.property, value)
		}
	}
	return nil
}

// unique is a property that live objects of a kind do not share, and the condition
// of an object that has the value.
type unique struct{ property, condition string }

func uniqueProperties(k directory.Kind) []unique {
	switch k {
	case directory.User:
		return []unique{{
			"userPrincipalName",
			"tenant = ? AND presence = 0 AND kind = 1 AND user_principal_name = ?",
		}}
	case directory.Application:
		return []unique{
			{"appId", "tenant = ? AND presence = 0 AND kind = 3 AND app_id = ?"},
			{"uniqueName", "tenant = ? AND presence = 0 AND kind = 3 AND unique_name = ?"},
		}
	case directory.ServicePrincipal:
		return []unique{{
			"appId",
			"tenant = ? AND presence = 0 AND kind = 4 AND app_id = ?",
		}}
	case directory.Group:
		return []unique{{
			"uniqueName",
			"tenant = ? AND presence = 0 AND kind = 2 AND unique_name = ?",
		}}
	default:
		return nil
	}
}
