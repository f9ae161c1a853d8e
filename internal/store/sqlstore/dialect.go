package sqlstore

import (
	"errors"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is what differs between databases.
type dialect struct {
	driver     string
	migrations string                      // folder of the embedded migrations
	goose      goose.Dialect               // bookkeeping of migrations
	begin      string                      // starts a transaction that will write
	insert     string                      // begins an INSERT of many rows that conflict with none
	lock       string                      // suffix of a SELECT that locks its rows until the commit
	position   string                      // function (text, part) → 1-based place, 0 when absent
	bind       func(query string) string   // rewrites the "?" placeholders
	durability func(durability) string     // statement before begin
	classify   func(error) (verdict fault) // what a driver's error means
}

// fault is what an error of a driver means for the transaction it happened in.
type fault uint8

const (
	faultOther     fault = iota // the transaction may be gone
	faultDuplicate              // a unique index refused a row; nothing else is lost
	faultBusy                   // another process holds the database
)

// sqliteDialect describes SQLite in WAL mode.
func sqliteDialect() dialect {
	return dialect{
		driver:     "sqlite",
		migrations: "migrations/sqlite",
		goose:      goose.DialectSQLite3,
		begin:      "BEGIN IMMEDIATE",
		// Without FAIL, SQLite keeps a copy of every page so that it can take back
		// half a statement; a failed write is rolled back as a whole anyway.
		insert:     "INSERT OR FAIL INTO ",
		lock:       "", // the writer has locked everything
		position:   "instr",
		bind:       func(query string) string { return query },
		durability: sqliteDurability,
		classify:   sqliteFault,
	}
}

// sqliteDurability sets how far the next commit waits. In WAL mode NORMAL leaves
// the log to the operating system until the next checkpoint, and FULL syncs it,
// with everything committed before.
func sqliteDurability(d durability) string {
	if d == durable {
		return "PRAGMA synchronous = FULL"
	}
	return "PRAGMA synchronous = NORMAL"
}

func sqliteFault(err error) fault {
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return faultOther
	}
	switch code := failure.Code(); {
	case code == sqlite3.SQLITE_CONSTRAINT_UNIQUE, code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return faultDuplicate
	case code&0xff == sqlite3.SQLITE_BUSY, code&0xff == sqlite3.SQLITE_LOCKED:
		return faultBusy
	default:
		return faultOther
	}
}
