package token_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/identity/token"
)

func TestApplicationToken(t *testing.T) {
	t.Parallel()

	want := identity.Caller{
		TenantID: tenantID, Kind: identity.Application, ObjectID: objectID, ServicePrincipalID: objectID, AppID: appID, Subject: objectID,
		Scopes: []identity.Permission{}, Roles: []identity.Permission{identity.SynchronizationReadWrite},
		DirectoryRoles: []identity.Role{identity.ApplicationAdministrator}, Issuer: base + "/" + string(tenantID) + "/v2.0",
	}
	for name, raw := range map[string]string{
		"RS256": applicationClaims().signed(t),
		"PS256": applicationClaims().signedBy(t, jose.PS256, rsaKey(), "rsa"),
		"ES256": applicationClaims().signedBy(t, jose.ES256, ecKey(), "ec"),
	} {
		w := newWorld(t)
		for range 2 { // checked, then remembered
			got, err := w.Validate(t.Context(), raw)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if asked := w.tenants.asked.Load(); asked != 1 {
			t.Errorf("%s: the tenant was looked up %d times, want once", name, asked)
		}
	}
}

func TestAcceptedForms(t *testing.T) {
	t.Parallel()

	tests := map[string]claims{
		"v1 issuer":             applicationClaims().with("iss", base+"/"+string(tenantID)+"/").with("ver", "1.0"),
		"other base URL":        applicationClaims().with("iss", "https://localhost:8443/"+string(tenantID)+"/v2.0"),
		"Graph's id":            applicationClaims().with("aud", identity.GraphAppID),
		"slash":                 applicationClaims().with("aud", graph+"/"),
		"own URL":               applicationClaims().with("aud", base),
		"own URL, slash":        applicationClaims().with("aud", base+"/"),
		"several audiences":     applicationClaims().with("aud", []string{"https://elsewhere.example", graph}),
		"no nbf":                applicationClaims().without("nbf", "iat"),
		"expired within skew":   applicationClaims().with("exp", start().Add(-59*time.Second).Unix()),
		"nbf within skew":       applicationClaims().with("nbf", start().Add(60*time.Second).Unix()),
		"expiry with fractions": applicationClaims().with("exp", float64(start().Unix())+10.5),
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if who, err := newWorld(t).Validate(t.Context(), c.signed(t)); err != nil || who.TenantID != tenantID {
				t.Errorf("got %v, %v", who, err)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()

	good := applicationClaims()
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(rsaKey().Public()))})
	encode := base64.RawURLEncoding.EncodeToString
	body := strings.Split(good.signed(t), ".")
	none := encode([]byte(`{"alg":"none","typ":"JWT","kid":"rsa"}`)) + "." + body[1] + "."
	tampered := body[0] + "." + encode([]byte(strings.Replace(string(must(base64.RawURLEncoding.DecodeString(body[1]))), "ReadWrite", "Everything", 1))) + "." + body[2]
	tests := []struct{ name, raw, want string }{
		{"empty", "", "The access token is empty"},
		{"no token", "something", "not a signed JSON Web Token"},
		{"two parts", body[0] + "." + body[1], "not a signed JSON Web Token"},
		{"JSON serialization", `{"payload":"e30","protected":"e30","signature":""}`, "not a signed JSON Web Token"},
		{"too long", strings.Repeat("x", 16<<10+1), "longer than 16384 bytes"},
		{"algorithm none", none, `algorithm "none"`},
		{"algorithm None", strings.Replace(none, encode([]byte(`{"alg":"none"`))[:15], encode([]byte(`{"alg":"None"`))[:15], 1), `algorithm "None"`},
		{"HS256 with the public key", good.signedBy(t, jose.HS256, public, "rsa"), `algorithm "HS256"`},
		{"RS512", good.signedBy(t, jose.RS512, rsaKey(), "rsa"), `algorithm "RS512"`},
		{"unknown key", good.signedBy(t, jose.RS256, rsaKey(), "unknown"), `key "unknown"`},
		{"no key id", good.signedBy(t, jose.RS256, rsaKey(), ""), `key ""`},
		{"another key under a known id", good.signedBy(t, jose.RS256, otherKey(), "rsa"), "signature does not match"},
		{"key of another type under a known id", good.signedBy(t, jose.RS256, rsaKey(), "ec"), "signature does not match"},
		{"tampered", tampered, "signature does not match"},
		{"signature cut off", body[0] + "." + body[1] + ".", "signature does not match"},
		{"expired", good.with("exp", start().Add(-time.Hour).Unix()).signed(t), "The token expired at 2026-11-21T07:00:00Z; it is 2026-11-21T08:00:00Z."},
		{"expired beyond skew", good.with("exp", start().Add(-time.Minute).Unix()).signed(t), "expired"},
		{"without expiry", good.without("exp").signed(t), "no expiry"},
		{"not yet valid", good.with("nbf", start().Add(61*time.Second).Unix()).signed(t), "not valid before 2026-11-21T08:01:01Z"},
		{"expiry as text", good.with("exp", "tomorrow").signed(t), "claims cannot be read"},
		{"wrong audience", good.with("aud", "https://vault.azure.net").signed(t), `The audience "https://vault.azure.net" is not accepted`},
		{"audience in another case", good.with("aud", "HTTPS://GRAPH.MICROSOFT.COM").signed(t), "audience"},
		{"no audience", good.without("aud").signed(t), `The audience "" is not accepted`},
		{"wrong issuer", good.with("iss", "https://login.microsoftonline.com/"+string(tenantID)+"/v2.0").signed(t), "is not accepted for tenant"},
		{"issuer of another tenant", good.with("iss", base+"/99999999-2222-4333-8444-555555555555/v2.0").signed(t), "is not accepted for tenant"},
		{"issuer with more path", good.with("iss", base+"/"+string(tenantID)+"/v2.0/x").signed(t), "is not accepted"},
		{"no issuer", good.without("iss").signed(t), "is not accepted"},
		{"no tenant", good.without("tid").with("iss", base+"//v2.0").signed(t), "is not accepted"},
		{
			"unknown tenant", good.with("tid", "99999999-2222-4333-8444-555555555555").with("iss", base+"/99999999-2222-4333-8444-555555555555/v2.0").signed(t),
			`The tenant "99999999-2222-4333-8444-555555555555" does not exist here.`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			for range 2 { // a refusal is not remembered as anything else
				who, err := w.Validate(t.Context(), tt.raw)
				kind, message := kindAndMessage(err)
				if who.Kind != identity.Nobody || kind != errs.Unauthenticated || !strings.Contains(message, tt.want) {
					t.Fatalf("got %v, %v, want %q", who, err, tt.want)
				}
				if tt.raw != "" && strings.Contains(err.Error(), tt.raw) {
					t.Error("the error repeats the token")
				}
			}
		})
	}
}

