// Package sqltest gives tests an SQLite store of their own, quickly: the tables are made
// once in each process, and copied. Making them is most of what a small test costs.
package sqltest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/provisor/provisor/internal/store/sqlstore"
)

// Open returns an empty store that lasts as long as the test.
func Open(tb testing.TB) *sqlstore.DB {
	tb.Helper()
	db, err := sqlstore.Open(tb.Context(), File(tb), options())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// options are the zero ones, but for the inner loop, where one connection reads: each
// more reads the schema and compiles every statement anew.
func options() sqlstore.Options {
	if testing.Short() {
		return sqlstore.Options{Readers: 1}
	}
	return sqlstore.Options{}
}

// File returns the path of an empty database of the newest version, which is nobody
// else's.
func File(tb testing.TB) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "provisor.db")
	if err := os.WriteFile(file, empty.content(tb), 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

// template is a database file that is made once.
type template struct {
	once sync.Once
	file []byte
	err  error
}

var empty template //nolint:gochecknoglobals // the tests of a process share it

func (t *template) content(tb testing.TB) []byte {
	tb.Helper()
	t.once.Do(func() {
		file := filepath.Join(tb.TempDir(), "empty.db")
		var db *sqlstore.DB
		if db, t.err = sqlstore.Open(tb.Context(), file, sqlstore.Options{}); t.err != nil {
			return
		}
		if t.err = db.Close(); t.err == nil {
			t.file, t.err = os.ReadFile(file) //nolint:gosec // a file of this test
		}
	})
	if t.err != nil {
		tb.Fatal(t.err)
	}
	return t.file
}
