package sqlstore

import (
	"context"
	"database/sql"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// objectColumns is what an objectRow receives, of the table object named o.
const objectColumns = "o.key, o.id, o.kind, o.presence, o.sequence, o.created, o.modified, o.deleted, o.document"

// objectRow receives objectColumns.
type objectRow struct {
	object            directory.Object
	kind              int
	created, modified int64
	deleted           sql.NullInt64
	document          string
}

func (r *objectRow) dest() []any {
	o := &r.object
	return []any{&o.Key, &o.ID, &r.kind, &o.Presence, &o.Sequence, &r.created, &r.modified, &r.deleted, &r.document}
}

// bare returns the object of the row without its attributes.
func (r *objectRow) bare() directory.Object {
	o := r.object
	o.Kind = kindOf(r.kind)
	o.Created, o.Modified, o.Deleted = instant(r.created), instant(r.modified), nullInstant(r.deleted)
	return o
}

// decode returns the object of the row.
func (r *objectRow) decode() (directory.Object, error) {
	o := r.bare()
	var err error
	o.Attributes, err = decodeAttributes(r.document, o.ID)
	return o, err
}

func scanObject(row scanner) (directory.Object, error) {
	var r objectRow
	if err := row.Scan(r.dest()...); err != nil {
		return directory.Object{}, err
	}
	return r.decode()
}

// Object returns one object; a soft-deleted one only when ref.Deleted is set.
func (db *DB) Object(ctx context.Context, tenant directory.TenantID, ref store.Ref) (directory.Object, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return directory.Object{}, err
	}
	var o directory.Object
	err = db.read(ctx, func(s *session) error {
		o, err = s.object(ctx, key, ref)
		return err
	})
	return o, err
}

// object finds one object by its id or an alternate key.
func (s *session) object(ctx context.Context, tenant int64, ref store.Ref) (directory.Object, error) {
	name := string(ref.ID)
	query, value := "o.id = ?", name
	if ref.ID == "" {
		name = ref.Value
		var ok bool
		if query, ok = alternateKey(ref.Property); !ok {
			return directory.Object{}, errs.New(errs.Invalid, codeBadRequest,
				"%q is no alternate key; objects are addressed by id, userPrincipalName, appId or uniqueName.", ref.Property)
		}
		value = fold(ref.Value)
	}
	if ref.Deleted {
		query += " AND o.presence = 1"
	} else {
		query += " AND o.presence = 0"
	}
	args := []any{tenant, value}
	if ref.Kind != "" {
		query, args = query+" AND o.kind = ?", append(args, kindCode(ref.Kind))
	}
	return s.oneObject(ctx, name, "SELECT "+objectColumns+" FROM object o WHERE o.tenant = ? AND "+query, args...)
}

// alternateKey returns the condition that finds an object by a unique property.
func alternateKey(property string) (string, bool) {
	switch property {
	case "userPrincipalName":
		return "o.user_principal_name = ? AND o.kind = 1", true
	case "appId":
		return "o.app_id = ?", true
	case "uniqueName":
		return "o.unique_name = ?", true
	default:
		return "", false
	}
}

// oneObject returns the object of a query's first row; NotFound names it.
func (s *session) oneObject(ctx context.Context, name, query string, args ...any) (directory.Object, error) {
	var row objectRow
	found, err := s.one(ctx, row.dest(), query, args...)
	if err != nil {
		return directory.Object{}, err
	}
	if !found {
		return directory.Object{}, errNotFound(name)
	}
	return row.decode()
}

// liveKey returns the key and kind of a live object; NotFound when there is none.
func (s *session) liveKey(ctx context.Context, tenant int64, id directory.ObjectID) (directory.Key, directory.Kind, error) {
	var (
		key  directory.Key
		kind int
	)
	found, err := s.one(ctx, []any{&key, &kind},
		"SELECT o.key, o.kind FROM object o WHERE o.tenant = ? AND o.id = ? AND o.presence = 0", tenant, string(id))
	if err == nil && !found {
		err = errNotFound(string(id))
	}
	return key, kindOf(kind), err
}
