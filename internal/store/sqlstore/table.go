package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// table is one table as it is copied: the columns of its primary key first.
type table struct {
	name    string
	key     []string
	columns []string
	blob    []bool // by column
	boolean []bool // by column, as PostgreSQL has it
}

// foreignTable reports the tables that are no part of what the program keeps: those of goose, of a copy
// under way, and of the job engine, which only wakes workers.
func foreignTable(name string) bool {
	return name == versionTable || name == copyTable || name == movedTable || strings.HasPrefix(name, "river_") || strings.HasPrefix(name, "sqlite_")
}

// tables returns every table of the program, ordered by name.
func (db *DB) tables(ctx context.Context) ([]table, error) {
	var all []table
	err := db.read(ctx, func(s *session) error {
		var names []string
		if err := s.each(ctx, func(row scanner) error {
			var name string
			err := row.Scan(&name)
			if !foreignTable(name) {
				names = append(names, name)
			}
			return err
		}, db.dialect.catalog.tables); err != nil {
			return err
		}
		slices.Sort(names)
		for _, name := range names {
			t, err := s.table(ctx, name)
			if err != nil {
				return err
			}
			all = append(all, t)
		}
		return nil
	})
	return all, err
}

// table reads what the database says of a table.
func (s *session) table(ctx context.Context, name string) (table, error) {
	type column struct {
		name, kind string
		place      int // in the primary key, from 1; 0 for others
	}
	var columns []column
	if err := s.each(ctx, func(row scanner) error {
		var c column
		err := row.Scan(&c.name, &c.kind, &c.place)
		columns = append(columns, c)
		return err
	}, s.dialect.catalog.columns, name); err != nil {
		return table{}, err
	}
	last := len(columns) + 1
	slices.SortFunc(columns, func(a, b column) int {
		return cmp.Or(cmp.Compare(cmp.Or(a.place, last), cmp.Or(b.place, last)), strings.Compare(a.name, b.name))
	})
	t := table{name: name}
	for _, c := range columns {
		if c.place > 0 {
			t.key = append(t.key, c.name)
		}
		t.columns = append(t.columns, c.name)
		t.blob = append(t.blob, c.kind == "BLOB" || c.kind == "bytea")
		t.boolean = append(t.boolean, c.kind == "boolean")
	}
	if len(t.key) == 0 {
		return t, errs.New(errs.Internal, "InternalServerError", "The table %s has no primary key and cannot be copied.", name)
	}
	return t, nil
}

// query reads a page behind a row; behind nil, the first.
func (t table) query(after row) (string, []any) {
	text := "SELECT " + strings.Join(t.columns, ", ") + " FROM " + t.name
	var args []any
	if after != nil {
		text += " WHERE (" + strings.Join(t.key, ", ") + ") > (" + list(len(t.key)) + ")"
		args = t.arguments(after)[:len(t.key)]
	}
	return text + " ORDER BY " + strings.Join(t.key, ", ") + " LIMIT ?", append(args, copyPage)
}

// match is the condition of one row, whose key follows.
func (t table) match() string { return strings.Join(t.key, " = ? AND ") + " = ?" }

// compare orders rows by their keys; no row comes behind every row.
func (t table) compare(a, b row) int {
	switch {
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	for i := range t.key {
		if order := compareValues(a[i], b[i]); order != 0 {
			return order
		}
	}
	return 0
}

// arguments gives the values of a row the types that the table's columns have.
func (t table) arguments(r row) []any {
	args := slices.Clone(r)
	for i, value := range args {
		if number, ok := value.(int64); ok && t.boolean[i] {
			args[i] = number != 0
		}
	}
	return args
}

// normal gives a value of a column the form that is the same on every database.
func (t table) normal(column int, value any) any {
	switch value := value.(type) {
	case bool:
		if value {
			return int64(1)
		}
		return int64(0)
	case []byte:
		if t.blob[column] {
			return append([]byte{}, value...) // nothing is not NULL
		}
		return string(value)
	case string:
		if t.blob[column] {
			return []byte(value)
		}
		return value
	default:
		return value
	}
}
