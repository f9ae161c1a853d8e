package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/synchronization"
)

// Templates returns the owner's ordered by id.
func (db *DB) Templates(ctx context.Context, tenant directory.TenantID, owner directory.ObjectID) ([]synchronization.Template, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var templates []synchronization.Template
	err = db.read(ctx, func(s *session) error {
		return s.each(ctx, func(row scanner) error {
			var text string
			if err := row.Scan(&text); err != nil {
				return err
			}
			t, err := decodeTemplate(text)
			templates = append(templates, t)
			return err
		}, "SELECT document FROM template WHERE tenant = ? AND owner = ? ORDER BY id", key, string(owner))
	})
	return templates, err
}

func decodeTemplate(text string) (synchronization.Template, error) {
	var t synchronization.Template
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return t, errUnreadable(err, "template")
	}
	return t, nil
}

// ChangeTemplate stores what fn makes of one template, durably.
func (db *DB) ChangeTemplate(ctx context.Context, tenant directory.TenantID, owner directory.ObjectID, id string, fn func(*synchronization.Template) (*synchronization.Template, error)) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		// There may be none yet, so there is no row to lock.
		if err := s.lockName(ctx, fmt.Sprintf("template/%d/%s", key, owner)); err != nil {
			return err
		}
		before, err := s.template(ctx, key, owner, id)
		if err != nil {
			return err
		}
		after, err := fn(before)
		if err != nil {
			return err
		}
		if after == nil {
			_, err = s.exec(ctx, "DELETE FROM template WHERE tenant = ? AND owner = ? AND id = ?", key, string(owner), fold(id))
			return err
		}
		text, err := json.Marshal(after)
		if err != nil {
			return errUnwritable(err, "template")
		}
		_, err = s.exec(ctx, `INSERT INTO template (tenant, owner, id, document) VALUES (?, ?, ?, ?)
			ON CONFLICT (tenant, owner, id) DO UPDATE SET document = excluded.document`, key, string(owner), fold(id), string(text))
		return err
	})
}

// template returns one; nil when there is none.
func (s *session) template(ctx context.Context, tenant int64, owner directory.ObjectID, id string) (*synchronization.Template, error) {
	var text string
	found, err := s.one(ctx, []any{&text},
		"SELECT document FROM template WHERE tenant = ? AND owner = ? AND id = ?", tenant, string(owner), fold(id))
	if err != nil || !found {
		return nil, err
	}
	t, err := decodeTemplate(text)
	return &t, err
}

// SchemaText returns the job's schema as it was written.
func (db *DB) SchemaText(ctx context.Context, tenant directory.TenantID, id synchronization.JobID) (json.RawMessage, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var text []byte
	err = db.read(ctx, func(s *session) error {
		found, err := s.one(ctx, []any{&text}, "SELECT schema FROM job WHERE tenant = ? AND id = ?", key, string(id))
		if err == nil && !found {
			err = errNoJob(id)
		}
		return err
	})
	return text, err
}

// ChangeSchema stores what fn makes of the job and its schema, durably.
func (db *DB) ChangeSchema(ctx context.Context, tenant directory.TenantID, id synchronization.JobID, fn func(synchronization.Job, synchronization.Schema) (synchronization.Job, synchronization.Schema, error)) error {
	tenantKey, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		schema, err := s.schemaOf(ctx, tenantKey, id)
		if err != nil {
			return err
		}
		key, before, err := s.job(ctx, tenantKey, id)
		if err != nil {
			return err
		}
		after, schema, err := fn(before, schema)
		if err != nil {
			return err
		}
		if _, err := s.putJob(ctx, key, before, after); err != nil {
			return err
		}
		text, err := json.Marshal(schema)
		if err != nil {
			return errUnwritable(err, "schema")
		}
		_, err = s.exec(ctx, "UPDATE job SET schema = ? WHERE key = ?", string(text), key)
		return err
	})
}

// schemaOf returns the schema of the job, locked until the commit with the job.
func (s *session) schemaOf(ctx context.Context, tenant int64, id synchronization.JobID) (synchronization.Schema, error) {
	var (
		schema synchronization.Schema
		text   string
	)
	found, err := s.one(ctx, []any{&text}, "SELECT schema FROM job WHERE tenant = ? AND id = ?"+s.locked(), tenant, string(id))
	if err == nil && !found {
		err = errNoJob(id)
	}
	if err != nil {
		return schema, err
	}
	if err := json.Unmarshal([]byte(text), &schema); err != nil {
		return schema, errUnreadable(err, "schema")
	}
	return schema, nil
}
