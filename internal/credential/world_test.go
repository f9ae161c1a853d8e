package credential_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/egress"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/keyring"
	"github.com/provisor/provisor/internal/oauth"
	"github.com/provisor/provisor/internal/store"
	sync11n "github.com/provisor/provisor/internal/synchronization"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	tenant = directory.TenantID("11111111-1111-1111-1111-111111111111")
	sp     = directory.ObjectID("22222222-2222-2222-2222-222222222222")

	theClientSecret = "client-secret-4711"
	theCode         = "code-0815"
	theSecretToken  = "static-bearer-token-1"
)

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// memory is a store of secrets and leases that several services share. It fails
// when told to.
type memory struct {
	mu      sync.Mutex
	secrets map[credential.Owner][]store.SealedSecret
	leases  map[string]leased
	updates int
	// before and after are asked at each update, with its number from 1, whether to
	// fail before or after it is committed.
	before, after func(n int) error
	readFails     error
}

type leased struct {
	holder string
	fence  int64
	until  time.Time
}

func (m *memory) Secrets(_ context.Context, t directory.TenantID, o directory.ObjectID) ([]store.SealedSecret, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.secrets[credential.Owner{Tenant: t, ServicePrincipal: o}]), m.readFails
}

func (m *memory) UpdateSecrets(ctx context.Context, t directory.TenantID, o directory.ObjectID, fn func([]store.SealedSecret) ([]store.SealedSecret, error)) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.updates++
	if m.before != nil {
		if err := m.before(m.updates); err != nil {
			return err
		}
	}
	owner := credential.Owner{Tenant: t, ServicePrincipal: o}
	// A driver may run fn more than once.
	if _, err := fn(slices.Clone(m.secrets[owner])); err != nil {
		return err
	}
	next, err := fn(slices.Clone(m.secrets[owner]))
	if err != nil {
		return err
	}
	if !slices.IsSortedFunc(next, func(a, b store.SealedSecret) int { return strings.Compare(a.Key, b.Key) }) {
		return errors.New("the secrets are not ordered")
	}
	m.secrets[owner] = next
	if m.after != nil {
		return m.after(m.updates)
	}
	return nil
}

func (m *memory) AcquireLease(_ context.Context, name, holder string, now time.Time, ttl time.Duration) (int64, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.leases[name]
	if l.holder != "" && l.holder != holder && now.Before(l.until) {
		return 0, false, nil
	}
	if l.holder != holder {
		l.fence++
	}
	l.holder, l.until = holder, now.Add(ttl)
	m.leases[name] = l
	return l.fence, true, nil
}

func (m *memory) ReleaseLease(_ context.Context, name, holder string, fence int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l := m.leases[name]; l.holder == holder && l.fence == fence {
		l.holder = ""
		m.leases[name] = l
	}
	return nil
}

// fail makes the updates from number first on fail, before or after they commit.
func (m *memory) fail(when *func(int) error, updates ...int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.updates = 0
	*when = func(n int) error {
		if slices.Contains(updates, n) || len(updates) == 0 {
			return errs.New(errs.Unavailable, "ServiceUnavailable", "The database does not answer.")
		}
		return nil
	}
}

func (m *memory) heal() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before, m.after, m.readFails = nil, nil, nil
}

// application is the token endpoint of a strict authorization server and, at
// /scim, what its tokens open. A refresh token that is used twice kills the grant.
type application struct {
	*httptest.Server
	mu        sync.Mutex
	serial    int
	lifetime  int // seconds; zero says nothing
	rotates   bool
	codes     map[string]string // the challenge by code; empty means none
	refresh   string            // the one that is valid
	retired   []string
	access    map[string]bool
	requests  []url.Values
	scim      []string              // Authorization headers seen at /scim
	bodies    []string              // and bodies
	interpose http.HandlerFunc      // answers instead of the token endpoint
	wants     oauth.Method          // where the client secret must be; zero takes both
	check     func(r *http.Request) // looks at requests to the token endpoint
}

func newApplication(t *testing.T) *application {
	t.Helper()
	a := &application{lifetime: 3600, rotates: true, codes: map[string]string{theCode: ""}, access: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", a.token)
	mux.HandleFunc("/scim", a.resource)
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	return a
}

func (a *application) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	a.mu.Lock()
	a.requests = append(a.requests, r.PostForm)
	interpose, check := a.interpose, a.check
	a.mu.Unlock()
	if check != nil {
		check(r)
	}
	if interpose != nil {
		interpose(w, r)
		return
	}
	a.answer(w, r)
}

