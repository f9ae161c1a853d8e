package odata_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
)

// TestDeltaToken: a token gives back what it was made of, for its scope only.
func TestDeltaToken(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		state := rapid.StringN(1, 50, -1).Draw(t, "state")
		token := odata.NewDeltaToken(state, "tenant", "users/delta")
		got, err := odata.ResumeDeltaToken(token, "tenant", "users/delta")
		if err != nil || got != state {
			t.Fatalf("%q became %q, %v", state, got, err)
		}
		if _, err := odata.ResumeDeltaToken(token, "tenant", "groups/delta"); !errs.Is(err, errs.Invalid) {
			t.Fatalf("for another resource: %v", err)
		}
		altered := []byte(token)
		i := rapid.IntRange(0, len(altered)-2).Draw(t, "at") // the last character has bits that mean nothing
		altered[i] ^= 1
		if got, err := odata.ResumeDeltaToken(string(altered), "tenant", "users/delta"); err == nil {
			t.Fatalf("an altered token gives %q", got)
		}
	})
}

// FuzzResumeDeltaToken: no token brings the reader to fail.
func FuzzResumeDeltaToken(f *testing.F) {
	f.Add(odata.NewDeltaToken(`{"f":1}`, "x"))
	f.Add("")
	f.Add("latest")
	f.Fuzz(func(t *testing.T, token string) {
		if state, err := odata.ResumeDeltaToken(token, "x"); err == nil && odata.NewDeltaToken(state, "x") == "" {
			t.Error("a token without text")
		}
	})
}
