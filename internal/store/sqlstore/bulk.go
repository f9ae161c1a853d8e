package sqlstore

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// bulk is a statement that writes many rows. PostgreSQL is given every column as one
// array, so that a text is prepared once and planned once, however many rows there are.
// SQLite is given the values themselves: it has no arrays, and runs in the same process.
type bulk struct {
	head  string   // INSERT, with the names of the columns
	types []string // of the columns, in PostgreSQL's words
	fixed string   // what is the same in every row, as SQL: ", 1, NULL"
	tail  string   // what follows the rows
}

// statements returns what writes rows, whose values stand one after the other.
func (b bulk) statements(d dialect, values []any) []clause {
	width := len(b.types)
	if d.arrays && len(values) > 0 {
		return []clause{{b.head + " SELECT *" + b.fixed + " FROM " + unnest(b.types) + b.tail, arrays(values, width)}}
	}
	var all []clause
	for len(values) > 0 {
		run := chunk(len(values) / width)
		all = append(all, clause{b.head + " VALUES " + repeated("("+list(width)+b.fixed+")", run) + b.tail, values[:run*width]})
		values = values[run*width:]
	}
	return all
}

// unnest are rows that PostgreSQL makes of an array for each column.
func unnest(types []string) string { return "unnest(?::" + strings.Join(types, "[],?::") + "[])" }

// arrays are the columns of rows, whose values stand one after the other.
func arrays(values []any, width int) []any {
	columns := make([]any, width)
	for i := range columns {
		columns[i] = array{values[i:], width}
	}
	return columns
}

// execRows writes rows, whose values stand one after the other.
func (s *session) execRows(ctx context.Context, b bulk, values []any) error {
	for _, c := range b.statements(s.dialect, values) {
		if _, err := s.exec(ctx, c.text, c.args...); err != nil {
			return err
		}
	}
	return nil
}

// eachRow writes rows and visits what the statement returns of them.
func (s *session) eachRow(ctx context.Context, visit func(scanner) error, b bulk, values []any) error {
	for _, c := range b.statements(s.dialect, values) {
		if err := s.each(ctx, visit, c.text, c.args...); err != nil {
			return err
		}
	}
	return nil
}

// among is a statement about every value of a list, which stands behind a head that
// ends in IN.
type among struct {
	head, tail string
	before     []any // the arguments of the head
	values     []any
	after      []any // those of the tail
}

func (a among) statements(d dialect) []clause {
	if d.arrays && len(a.values) > 0 {
		return []clause{{strings.TrimSuffix(a.head, "IN ") + "= ANY (?)" + a.tail, slices.Concat(a.before, []any{array{a.values, 1}}, a.after)}}
	}
	var all []clause
	for values := a.values; len(values) > 0; {
		run := chunk(len(values))
		all = append(all, clause{a.head + "(" + list(run) + ")" + a.tail, slices.Concat(a.before, values[:run], a.after)})
		values = values[run:]
	}
	return all
}

// execAmong runs a statement for every value of a list; for none, not at all.
func (s *session) execAmong(ctx context.Context, a among) error {
	for _, c := range a.statements(s.dialect) {
		if _, err := s.exec(ctx, c.text, c.args...); err != nil {
			return err
		}
	}
	return nil
}

// eachAmong visits the rows of a query for every value of a list.
func (s *session) eachAmong(ctx context.Context, visit func(scanner) error, a among) error {
	for _, c := range a.statements(s.dialect) {
		if err := s.each(ctx, visit, c.text, c.args...); err != nil {
			return err
		}
	}
	return nil
}

// array is one column of rows whose values stand one after the other, as the driver of
// PostgreSQL reads it. Nothing is copied.
type array struct {
	values []any // from the first of the column on
	stride int
}

var _ pgtype.ArrayGetter = array{}

// Dimensions implements pgtype.ArrayGetter.
func (a array) Dimensions() []pgtype.ArrayDimension {
	return []pgtype.ArrayDimension{{Length: int32(a.len()), LowerBound: 1}} //nolint:gosec // rows of one transaction
}

// Index implements pgtype.ArrayGetter.
func (a array) Index(i int) any { return a.values[i*a.stride] }

// IndexType implements pgtype.ArrayGetter: the values tell their types themselves.
func (a array) IndexType() any { return nil }

func (a array) len() int { return (len(a.values) + a.stride - 1) / a.stride }

// check is checkTexts for a column.
func (a array) check() error {
	for i := range a.len() {
		if err := checkText(a.Index(i)); err != nil {
			return err
		}
	}
	return nil
}