// TestRememberedTokenExpires: the cache is no way around the clock.
func TestRememberedTokenExpires(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	raw := applicationClaims().signed(t)
	for _, step := range []struct {
		advance time.Duration
		ok      bool
	}{{0, true}, {time.Hour, true}, {59 * time.Second, true}, {time.Second, false}, {time.Hour, false}} {
		w.clock.advance(step.advance)
		if _, err := w.Validate(t.Context(), raw); (err == nil) != step.ok {
			t.Errorf("at %s: %v", w.clock.now(), err)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()

	w := newWorld(t) // remembers 8 to 16
	var all []string
	for i := range 40 {
		all = append(all, applicationClaims().with("jti", strconv.Itoa(i)).signed(t))
	}
	for _, raw := range all {
		if _, err := w.Validate(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
	}
	before := w.tenants.asked.Load()
	for _, raw := range all[32:] {
		if _, err := w.Validate(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
	}
	if asked := w.tenants.asked.Load() - before; asked != 0 {
		t.Errorf("%d of the 8 latest tokens were forgotten", asked)
	}
	for _, raw := range all[:8] {
		if _, err := w.Validate(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
	}
	if asked := w.tenants.asked.Load() - before; asked != 8 {
		t.Errorf("%d of the 8 oldest tokens were forgotten, want all", asked)
	}
	w.Forget()
	before = w.tenants.asked.Load()
	if _, err := w.Validate(t.Context(), all[0]); err != nil || w.tenants.asked.Load() == before {
		t.Errorf("Forget remembers (%v)", err)
	}
}

// TestKinds tells applications from users in the shapes that issuers write.
func TestKinds(t *testing.T) {
	t.Parallel()

	app := applicationClaims()
	user := app.without("roles", "idtyp").with("sub", "pairwise").with("scp", "Synchronization.ReadWrite.All User.Read")
	tests := []struct {
		name     string
		claims   claims
		kind     identity.Kind
		scopes   int
		personal bool
	}{
		{"application by mark", app, identity.Application, 0, false},
		{"application without mark", app.without("idtyp"), identity.Application, 0, false},
		{"application by client (RFC 9068)", app.without("idtyp", "oid").with("sub", appID).with("scope", "a b"), identity.Application, 2, false},
		{"user", user, identity.DelegatedUser, 2, false},
		{"user with a mark", user.with("idtyp", "user"), identity.DelegatedUser, 2, false},
		{"user with a list of scopes", user.with("scp", []string{"User.Read"}), identity.DelegatedUser, 1, false},
		{"user by RFC 9068", user.without("scp").with("scope", "User.Read"), identity.DelegatedUser, 1, false},
		{"no mark, no scope, another subject", user.without("scp"), identity.DelegatedUser, 0, false},
		{"no mark, no subject", app.without("idtyp", "sub", "oid", "azp"), identity.DelegatedUser, 0, false},
		{"mark of something else", app.with("idtyp", "device"), identity.DelegatedUser, 0, false},
		{"personal guest", user.with("idp", "live.com"), identity.DelegatedUser, 2, true},
		{
			"personal tenant", user.with("tid", identity.PersonalTenantID).with("iss", base+"/"+identity.PersonalTenantID+"/v2.0"),
			identity.DelegatedUser, 2, true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := newWorld(t).Validate(t.Context(), tt.claims.signed(t))
			if err != nil {
				t.Fatal(err)
			}
			if got.Kind != tt.kind || len(got.Scopes) != tt.scopes || got.Personal != tt.personal {
				t.Errorf("got %v, scopes %v, personal %v", got.Kind, got.Scopes, got.Personal)
			}
			if (got.ServicePrincipalID != "") != (tt.kind == identity.Application) {
				t.Errorf("service principal %q of %v", got.ServicePrincipalID, got.Kind)
			}
		})
	}
}

func TestFaultOfTenantsComesBack(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.tenants.broken = errs.New(errs.Unavailable, "ServiceUnavailable", "no database")
	if _, err := w.Validate(t.Context(), applicationClaims().signed(t)); !errors.Is(err, w.tenants.broken) {
		t.Errorf("got %v", err)
	}
}

func TestAuthenticateReadsTheHeader(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	raw := applicationClaims().signed(t)
	tests := []struct {
		name    string
		headers []string
		query   string
		want    string // empty means accepted
		invalid bool   // the challenge says that the token is at fault
	}{
		{"bearer", []string{"Bearer " + raw}, "", "", true},
		{"lower case, blanks", []string{"  bearer   " + raw + " "}, "", "", true},
		{"none", nil, "", "carries no access token", false},
		{"token in the query", nil, "?access_token=" + raw, "carries no access token", false},
		{"scheme alone", []string{"Bearer"}, "", "The access token is empty", true},
		{"another scheme", []string{"Basic eDp5"}, "", "not of scheme Bearer", true},
		{"no scheme", []string{raw}, "", "not of scheme Bearer", true},
		{"two headers", []string{"Bearer " + raw, "Bearer " + raw}, "", "carries 2 Authorization headers", true},
		{"two tokens", []string{"Bearer " + raw + " " + raw}, "", "not a signed JSON Web Token", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			r := httptest.NewRequest(http.MethodGet, "/v1.0/users"+tt.query, nil)
			for _, h := range tt.headers {
				r.Header.Add("Authorization", h)
			}
			_, err := w.Authenticate(r)
			kind, message := kindAndMessage(err)
			if tt.want == "" && err != nil || tt.want != "" && (kind != errs.Unauthenticated || !strings.Contains(message, tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), raw) {
				t.Error("the error repeats the token")
			}
			challenge := `Bearer realm="", authorization_uri="https://provisor.example:8443/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`
			if tt.invalid {
				challenge += `, error="invalid_token"`
			}
			if got := w.Challenge(r); got != challenge {
				t.Errorf("challenge\n got %s\nwant %s", got, challenge)
			}
		})
	}
}

func TestNewValidatorRefusesGaps(t *testing.T) {
	t.Parallel()

	whole := token.Config{Now: start, Tenants: &tenants{}, BaseURLs: []string{base}}
	noClock, noTenants, noURL, noIssuer, template := whole, whole, whole, whole, whole
	noClock.Now, noTenants.Tenants, noURL.BaseURLs = nil, nil, nil
	noIssuer.External = []token.Issuer{{}}
	template.External = []token.Issuer{{URL: "https://login.example/{tenantid}/v2.0"}}
	for i, cfg := range []token.Config{noClock, noTenants, noURL, noIssuer, template} {
		if _, err := token.NewValidator(cfg); !errs.Is(err, errs.Invalid) {
			t.Errorf("configuration %d: got %v, want Invalid", i, err)
		}
	}
	v, err := token.NewValidator(whole)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Validate(t.Context(), applicationClaims().signed(t)); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("without any issuer: got %v", err)
	}
}