func (a *application) answer(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	deny := func(status int, code, why string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": why})
	}
	_, secret, basic := r.BasicAuth()
	if !basic {
		secret = r.PostForm.Get("client_secret")
	}
	misplaced := a.wants == oauth.SecretBasic && !basic || a.wants == oauth.SecretPost && basic
	if secret != theClientSecret || misplaced {
		deny(401, "invalid_client", "wrong secret "+secret)
		return
	}
	switch grant := r.PostForm.Get("grant_type"); grant {
	case "authorization_code":
		challenge, ok := a.codes[r.PostForm.Get("code")]
		sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
		if !ok || challenge != "" && challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
			deny(400, "invalid_grant", "code "+r.PostForm.Get("code")+" does not hold")
			return
		}
		delete(a.codes, r.PostForm.Get("code"))
	case "refresh_token":
		given := r.PostForm.Get("refresh_token")
		if given != a.refresh {
			if slices.Contains(a.retired, given) {
				a.refresh = "" // reuse revokes the family
			}
			deny(400, "invalid_grant", "refresh token "+given+" does not hold")
			return
		}
	case "client_credentials":
	default:
		deny(400, "unsupported_grant_type", grant)
		return
	}
	a.serial++
	answer := map[string]any{"access_token": fmt.Sprintf("access-token-%d", a.serial), "token_type": "Bearer"}
	a.access[fmt.Sprintf("access-token-%d", a.serial)] = true
	if a.lifetime > 0 {
		answer["expires_in"] = a.lifetime
	}
	if r.PostForm.Get("grant_type") != "client_credentials" && (a.rotates || a.refresh == "") {
		a.retired = append(a.retired, a.refresh)
		a.refresh = fmt.Sprintf("refresh-token-%d", a.serial)
		answer["refresh_token"] = a.refresh
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (a *application) resource(w http.ResponseWriter, r *http.Request) {
	var body strings.Builder
	if r.Body != nil {
		buffer := make([]byte, 4096)
		for n, err := r.Body.Read(buffer); ; n, err = r.Body.Read(buffer) {
			body.Write(buffer[:n])
			if err != nil {
				break
			}
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	header := r.Header.Get("Authorization")
	a.scim = append(a.scim, header)
	a.bodies = append(a.bodies, body.String())
	if !a.access[strings.TrimPrefix(header, "Bearer ")] {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// set changes the application while it runs.
func (a *application) set(f func(a *application)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f(a)
}

func (a *application) calls() []url.Values {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.requests)
}

// world is one store, one application, and services over them.
type world struct {
	t      *testing.T
	clock  *clock
	memory *memory
	ring   *keyring.Keyring
	app    *application
	mu     sync.Mutex
	events []credential.Event
	*credential.Service
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ring, err := keyring.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, clock: &clock{now: time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)}, ring: ring, app: newApplication(t),
		memory: &memory{secrets: map[credential.Owner][]store.SealedSecret{}, leases: map[string]leased{}},
	}
	w.Service = w.process("process 1")
	t.Cleanup(w.scan)
	return w
}

func policy() egress.Policy { return egress.Policy{AllowHTTP: true, AllowLoopback: true} }

// process returns another service over the same store.
func (w *world) process(holder string) *credential.Service {
	client := egress.NewClient(policy(), egress.Options{})
	s := credential.New(credential.Options{
		Secrets: w.memory, Leases: w.memory, Keyring: w.ring, Egress: policy(), Holder: holder, Now: w.clock.Now,
		OAuth: &oauth.Client{HTTP: client, Now: w.clock.Now, Timeout: 5 * time.Second},
		Audit: func(_ context.Context, e credential.Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, e)
		},
	})
	w.t.Cleanup(func() {
		client.CloseIdleConnections()
		if err := s.Close(context.WithoutCancel(w.t.Context())); err != nil {
			w.t.Error(err)
		}
	})
	return s
}

// newPlainWorld is a service over an empty store, without application.
func newPlainWorld(ring *keyring.Keyring) *credential.Service {
	m := &memory{secrets: map[credential.Owner][]store.SealedSecret{}, leases: map[string]leased{}}
	c := &clock{now: time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)}
	return credential.New(credential.Options{
		Secrets: m, Leases: m, Keyring: ring, Holder: "process 1", Now: c.Now, OAuth: &oauth.Client{HTTP: http.DefaultClient, Now: c.Now},
	})
}

