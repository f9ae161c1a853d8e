package sqlstore

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteDriver is the name of the driver in database/sql.
const sqliteDriver = "sqlite"

// sqliteDialect describes SQLite in WAL mode. Its one writer has everything
// locked, so nothing else needs to be.
func sqliteDialect() dialect {
	return dialect{
		migrations: "migrations/sqlite",
		goose:      goose.DialectSQLite3,
		begin:      "BEGIN IMMEDIATE",
		snapshot:   "BEGIN",
		// Without FAIL, SQLite keeps a copy of every page so that it can take back
		// half a statement; a failed write is rolled back as a whole anyway.
		insert:     "INSERT OR FAIL INTO ",
		position:   "instr",
		digits:     "printf('%%012x', %s)",
		bind:       func(query string) string { return query },
		durability: sqliteDurability,
		classify:   sqliteFault,
		catalog: catalog{
			tables:  "SELECT name FROM sqlite_master WHERE type = 'table'",
			columns: "SELECT name, type, pk FROM pragma_table_info(?)",
		},
		broken: func(any) (lost, failed bool) { return false, false }, //nolint:nonamedreturns // two values of one type
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

// prepareFile makes the file when it is not there, for its owner only, and
// returns its absolute path. SQLite gives the files beside it the same mode.
func prepareFile(path string) (string, error) {
	file, err := filepath.Abs(path)
	if err != nil {
		return "", unopened(err, path)
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return "", unopened(err, file)
	}
	if err := f.Close(); err != nil {
		return "", unopened(err, file)
	}
	return file, nil
}

// busyMilliseconds is how long a statement waits for another process.
const busyMilliseconds = 10_000

// checkpointPages is the size of the write-ahead log, in pages of 8 KiB, at which
// it is copied into the file. A long log turns many small writes of one page into
// one.
const checkpointPages = 16_000

// pageSize only counts while the file is empty, and before it is in WAL mode.
const pageSize = "page_size(8192)"

func writerSource(file string, o Options) string {
	return fileAddress(file, "WAL",
		pageSize,
		fmt.Sprintf("wal_autocheckpoint(%d)", checkpointPages),
		fmt.Sprintf("journal_size_limit(%d)", checkpointPages*8192),
		fmt.Sprintf("cache_size(-%d)", o.CacheBytes>>10),
		fmt.Sprintf("mmap_size(%d)", o.MapBytes),
		"temp_store(MEMORY)", // a statement of many rows keeps a journal of its own
	)
}

// readerSource maps the file: mapped pages bypass the page cache that all
// connections share, and with it the lock that would serialize them.
func readerSource(file string, o Options) string {
	return fileAddress(file, "",
		"query_only(1)",
		"cache_size(-8192)",
		fmt.Sprintf("mmap_size(%d)", o.MapBytes),
	)
}

// migratorSource keeps every other process away while the schema changes.
func migratorSource(file string) string {
	return fileAddress(file, "WAL", pageSize, "locking_mode(EXCLUSIVE)", "synchronous(FULL)")
}

// fileAddress returns the address of a file. The driver sets the pragmas in the order
// of their names and the journal mode, when there is one, after them.
func fileAddress(file, journalMode string, pragmas ...string) string {
	query := url.Values{
		"_busy_timeout": {strconv.Itoa(busyMilliseconds)},
		"_dqs":          {"0"},
		"_journal_mode": {journalMode},
		"_pragma":       append([]string{"trusted_schema(0)"}, pragmas...),
	}
	return (&url.URL{Scheme: "file", Path: file, RawQuery: query.Encode()}).String()
}
