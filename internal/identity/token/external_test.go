package token_test

import (
	"context"
	"crypto"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/identity/token"
)

func (e *elsewhere) claims() claims {
	return applicationClaims().with("iss", e.issuer)
}

func (e *elsewhere) signed(t *testing.T, c claims) string {
	t.Helper()
	return c.signedBy(t, jose.ES256, ecKey(), "one")
}

func TestExternalIssuer(t *testing.T) {
	t.Parallel()

	e := newElsewhere(t)
	const foreign = "99999999-2222-4333-8444-555555555555"
	keycloak := token.ClaimNames{Roles: "resource_access.provisor.roles", Scopes: "scope"}
	tests := []struct {
		name   string
		issuer token.Issuer
		claims claims
		want   string // empty means accepted
	}{
		{"tenant from the token", token.Issuer{URL: e.URL}, e.claims(), ""},
		{"unknown tenant in the token", token.Issuer{URL: e.URL}, e.claims().with("tid", foreign), "does not exist here"},
		{"no tenant in the token", token.Issuer{URL: e.URL}, e.claims().without("tid"), "names no tenant"},
		{"tenant from the configuration", token.Issuer{URL: e.URL, Tenant: tenantID}, e.claims().with("tid", foreign), ""},
		{"own audience", token.Issuer{URL: e.URL, Audiences: []string{"api://provisor"}}, e.claims().with("aud", "api://provisor"), ""},
		{"audience of another issuer", token.Issuer{URL: e.URL}, e.claims().with("aud", "api://provisor"), "audience"},
		{"not our own issuer's name", token.Issuer{URL: e.URL}, applicationClaims(), "does not publish"},
		{"expired", token.Issuer{URL: e.URL}, e.claims().with("exp", start().Add(-time.Hour).Unix()), "expired"},
		{
			"Keycloak",
			token.Issuer{URL: e.URL, Tenant: tenantID, Claims: keycloak},
			e.claims().without("tid", "oid", "roles").with("resource_access", map[string]any{
				"provisor": map[string]any{"roles": []string{"Synchronization.ReadWrite.All"}},
			}), "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			who, err := newWorld(t, tt.issuer).Validate(t.Context(), e.signed(t, tt.claims))
			_, message := kindAndMessage(err)
			switch {
			case tt.want != "" && (!errs.Is(err, errs.Unauthenticated) || !strings.Contains(message, tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			case tt.want == "" && (err != nil || who.TenantID != tenantID || len(who.Roles) != 1 || who.Roles[0] != identity.SynchronizationReadWrite):
				t.Errorf("got %+v, %v", who, err)
			}
		})
	}
}

// TestRenamedClaimReplacesEntrasName: when roles are said to be elsewhere, a claim
// that happens to be called roles counts for nothing.
func TestRenamedClaimReplacesEntrasName(t *testing.T) {
	t.Parallel()

	e := newElsewhere(t)
	names := token.ClaimNames{Tenant: "realm.tenant", ObjectID: "uid", Scopes: "granted", Roles: "realm_access.roles", DirectoryRoles: "realm_access.offices"}
	w := newWorld(t, token.Issuer{URL: e.URL, Claims: names})
	c := e.claims().with("realm", map[string]any{"tenant": string(tenantID)}).with("uid", "u-1").with("realm_access", "not an object")
	who, err := w.Validate(t.Context(), e.signed(t, c))
	if err != nil {
		t.Fatal(err)
	}
	if who.ObjectID != "u-1" || len(who.Roles)+len(who.DirectoryRoles) != 0 {
		t.Errorf("got %+v", who)
	}
}

// TestManyTenantsOneIssuer is Entra's common authority: the issuer's name holds the
// tenant, and must hold the token's own.
func TestManyTenantsOneIssuer(t *testing.T) {
	t.Parallel()

	e := newElsewhere(t)
	e.issuer = "https://login.example/{tenantid}/v2.0"
	w := newWorld(t, token.Issuer{URL: e.issuer, DiscoveryURL: e.URL})
	if _, err := w.Validate(t.Context(), e.signed(t, e.claims().with("iss", "https://login.example/"+string(tenantID)+"/v2.0"))); err != nil {
		t.Error(err)
	}
	other := e.claims().with("iss", "https://login.example/99999999-2222-4333-8444-555555555555/v2.0")
	if _, err := w.Validate(t.Context(), e.signed(t, other)); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("issuer of another tenant: %v", err)
	}
}

