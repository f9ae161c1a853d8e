package sqlstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// copyTable marks a database that a copy is being made into.
const copyTable = "database_copy"

// mark makes the target one that a copy of this source is being made into.
// Conflict when it holds something else.
func (c *copier) mark(ctx context.Context, tables []shapes) error {
	source, err := c.from.fingerprint(ctx)
	if err != nil {
		return err
	}
	mark, marked, err := c.to.copyMark(ctx)
	switch {
	case err != nil:
		return err
	case marked && mark == source:
		return nil
	case marked:
		return errs.New(errs.Conflict, "ForeignTarget",
			"The database %s holds an unfinished copy of another database. Empty it, or name another one.", c.to.source.target)
	}
	for _, t := range tables {
		if err := c.expectEmpty(ctx, t.to); err != nil {
			return err
		}
	}
	return c.to.write(ctx, durable, func(s *session) error {
		if _, err := s.exec(ctx, "CREATE TABLE "+copyTable+" (source TEXT NOT NULL PRIMARY KEY)"); err != nil {
			return err
		}
		_, err := s.exec(ctx, "INSERT INTO "+copyTable+" (source) VALUES (?)", source)
		return err
	})
}

func (c *copier) expectEmpty(ctx context.Context, t table) error {
	return c.to.read(ctx, func(s *session) error {
		var one int
		found, err := s.one(ctx, []any{&one}, "SELECT 1 FROM "+t.name+" LIMIT 1")
		if err == nil && found {
			err = errs.New(errs.Conflict, "ForeignTarget",
				"The database %s is not empty: its table %s has rows. A copy is only made into an empty database.", c.to.source.target, t.name)
		}
		return err
	})
}

// finish lets the target give keys of its own and takes the mark away.
func (c *copier) finish(ctx context.Context, tables []shapes) error {
	return c.to.write(ctx, durable, func(s *session) error {
		for _, t := range tables {
			if s.dialect.catalog.advance == "" || len(t.to.key) != 1 || t.to.key[0] != "key" {
				continue
			}
			var next int64
			if _, err := s.one(ctx, []any{&next}, strings.ReplaceAll(s.dialect.catalog.advance, "TABLE", t.to.name)); err != nil {
				return err
			}
		}
		_, err := s.exec(ctx, "DROP TABLE "+copyTable)
		return err
	})
}

// fingerprint tells one installation from another: by its tenants.
func (db *DB) fingerprint(ctx context.Context) (string, error) {
	tenants, err := db.Tenants(ctx)
	if err != nil {
		return "", err
	}
	digest := sha256.New()
	for _, t := range tenants {
		fmt.Fprintf(digest, "%s %d\n", t.ID, micros(t.Created))
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// copyMark returns of which database a copy is being made into this one.
func (db *DB) copyMark(ctx context.Context) (string, bool, error) {
	var (
		mark   string
		marked bool
	)
	err := db.read(ctx, func(s *session) error {
		var err error
		marked, err = s.one(ctx, []any{&mark}, "SELECT source FROM "+copyTable)
		return err
	})
	if err != nil && isMissingTable(err) {
		return "", false, nil
	}
	return mark, marked, err
}

// expectWhole refuses a database whose copy was not finished.
func (db *DB) expectWhole(ctx context.Context) error {
	_, marked, err := db.copyMark(ctx)
	if err == nil && marked {
		err = errs.New(errs.Invalid, "UnfinishedCopy",
			"The database %s is a copy that was not finished. Run `provisor database copy` again: it goes on where it was.", db.source.target)
	}
	return err
}
