package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// Copied tells of a copy that is under way or done.
type Copied struct {
	Table   string // the one that is worked on
	Rows    int64  // of it, in the source, so far
	Pass    int    // 1 copies, the later ones verify
	Changed int64  // rows written or removed in this pass, of all tables
}

// copyPasses is how often the databases are compared until they are the same. A
// source at rest needs two passes: one copies, one finds nothing left to do.
const copyPasses = 4

// Copy makes the database to the same as the database from, row by row, whatever
// kind each of them is: it compares them in the order of their keys and writes what
// differs, again and again, until a whole pass finds no difference. What a copy that
// was interrupted has done is found and not done again. Until the end the target is
// marked, and [Open] refuses it; after the end the source is marked, and Open refuses
// that, until [Reopen].
//
// Conflict when the target holds anything that is not of such a copy, or when the
// source does not keep still. progress, which may be nil, hears of every few hundred
// rows. The keys that seal secrets are not in the database: they have to be at hand
// beside the copy.
func Copy(ctx context.Context, from, to string, o Options, progress func(Copied)) error {
	if from == to {
		return errs.New(errs.Invalid, "SameDatabase", "A database cannot be copied onto itself. Name another one.")
	}
	source, err := open(ctx, from, o)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // what was written to it is committed
	if err := source.expectWhole(ctx); err != nil {
		return err
	}
	target, err := open(ctx, to, o)
	if err != nil {
		return err
	}
	if err := source.source.expectHere(ctx, target.source.target); err != nil {
		return errors.Join(err, target.Close())
	}
	c := copier{from: source, to: target, progress: progress}
	return c.closing(c.run(ctx), target.Close())
}

// copier compares two databases and makes the second like the first.
type copier struct {
	from, to *DB
	progress func(Copied)
	state    Copied
}

func (c *copier) closing(err, closing error) error {
	if err != nil {
		return err
	}
	return closing
}

func (c *copier) run(ctx context.Context) error {
	tables, err := c.shapes(ctx)
	if err != nil {
		return err
	}
	if err := c.mark(ctx, tables); err != nil {
		return err
	}
	for c.state.Pass = 1; c.state.Pass <= copyPasses; c.state.Pass++ {
		c.state.Changed = 0
		for _, t := range tables {
			if err := c.table(ctx, t.from, t.to); err != nil {
				return err
			}
		}
		if c.state.Changed > 0 {
			continue
		}
		if err := c.leave(ctx); err != nil {
			return err
		}
		return c.finish(ctx, tables)
	}
	return errs.New(errs.Conflict, "SourceChanges",
		"The source changes while it is copied. Stop the service that uses it and run the copy again: what is copied stays.")
}

// shapes is a table as the two databases have it.
type shapes struct{ from, to table }

// shapes pairs the tables of the two databases, which have the same.
func (c *copier) shapes(ctx context.Context) ([]shapes, error) {
	from, err := c.from.tables(ctx)
	if err != nil {
		return nil, err
	}
	to, err := c.to.tables(ctx)
	if err != nil {
		return nil, err
	}
	if len(from) != len(to) {
		return nil, errs.New(errs.Internal, "InternalServerError", "The databases have different tables.")
	}
	pairs := make([]shapes, len(from))
	for i := range from {
		if from[i].name != to[i].name || !slices.Equal(from[i].columns, to[i].columns) || len(from[i].key) != len(to[i].key) {
			return nil, errs.New(errs.Internal, "InternalServerError", "The databases differ in their tables %s and %s.", from[i].name, to[i].name)
		}
		pairs[i] = shapes{from[i], to[i]}
	}
	return pairs, nil
}

// table compares one table page by page.
func (c *copier) table(ctx context.Context, t, shape table) error {
	c.state.Table, c.state.Rows = t.name, 0
	have := &cursor{db: c.from, table: t}
	want := &cursor{db: c.to, table: shape}
	var d difference
	for seen := 1; ; seen++ {
		more, err := c.pair(ctx, have, want, &d)
		if err != nil {
			return err
		}
		if more && d.size() < copyPage && seen%copyPage != 0 {
			continue
		}
		if err := c.write(ctx, shape, &d); err != nil || !more {
			return err
		}
	}
}

