package token_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity/token"
)

const (
	base     = "https://provisor.example:8443"
	tenantID = directory.TenantID("11111111-2222-4333-8444-555555555555")
	appID    = "aaaaaaaa-0000-4000-8000-000000000001"
	objectID = "bbbbbbbb-0000-4000-8000-000000000001"
	graph    = "https://graph.microsoft.com"
)

// Making RSA keys is slow; every test signs with these.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	otherKey = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	ecKey    = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func start() time.Time { return time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC) }

// wallClock is the time that TLS clients compare certificates with.
func wallClock() time.Time { return time.Now() } //nolint:forbidigo // see above

// clock is a clock that tests set.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return start().Add(time.Duration(c.offset.Load())) }
func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

// published are the keys of the built-in authority.
type published []jose.JSONWebKey

func (p published) PublicKeys() []jose.JSONWebKey { return p }

// tenants knows one tenant and counts how often it was asked.
type tenants struct {
	asked  atomic.Int64
	broken error
}

func (t *tenants) KnownTenant(_ context.Context, id directory.TenantID) (bool, error) {
	t.asked.Add(1)
	return id == tenantID, t.broken
}

type world struct {
	*token.Validator

	clock   *clock
	tenants *tenants
}

func newWorld(tb testing.TB, external ...token.Issuer) *world {
	tb.Helper()
	w := &world{clock: &clock{}, tenants: &tenants{}}
	var err error
	w.Validator, err = token.NewValidator(token.Config{
		Now: w.clock.now, Tenants: w.tenants, BaseURLs: []string{base + "/", "https://localhost:8443"},
		Keys: published{{Key: rsaKey().Public(), KeyID: "rsa"}, {Key: ecKey().Public(), KeyID: "ec"}}, External: external, CacheSize: 8,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// claims is a payload; edit it with the methods.
type claims map[string]any

// applicationClaims is what the built-in authority says of an application.
func applicationClaims() claims {
	return claims{
		"iss": base + "/" + string(tenantID) + "/v2.0", "aud": graph, "tid": string(tenantID),
		"oid": objectID, "sub": objectID, "azp": appID, "idtyp": "app", "ver": "2.0",
		"roles": []string{"Synchronization.ReadWrite.All"}, "wids": []string{"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"},
		"iat": start().Unix(), "nbf": start().Unix(), "exp": start().Add(time.Hour).Unix(),
	}
}

// with returns a copy with one claim set, or removed when value is nil.
func (c claims) with(name string, value any) claims {
	c = maps.Clone(c)
	c[name] = value
	if value == nil {
		delete(c, name)
	}
	return c
}

func (c claims) without(names ...string) claims {
	c = maps.Clone(c)
	maps.DeleteFunc(c, func(name string, _ any) bool { return slices.Contains(names, name) })
	return c
}

// signedBy returns c as a token.
func (c claims) signedBy(tb testing.TB, algorithm jose.SignatureAlgorithm, key any, kid string) string {
	tb.Helper()
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		tb.Fatal(err)
	}
	payload, err := json.Marshal(c)
	if err != nil {
		tb.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		tb.Fatal(err)
	}
	raw, err := jws.CompactSerialize()
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func (c claims) signed(tb testing.TB) string {
	tb.Helper()
	return c.signedBy(tb, jose.RS256, rsaKey(), "rsa")
}

// elsewhere is an external issuer on a real socket.
type elsewhere struct {
	*httptest.Server

	mu      sync.Mutex
	keys    map[string]crypto.PublicKey
	issuer  string // what its discovery document says
	status  int    // of every answer; zero means 200
	fetches int    // of the key document
}

func newElsewhere(t *testing.T) *elsewhere {
	t.Helper()
	e := &elsewhere{keys: map[string]crypto.PublicKey{"one": ecKey().Public()}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		e.write(w, map[string]any{
			"issuer": e.issuer, "jwks_uri": e.URL + "/keys", "authorization_endpoint": e.URL + "/a", "token_endpoint": e.URL + "/t",
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		e.mu.Lock()
		var set jose.JSONWebKeySet
		for kid, key := range e.keys {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: key, KeyID: kid, Use: "sig"})
		}
		e.fetches++
		e.mu.Unlock()
		e.write(w, set)
	})
	e.Server = httptest.NewServer(mux)
	e.issuer = e.URL
	t.Cleanup(e.Close)
	return e
}

func (e *elsewhere) write(w http.ResponseWriter, v any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if e.status != 0 {
		w.WriteHeader(e.status)
	}
	_ = json.NewEncoder(w).Encode(v) // the test that reads the answer notices
}

// change edits what the issuer says from now on.
func (e *elsewhere) change(edit func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	edit()
}

func kindAndMessage(err error) (errs.Kind, string) {
	e, ok := err.(*errs.Error) //nolint:errorlint // refusals are not wrapped
	if !ok {
		return errs.KindOf(err), ""
	}
	return e.Kind, e.Message
}
