package sqlstore_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/store/sqlstore"
	"github.com/provisor/provisor/internal/synchronization"
)

// TestDetails: what is packed is unpacked as it was.
func TestDetails(t *testing.T) {
	t.Parallel()
	name := rapid.SampledFrom([]string{"", "a", "b", "userName", "name.givenName", "ü"})
	text := rapid.OneOf(name, rapid.StringOf(rapid.RuneFrom([]rune{'a', 'ü', '"', '\\', '\x01'})))
	change := rapid.Custom(func(t *rapid.T) synchronization.PropertyChange {
		c := synchronization.PropertyChange{Name: name.Draw(t, "name"), HasOld: rapid.Bool().Draw(t, "hasOld"), HasNew: rapid.Bool().Draw(t, "hasNew")}
		if c.HasOld {
			c.Old = text.Draw(t, "old")
		}
		if c.HasNew {
			c.New = text.Draw(t, "new")
		}
		return c
	})
	rapid.Check(t, func(t *rapid.T) {
		shared := &synchronization.RecordContext{Properties: rapid.SliceOfN(name, 0, 40).Draw(t, "properties")}
		r := synchronization.Record{
			RecordContext: shared, UserPrincipalName: text.Draw(t, "upn"), InScope: rapid.Bool().Draw(t, "inScope"), Scope: text.Draw(t, "scope"),
			Reason: text.Draw(t, "reason"), Code: name.Draw(t, "code"), Changes: rapid.SliceOfN(change, 1, 60).Draw(t, "changes"),
		}
		if r.Code != "" {
			r.Details, r.Advice = text.Draw(t, "details"), text.Draw(t, "advice")
		}
		details := sqlstore.PackDetails(r)
		got := synchronization.Record{RecordContext: shared}
		require.NoError(t, sqlstore.UnpackDetails(details, &got))
		require.Empty(t, cmp.Diff(r, got))
		cut := rapid.IntRange(0, len(details)-1).Draw(t, "cut")
		require.Error(t, sqlstore.UnpackDetails(details[:cut], &got), "what was cut off is missed")
	})
}

// FuzzDetails: whatever a database holds is read, or refused, in bounded memory.
func FuzzDetails(f *testing.F) {
	shared := &synchronization.RecordContext{Properties: []string{"a", "b"}}
	for _, r := range []synchronization.Record{
		{RecordContext: shared},
		{RecordContext: shared, Whole: []byte(`{"id":"x"}`)},
		{
			RecordContext: shared, Scope: "s", Reason: "r", Code: "c", Details: "d", Advice: "a", InScope: true, UserPrincipalName: "u",
			Changes: []synchronization.PropertyChange{{Name: "b", New: "x", HasNew: true}, {Name: "other", Old: "y", HasOld: true}},
		},
	} {
		f.Add(sqlstore.PackDetails(r))
	}
	f.Add([]byte("\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, details []byte) {
		r := synchronization.Record{RecordContext: shared}
		if err := sqlstore.UnpackDetails(details, &r); err != nil || r.Whole != nil {
			return
		}
		again := synchronization.Record{RecordContext: shared}
		require.NoError(t, sqlstore.UnpackDetails(sqlstore.PackDetails(r), &again))
		// The character NUL is replaced when a text is written.
		if cmp.Diff(r, again) != "" && !bytes.Contains(details, []byte{0}) {
			t.Errorf("%q reads as %+v, and written again as %+v", details, r, again)
		}
	})
}
