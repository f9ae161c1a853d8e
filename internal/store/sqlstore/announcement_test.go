package sqlstore_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

// TestBeginningsAreRead: what an announcement is written as reads as what it was, whatever
// the values are.
func TestBeginningsAreRead(t *testing.T) {
	t.Parallel()
	value := rapid.Custom(func(t *rapid.T) store.MatchingValue {
		return store.MatchingValue{
			Path:      rapid.SampledFrom([]string{"userName", `emails[type eq "work"].value`}).Draw(t, "path"),
			Value:     rapid.String().Draw(t, "value"),
			CaseExact: rapid.Bool().Draw(t, "case exact"),
		}
	})
	beginning := rapid.Custom(func(t *rapid.T) store.Beginning {
		return store.Beginning{
			Object:   directory.Key(rapid.Int64Min(1).Draw(t, "object")),
			Kind:     rapid.SampledFrom([]directory.Kind{directory.User, directory.Group}).Draw(t, "kind"),
			Position: rapid.Int64().Draw(t, "position"),
			Begun:    rapid.SliceOfN(value, 0, 3).Draw(t, "begun"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(beginning, 0, 4).Draw(t, "objects")
		var got []store.Beginning
		if err := json.Unmarshal([]byte(sqlstore.Beginnings(want)), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