// ecKey returns a private key as PEM.
func ecKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// certificate returns a self-signed certificate with its private key as PEM.
func certificate(t *testing.T) string {
	t.Helper()
	text := ecKey(t)
	block, _ := pem.Decode([]byte(text))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		t.Fatalf("%T signs nothing", key)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2046, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return text + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// secrets are all that must not be seen anywhere.
func (w *world) secrets() []string {
	w.app.mu.Lock()
	defer w.app.mu.Unlock()
	all := []string{theClientSecret, theCode, theSecretToken}
	for n := range w.app.serial {
		all = append(all, fmt.Sprintf("access-token-%d", n+1), fmt.Sprintf("refresh-token-%d", n+1))
	}
	for _, form := range w.app.requests {
		if v := form.Get("code_verifier"); v != "" {
			all = append(all, v)
		}
	}
	return all
}

// clean fails the test when text holds a secret.
func (w *world) clean(where, text string) {
	w.t.Helper()
	for _, secret := range w.secrets() {
		if strings.Contains(text, secret) {
			w.t.Errorf("%s holds the secret %q: %s", where, secret, text)
		}
	}
}

// scan looks for secrets in the store and in the audit.
func (w *world) scan() {
	for _, secrets := range w.memory.secrets {
		for _, s := range secrets {
			w.clean("the store", fmt.Sprintf("%s %s", s.Key, s.Sealed))
		}
	}
	w.clean("the audit", fmt.Sprintf("%+v", w.events))
}

func give(pairs ...string) []credential.Given {
	var all []credential.Given
	for i := 0; i < len(pairs); i += 2 {
		key, err := sync11n.ParseSecret(pairs[i])
		if err != nil {
			panic(err)
		}
		all = append(all, credential.Given{Key: key, Value: pairs[i+1]})
	}
	return all
}

// client are the secrets that every grant needs, and more.
func (w *world) client(more ...string) []credential.Given {
	return give(append([]string{
		"Oauth2ClientId", "client-1", "Oauth2ClientSecret", theClientSecret, "Oauth2TokenExchangeUri", w.app.URL + "/token?v=1",
		"BaseAddress", w.app.URL + "/scim",
	}, more...)...)
}

func (w *world) put(given []credential.Given) {
	w.t.Helper()
	if err := w.Put(w.t.Context(), tenant, sp, given); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) acquire(given []credential.Given) {
	w.t.Helper()
	if err := w.Acquire(w.t.Context(), tenant, sp, nil, given); err != nil {
		w.t.Fatal(err)
	}
}

// authorized stores the client and acquires the first token with a code.
func (w *world) authorized() {
	w.t.Helper()
	w.put(w.client("Oauth2RedirectUri", "https://provisor.example/redirect"))
	w.acquire(give("Oauth2AuthorizationCode", theCode))
}

func (w *world) token(s *credential.Service) credential.Bearer {
	w.t.Helper()
	bearer, err := s.Token(w.t.Context(), tenant, sp)
	if err != nil {
		w.t.Fatal(err)
	}
	return bearer
}

func (w *world) wantToken(want string) {
	w.t.Helper()
	if got := w.token(w.Service).Token.Reveal(); got != want {
		w.t.Errorf("token %q, want %q", got, want)
	}
}

// listed returns what GET …/secrets shows.
func (w *world) listed() map[string]string {
	w.t.Helper()
	pairs, err := w.List(w.t.Context(), tenant, sp)
	if err != nil {
		w.t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range pairs {
		got[p.Key.String()] = p.Value
	}
	return got
}

// stored returns what is in the store, opened, by key.
func (w *world) stored() map[string]string {
	w.t.Helper()
	got := map[string]string{}
	w.memory.mu.Lock()
	defer w.memory.mu.Unlock()
	for _, s := range w.memory.secrets[credential.Owner{Tenant: tenant, ServicePrincipal: sp}] {
		place := strings.Join([]string{"provisor secret", string(tenant), string(sp), s.Key}, "\x00")
		plain, err := w.ring.Open(s.Sealed, []byte(place))
		if err != nil {
			w.t.Fatal(err)
		}
		got[s.Key] = string(plain)
	}
	return got
}

// graph returns what is stored under keys of Graph's enumeration.
func (w *world) graph() map[string]string {
	got := w.stored()
	maps.DeleteFunc(got, func(key, _ string) bool { return strings.HasPrefix(key, "provisor.") })
	return got
}

// wantError checks an error's kind, code and words, and that it holds no secret.
func (w *world) wantError(err error, kind errs.Kind, code string, words ...string) {
	w.t.Helper()
	_ = w.typed(err, kind, code, words...)
}

// typed is wantError, and returns the error.
func (w *world) typed(err error, kind errs.Kind, code string, words ...string) *errs.Error {
	w.t.Helper()
	typed, ok := errors.AsType[*errs.Error](err)
	if !ok || typed.Kind != kind || typed.Code != code {
		w.t.Fatalf("error %v, want kind %d and code %s", err, kind, code)
	}
	for _, word := range words {
		if !strings.Contains(typed.Message, word) {
			w.t.Errorf("message %q does not say %q", typed.Message, word)
		}
	}
	w.clean("an error", err.Error()+fmt.Sprintf("%+v", typed))
	return typed
}