func TestExternalKeysRotate(t *testing.T) {
	t.Parallel()

	e := newElsewhere(t)
	w := newWorld(t, token.Issuer{URL: e.URL})
	if _, err := w.Validate(t.Context(), e.signed(t, e.claims())); err != nil {
		t.Fatal(err)
	}
	e.change(func() { e.keys = map[string]crypto.PublicKey{"two": rsaKey().Public()} })
	rotated := e.claims().signedBy(t, jose.RS256, rsaKey(), "two")
	w.clock.advance(11 * time.Second)
	if _, err := w.Validate(t.Context(), rotated); err != nil {
		t.Errorf("after the rotation: %v", err)
	}
	if _, err := w.Validate(t.Context(), e.claims().with("jti", "x").signedBy(t, jose.ES256, ecKey(), "two")); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("withdrawn key: %v", err)
	}
}

// TestInventedKeysCauseNoStorm: whoever sends tokens with invented key ids makes us
// ask the issuer once per pause at most.
func TestInventedKeysCauseNoStorm(t *testing.T) {
	t.Parallel()

	e := newElsewhere(t)
	w := newWorld(t, token.Issuer{URL: e.URL})
	var group sync.WaitGroup
	for range 50 {
		raw := e.claims().signedBy(t, jose.RS256, otherKey(), "invented")
		group.Go(func() {
			if _, err := w.Validate(t.Context(), raw); !errs.Is(err, errs.Unauthenticated) {
				t.Errorf("got %v", err)
			}
		})
	}
	group.Wait()
	e.change(func() {
		if e.fetches > 2 {
			t.Errorf("the keys were fetched %d times", e.fetches)
		}
	})
}

// TestIssuerOutOfReach is not the caller's fault: Unavailable, with a time to come
// back, and well again after it.
func TestIssuerOutOfReach(t *testing.T) {
	t.Parallel()

	for name, trouble := range map[string]func(*elsewhere){
		"error":       func(e *elsewhere) { e.status = http.StatusBadGateway },
		"redirect":    func(e *elsewhere) { e.status = http.StatusFound },
		"other name":  func(e *elsewhere) { e.issuer = "https://evil.example" },
		"no keys yet": func(e *elsewhere) { e.status = http.StatusNoContent },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			e := newElsewhere(t)
			w := newWorld(t, token.Issuer{URL: e.URL})
			raw := e.signed(t, e.claims())
			e.change(func() { trouble(e) })
			for range 2 {
				_, err := w.Validate(t.Context(), raw)
				failure, ok := err.(*errs.Error) //nolint:errorlint // it is returned as it is
				if !ok || failure.Kind != errs.Unavailable || failure.RetryAfter != 10*time.Second || strings.Contains(failure.Message, "evil") {
					t.Fatalf("got %v", err)
				}
			}
			e.change(func() { e.status, e.issuer = 0, e.URL })
			if _, err := w.Validate(t.Context(), raw); !errs.Is(err, errs.Unavailable) {
				t.Errorf("asked again at once: %v", err)
			}
			w.clock.advance(10 * time.Second)
			if _, err := w.Validate(t.Context(), raw); err != nil {
				t.Errorf("after the pause: %v", err)
			}
		})
	}
}

func TestCallerWhoLeavesSpoilsNothing(t *testing.T) {
	t.Parallel()

	e := newElsewhere(t)
	w := newWorld(t, token.Issuer{URL: e.URL})
	raw := e.signed(t, e.claims())
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := w.Validate(gone, raw); err == nil {
		t.Error("a cancelled request is answered")
	}
	if _, err := w.Validate(t.Context(), raw); err != nil {
		t.Errorf("the next request: %v", err)
	}
}
