package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// Import creates or updates many objects and relations in one durable
// transaction.
func (db *DB) Import(ctx context.Context, tenant directory.TenantID, rows []store.ImportRow, now time.Time) ([]store.ImportResult, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	prepared := prepare(rows)
	var results []store.ImportResult
	err = db.change(ctx, key, func(s *session) error {
		i := importer{session: s, tenant: key, now: now}
		results = make([]store.ImportResult, len(rows))
		return i.run(ctx, prepared, results)
	})
	if err != nil {
		return nil, err
	}
	objects, relations := created(rows, results)
	db.grew(ctx, "object", objects)
	db.grew(ctx, "relation", relations)
	return results, nil
}

// created counts the objects and the relations that an import made.
func created(rows []store.ImportRow, results []store.ImportResult) (objects, relations int) { //nolint:nonamedreturns // two values of one type
	for n, r := range results {
		switch {
		case r.Err != nil || r.Action != store.ImportCreated:
		case rows[n].Relation != "":
			relations++
		default:
			objects++
		}
	}
	return objects, relations
}

// importRow is a row with its attributes as a new object would have them.
type importRow struct {
	store.ImportRow
	attributes directory.Attributes
	document   string
	err        error
}

// prepare writes the documents of rows, on all processors and before the only
// writer is kept busy.
func prepare(rows []store.ImportRow) []importRow {
	prepared := make([]importRow, len(rows))
	inParallel(len(rows), func(i int) {
		row := importRow{ImportRow: rows[i]}
		row.err = cmp.Or(checkTexts([]any{string(row.ID), row.From, row.To}), checkID(row.ID))
		if row.err == nil && row.Relation == "" {
			row.attributes = merged(nil, row.Attributes)
			row.document, row.err = writeAttributes(row.attributes)
		}
		prepared[i] = row
	})
	return prepared
}

// importer works on the rows of one import. Neighbouring rows of the same manner
// are looked up and written together.
type importer struct {
	session *session
	tenant  int64
	now     time.Time
}

// manner is how a row is worked on.
type manner uint8

const (
	inBulk   manner = iota // a user or a group
	oneByOne               // an object with several unique names
	reference
)

func mannerOf(row importRow) manner {
	switch {
	case row.Relation != "":
		return reference
	case row.Kind == directory.User, row.Kind == directory.Group:
		return inBulk
	default:
		return oneByOne
	}
}

// run works on the rows in their order. It returns an error of the database; what
// is wrong with a row goes to its result.
func (i *importer) run(ctx context.Context, rows []importRow, results []store.ImportResult) error {
	for start := 0; start < len(rows); {
		end := start + 1
		for end < len(rows) && mannerOf(rows[end]) == mannerOf(rows[start]) {
			end++
		}
		var err error
		switch mannerOf(rows[start]) {
		case inBulk:
			err = i.objects(ctx, rows[start:end], results[start:end])
		case oneByOne:
			err = i.single(ctx, rows[start:end], results[start:end])
		case reference:
			err = i.references(ctx, rows[start:end], results[start:end])
		}
		if err != nil {
			return err
		}
		start = end
	}
	return nil
}

// single creates or updates objects one after the other.
func (i *importer) single(ctx context.Context, rows []importRow, results []store.ImportResult) error {
	for n, row := range rows {
		var err error
		results[n].Action, err = i.upsert(ctx, row)
		if err == nil {
			continue
		}
		if !aboutRow(err) {
			return err
		}
		results[n] = store.ImportResult{Err: err}
	}
	return nil
}

func (i *importer) upsert(ctx context.Context, row importRow) (store.ImportAction, error) {
	if row.err != nil {
		return store.ImportUnchanged, row.err
	}
	ref := store.Ref{Kind: row.Kind, ID: row.ID}
	if row.ID == "" {
		ref.Property, ref.Value = "appId", row.Attributes.String("appId")
		if ref.Value == "" {
			return store.ImportUnchanged, errs.New(errs.Invalid, codeBadRequest, "The row has neither an id nor an appId.")
		}
	}
	o, err := i.session.object(ctx, i.tenant, ref)
	if errs.Is(err, errs.NotFound) {
		_, err = i.session.createObject(ctx, i.tenant, i.newObject(row))
		return store.ImportCreated, err
	}
	if err != nil {
		return store.ImportUnchanged, err
	}
	before, err := encodeAttributes(o.Attributes)
	if err != nil {
		return store.ImportUnchanged, err
	}
	sequence := o.Sequence
	o.Attributes = merged(o.Attributes, row.Attributes)
	o, err = i.session.updateObject(ctx, i.tenant, o, before, i.now)
	if err != nil || o.Sequence == sequence {
		return store.ImportUnchanged, err
	}
	return store.ImportUpdated, nil
}

func (i *importer) newObject(row importRow) directory.Object {
	return directory.Object{
		ID: cmp.Or(row.ID, row.NewID), Kind: row.Kind, Created: i.now, Modified: i.now, Attributes: row.attributes,
	}
}

// merged returns attributes with the changes made: nil removes one, and what is
// not named stays.
func merged(before, changes directory.Attributes) directory.Attributes {
	after := make(directory.Attributes, len(before)+len(changes))
	maps.Copy(after, before)
	for name, value := range changes {
		if value == nil {
			delete(after, name)
			continue
		}
		after[name] = value
	}
	return after
}

// aboutRow reports whether an error is the fault of one row and left the
// transaction as it was.
func aboutRow(err error) bool {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Unwrap() != nil {
		return false
	}
	return e.Kind == errs.Invalid || e.Kind == errs.Conflict || e.Kind == errs.NotFound
}
