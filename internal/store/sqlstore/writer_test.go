package sqlstore_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

// TestWritesThatFailHalfWay has writes that succeed share commits with writes that
// fail after they changed something: those that were acknowledged are there, and
// nothing of the others.
func TestWritesThatFailHalfWay(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		db := open(t, filepath.Join(t.TempDir(), "provisor.db"))
		failHalfWay(t, db)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		failHalfWay(t, newEmptied(t).open(t))
	})
}

var errHalfWay = errors.New("half-way")

func failHalfWay(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	if err := db.CreateTenant(t.Context(), store.Tenant{ID: tenant, Domain: "contoso.example", Created: instant()}); err != nil {
		t.Fatal(err)
	}
	const callers, each = 8, 20
	var work sync.WaitGroup
	for c := range callers {
		work.Go(func() {
			for i := range each {
				if _, err := db.CreateObject(t.Context(), tenant, user(fmt.Sprintf("good-%d-%d", c, i))); err != nil {
					t.Error(err)
				}
			}
		})
		work.Go(func() {
			for i := range each {
				if err := db.CreateAndFail(t.Context(), tenant, user(fmt.Sprintf("bad-%d-%d", c, i)), errHalfWay); !errors.Is(err, errHalfWay) {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	expectNoGap(t, db)
	for c := range callers {
		for i := range each {
			if _, err := db.Object(t.Context(), tenant, store.Ref{ID: directory.ObjectID(fmt.Sprintf("good-%d-%d", c, i))}); err != nil {
				t.Error(err)
			}
			if _, err := db.Object(t.Context(), tenant, store.Ref{ID: directory.ObjectID(fmt.Sprintf("bad-%d-%d", c, i))}); !errs.Is(err, errs.NotFound) {
				t.Error(err)
			}
		}
	}
}
