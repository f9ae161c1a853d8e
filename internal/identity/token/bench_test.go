package token_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
)

// BenchmarkAuthorizedRequest is what a request pays: its token recognised and its
// operation looked up in the permission table. Issue 4 allows 50 µs together with
// OData handling.
func BenchmarkAuthorizedRequest(b *testing.B) {
	w, policy := newWorld(b), identity.NewPolicy(identity.Options{})
	r := httptest.NewRequest(http.MethodPost, "/v1.0/servicePrincipals/x/synchronization/acquireAccessToken", nil)
	r.Header.Set("Authorization", "Bearer "+applicationClaims().signed(b))
	b.ReportAllocs()
	for b.Loop() {
		who, err := w.Authenticate(r)
		if err == nil {
			err = policy.Authorize(who, identity.AcquireAccessToken, identity.Object{})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFirstSight is a token that was never seen.
func BenchmarkFirstSight(b *testing.B) {
	w, raw := newWorld(b), applicationClaims().signed(b)
	b.ReportAllocs()
	for b.Loop() {
		w.Forget()
		if _, err := w.Validate(b.Context(), raw); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzValidate sends anything for a token: no panic, and never a caller.
func FuzzValidate(f *testing.F) {
	good := applicationClaims().signed(f)
	f.Add(good[:len(good)-4] + "AAAA")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("eyJhbGciOiJSUzI1NiIsImNyaXQiOlsieCJdfQ.e30.AAAA")
	f.Add("..")
	f.Add("")
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, raw string) {
		who, err := w.Validate(t.Context(), raw)
		if raw != good && (who.Kind != identity.Nobody || !errs.Is(err, errs.Unauthenticated)) {
			t.Fatalf("got %v, %v", who, err)
		}
	})
}
