package sqlstore_test

import (
	"testing"

	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
	"github.com/provisor/provisor/internal/store/sqlstore/sqltest"
	"github.com/provisor/provisor/internal/store/storetest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store {
		t.Helper()
		return sqltest.Open(t)
	})
}

func TestContractOnPostgreSQL(t *testing.T) {
	t.Parallel()
	databases := newEmptied(t)
	storetest.Run(t, func(t *testing.T) store.Store {
		t.Helper()
		return databases.open(t)
	})
}

// open returns the database at an address until the test ends.
func open(tb testing.TB, address string) *sqlstore.DB {
	tb.Helper()
	return openWith(tb, address, sqlstore.Options{})
}

func openWith(tb testing.TB, address string, o sqlstore.Options) *sqlstore.DB {
	tb.Helper()
	db, err := sqlstore.Open(tb.Context(), address, o)
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
