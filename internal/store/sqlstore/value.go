package sqlstore

import (
	"database/sql"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
)

// The codes of enumerations in the database, spelled out where a statement must
// match the condition of a partial index.
const (
	kindUser             = 1
	kindGroup            = 2
	kindApplication      = 3
	kindServicePrincipal = 4

	relationMembers = 1
	relationManager = 2
	relationOwners  = 3
)

// kindCode returns the code of a kind; zero for one that the directory does not
// keep, which matches no row.
func kindCode(k directory.Kind) int {
	switch k {
	case directory.User:
		return kindUser
	case directory.Group:
		return kindGroup
	case directory.Application:
		return kindApplication
	case directory.ServicePrincipal:
		return kindServicePrincipal
	default:
		return 0
	}
}

func kindOf(code int) directory.Kind {
	switch code {
	case kindUser:
		return directory.User
	case kindGroup:
		return directory.Group
	case kindApplication:
		return directory.Application
	default:
		return directory.ServicePrincipal
	}
}

// relationCode returns the code of a relation; zero for an unknown one, which
// matches no row.
func relationCode(r directory.Relation) int {
	switch r {
	case directory.Members:
		return relationMembers
	case directory.Manager:
		return relationManager
	case directory.Owners:
		return relationOwners
	default:
		return 0
	}
}

// micros is how a time is kept. The zero time has a number of its own.
func micros(t time.Time) int64 { return t.UnixMicro() }

// nullMicros is micros with NULL for the zero time.
func nullMicros(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

func instant(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func nullInstant(micros sql.NullInt64) time.Time {
	if !micros.Valid {
		return time.Time{}
	}
	return instant(micros.Int64)
}

// fold maps texts that Graph takes for equal to one text.
func fold(s string) string { return strings.ToLower(s) }

// placeholders returns "(?,?),(?,?)" for rows of width columns.
func placeholders(rows, width int) string { return repeated("("+list(width)+")", rows) }

// list returns "?,?,?" for n values.
func list(n int) string { return repeated("?", n) }

// repeated returns n times s with commas between.
func repeated(s string, n int) string { return strings.Repeat(s+",", n-1) + s }

// chunks cuts items into runs of a few fixed lengths, so that the statements made
// for them are few and stay prepared.
func chunks[T any](items []T) [][]T {
	var runs [][]T
	for len(items) > 0 {
		run := chunk(len(items))
		runs = append(runs, items[:run])
		items = items[run:]
	}
	return runs
}

// chunk is the length of the first run of n items, at least one.
func chunk(n int) int {
	for _, length := range [...]int{256, 64, 16, 4} {
		if n >= length {
			return length
		}
	}
	return 1
}
