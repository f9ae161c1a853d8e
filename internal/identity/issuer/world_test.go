package issuer_test

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
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity/issuer"
)

const (
	tenantID  = directory.TenantID("11111111-2222-4333-8444-555555555555")
	domain    = "contoso.example"
	appID     = "aaaaaaaa-0000-4000-8000-000000000001"
	principal = directory.ObjectID("bbbbbbbb-0000-4000-8000-000000000001")
	graph     = "https://graph.microsoft.com/.default"
)

// Making RSA keys is slow; every test signs with these.
var (
	signingKeys = sync.OnceValue(func() issuer.KeySet { return must(issuer.NewKeySet(start())) })
	rsaKey      = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	ecKey       = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func start() time.Time { return time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC) }

// clock is a clock that tests set.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return start().Add(time.Duration(c.offset.Load())) }
func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

// ports are one tenant and its clients.
type ports struct {
	clients   map[string]issuer.Client
	users     map[string]issuer.User
	consented []string
	broken    error // returned instead of an answer
}

func (p *ports) Consented(context.Context, directory.TenantID, issuer.Client, directory.ObjectID) ([]string, error) {
	return p.consented, p.broken
}

func (p *ports) User(_ context.Context, _ directory.TenantID, name string) (issuer.User, error) {
	for _, u := range p.users {
		if strings.EqualFold(name, u.PrincipalName) || name == string(u.ID) {
			return u, nil
		}
	}
	return issuer.User{}, errs.New(errs.NotFound, "Request_ResourceNotFound", "no user %s", name)
}

func (p *ports) Users(context.Context, directory.TenantID) ([]issuer.User, error) {
	return slices.Collect(maps.Values(p.users)), p.broken
}

func (p *ports) Tenant(_ context.Context, name string) (directory.TenantID, error) {
	if p.broken != nil {
		return "", p.broken
	}
	if strings.EqualFold(name, domain) || strings.EqualFold(name, string(tenantID)) {
		return tenantID, nil
	}
	return "", errs.New(errs.NotFound, "Request_ResourceNotFound", "no tenant %s", name)
}

func (p *ports) Client(_ context.Context, tenant directory.TenantID, id string) (issuer.Client, error) {
	c, ok := p.clients[id]
	if !ok || tenant != tenantID {
		return issuer.Client{}, errs.New(errs.NotFound, "Request_ResourceNotFound", "no client %s", id)
	}
	return c, nil
}

// world is an authority on a real TLS socket.
type world struct {
	*httptest.Server

	clock *clock
	ring  *issuer.Ring
	ports *ports
}

func newWorld(t *testing.T, adjust ...func(*issuer.Config)) *world {
	t.Helper()
	w := &world{
		clock: &clock{}, ring: issuer.NewRing(signingKeys()),
		ports: &ports{clients: map[string]issuer.Client{}, users: map[string]issuer.User{}},
	}
	w.Server = httptest.NewUnstartedServer(nil)
	base := "https://" + w.Listener.Addr().String()
	config := issuer.Config{
		Now: w.clock.now, BaseURLs: []string{"https://provisor.example/", base}, Tenants: w.ports, DefaultTenant: tenantID,
		Clients: w.ports, Keys: w.ring,
	}
	for _, a := range adjust {
		a(&config)
	}
	server, err := issuer.New(config)
	if err != nil {
		t.Fatal(err)
	}
	issuer.CheapPasswords(server)
	w.Config.Handler = server
	w.StartTLS()
	t.Cleanup(w.Close)
	return w
}

// add registers a client with a fresh secret, and with keys.
func (w *world) add(keys ...crypto.PublicKey) string {
	secret := issuer.NewSecret()
	c := issuer.Client{
		AppID: appID, ServicePrincipalID: principal,
		Secrets:        []issuer.Secret{{Digest: issuer.Digest("another, longer valid")}, {Digest: issuer.Digest(secret)}},
		Roles:          []string{"Synchronization.ReadWrite.All", "Application.Read.All"},
		DirectoryRoles: []string{"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"},
	}
	for _, k := range keys {
		c.Keys = append(c.Keys, issuer.Key{Public: k})
	}
	w.ports.clients[appID] = c
	return secret
}

// answer is what the token endpoint says, of either kind.
type answer struct {
	status  int
	header  http.Header
	Token   string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires any    `json:"expires_in"`
	Scope   string `json:"scope"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
	Info    string `json:"client_info"`

	Error         string `json:"error"`
	Description   string `json:"error_description"`
	Codes         []int  `json:"error_codes"`
	Timestamp     string `json:"timestamp"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
}

func (w *world) post(t *testing.T, path string, form url.Values, edit ...func(*http.Request)) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, e := range edit {
		e(r)
	}
	resp, err := w.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatalf("%s: %v", resp.Status, err)
	}
	return a
}

func (w *world) get(t *testing.T, path string, into any) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := w.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatalf("GET %s: %s: %v", path, resp.Status, err)
	}
	return resp.StatusCode
}

// signed returns a client assertion.
func signed(t *testing.T, algorithm jose.SignatureAlgorithm, key any, claims jwt.Claims) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