// pair compares the rows that the cursors stand on, and moves on the one that is
// behind, or both. It returns false at the end of both tables.
func (c *copier) pair(ctx context.Context, have, want *cursor, d *difference) (bool, error) {
	a, err := have.peek(ctx)
	if err != nil {
		return false, err
	}
	b, err := want.peek(ctx)
	if err != nil || a == nil && b == nil {
		return false, err
	}
	order := have.table.compare(a, b)
	if order <= 0 {
		have.next()
		c.state.Rows++
	}
	if order >= 0 {
		want.next()
	}
	d.note(order, a, b)
	return true, nil
}

// difference is what has to be done to a part of a table of the target.
type difference struct {
	insert, remove []row
}

// note takes up a pair of rows with equal keys (0), or the one that the other
// database lacks.
func (d *difference) note(order int, a, b row) {
	switch {
	case order < 0:
		d.insert = append(d.insert, a)
	case order > 0:
		d.remove = append(d.remove, b)
	case !a.equal(b):
		d.insert, d.remove = append(d.insert, a), append(d.remove, b)
	}
}

func (d *difference) size() int { return max(len(d.insert), len(d.remove)) }

// write carries a difference out, in one transaction.
func (c *copier) write(ctx context.Context, shape table, d *difference) error {
	if c.progress != nil {
		c.progress(c.state)
	}
	if d.size() == 0 {
		return nil
	}
	err := c.to.write(ctx, durable, func(s *session) error {
		for _, r := range d.remove {
			if _, err := s.exec(ctx, "DELETE FROM "+shape.name+" WHERE "+shape.match(), shape.arguments(r)[:len(shape.key)]...); err != nil {
				return err
			}
		}
		for _, run := range chunks(d.insert) {
			args := make([]any, 0, len(run)*len(shape.columns))
			for _, r := range run {
				args = append(args, shape.arguments(r)...)
			}
			if _, err := s.exec(ctx, "INSERT INTO "+shape.name+" ("+strings.Join(shape.columns, ", ")+") VALUES "+
				placeholders(len(run), len(shape.columns)), args...); err != nil {
				return err
			}
		}
		return nil
	})
	c.state.Changed += int64(len(d.insert) + len(d.remove))
	*d = difference{}
	return err
}

// row is one row, the columns of the key first, in a form that is the same on every
// database: integers (also for booleans), texts, bytes, or nothing.
type row []any

func (r row) equal(other row) bool {
	return slices.EqualFunc(r, other, func(a, b any) bool { return compareValues(a, b) == 0 })
}

// compareValues orders values as the databases do.
func compareValues(a, b any) int {
	switch a := a.(type) {
	case int64:
		if b, ok := b.(int64); ok {
			return compareOrdered(a, b)
		}
	case string:
		if b, ok := b.(string); ok {
			return strings.Compare(a, b)
		}
	case []byte:
		if b, ok := b.([]byte); ok {
			return bytes.Compare(a, b)
		}
	case nil:
		if b == nil {
			return 0
		}
		return -1
	}
	return 1
}

func compareOrdered(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// copyPage is how many rows are read at a time.
const copyPage = 500

// cursor reads a table in the order of its key, a page at a time.
type cursor struct {
	db    *DB
	table table
	page  []row
	at    int
	last  row
	ended bool
}

// peek returns the row that the cursor stands on; nil behind the last.
func (c *cursor) peek(ctx context.Context) (row, error) {
	if c.at == len(c.page) && !c.ended {
		if err := c.turn(ctx); err != nil {
			return nil, err
		}
	}
	if c.at == len(c.page) {
		return nil, nil
	}
	return c.page[c.at], nil
}

func (c *cursor) next() {
	c.last = c.page[c.at]
	c.at++
}

// turn reads the next page.
func (c *cursor) turn(ctx context.Context) error {
	query, args := c.table.query(c.last)
	return c.db.read(ctx, func(s *session) error {
		c.page, c.at = nil, 0
		err := s.each(ctx, func(scanned scanner) error {
			r := make(row, len(c.table.columns))
			dest := make([]any, len(r))
			for i := range r {
				dest[i] = &r[i]
			}
			if err := scanned.Scan(dest...); err != nil {
				return err
			}
			for i, value := range r {
				if r[i] = c.table.normal(i, value); !known(r[i]) {
					return fmt.Errorf("the column %s of the table %s holds a %T", c.table.columns[i], c.table.name, value)
				}
			}
			c.page = append(c.page, r)
			return nil
		}, query, args...)
		c.ended = len(c.page) < copyPage
		return err
	})
}

func known(value any) bool {
	switch value.(type) {
	case nil, int64, string, []byte:
		return true
	default:
		return false
	}
}
