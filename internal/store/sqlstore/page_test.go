package sqlstore_test

import (
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

// FuzzPageMark sends marks that no page gave: they are refused as invalid or
// taken for a place in the list, and nothing else.
func FuzzPageMark(f *testing.F) {
	for _, mark := range []string{"", "e30", "eyJrIjoxfQ", "eyJ2IjoiYSIsImsiOjF9", "eyJ2IjpbXSwiayI6MX0", "eyJrIjoxZTk5fQ", "eyJrIjoxfX0", "%%%"} {
		f.Add(mark, "displayName")
		f.Add(mark, "createdDateTime")
	}
	db := filled(f)
	f.Fuzz(func(t *testing.T, mark, order string) {
		_, err := db.Objects(t.Context(), tenant, store.Query{
			Kind: directory.User, After: mark, Order: []odata.Order{{Property: odata.Property(order)}},
		})
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", mark, err)
		}
		if _, err := db.Logs(t.Context(), tenant, store.LogQuery{After: mark}); err != nil && !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", mark, err)
		}
	})
}
