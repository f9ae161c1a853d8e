package credential_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/keyring"
)

func TestToken_Static(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(give("SecretToken", theSecretToken))
	if got := w.token(w.Service); got.Token.Reveal() != theSecretToken || !got.Static || !got.Expiry.IsZero() {
		t.Errorf("got %#v", got)
	}
	// What was set up last counts.
	w.acquire(w.client())
	w.wantToken("access-token-1")
	w.put(w.client("SecretToken", "*"))
	w.wantToken("access-token-1")
	w.put(w.client("SecretToken", theSecretToken+"2"))
	w.wantToken(theSecretToken + "2")
	w.put(w.client("SecretToken", "*", "AuthenticationType", "OAuth2ClientCredentialsGrant"))
	w.wantToken("access-token-1")
	w.put(w.client("SecretToken", "*", "AuthenticationType", "AuthenticationToken"))
	w.wantToken(theSecretToken + "2")
}

func TestToken_Missing(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	tests := [][]credential.Given{
		nil,
		give("BaseAddress", "https://a.example"),
		give("AuthenticationType", "AuthenticationToken"),
		give("Oauth2AuthorizationCode", theCode, "Oauth2ClientId", "a", "Oauth2TokenExchangeUri", w.app.URL+"/token"),
	}
	for _, given := range tests {
		w.put(given)
		_, err := w.Token(t.Context(), tenant, sp)
		w.wantError(err, errs.Invalid, "CredentialsMissing", string(sp), "acquireAccessToken")
	}
	if n := len(w.app.calls()); n != 0 {
		t.Errorf("%d calls; a stored code must wait for the action", n)
	}
}

func TestToken_ByClientCredentialsWithoutAcquire(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(w.client("AuthenticationType", "OAuth2ClientCredentialsGrant"))
	w.wantToken("access-token-1")
	w.wantToken("access-token-1")
	w.clock.pass(time.Hour)
	w.wantToken("access-token-2")
	for _, form := range w.app.calls() {
		if form.Get("grant_type") != "client_credentials" {
			t.Errorf("renewed by %v", form)
		}
	}
}

func TestToken_Margin(t *testing.T) {
	t.Parallel()

	for lifetime, margin := range map[int]time.Duration{3600: 5 * time.Minute, 600: time.Minute, 60: 6 * time.Second, 86400: 5 * time.Minute} {
		w := newWorld(t)
		w.app.lifetime = lifetime
		w.authorized()
		w.clock.pass(time.Duration(lifetime)*time.Second - margin - time.Second)
		w.wantToken("access-token-1")
		w.clock.pass(time.Second)
		w.wantToken("access-token-2")
		if form := w.app.calls()[1]; form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != "refresh-token-1" {
			t.Errorf("renewed with %v", form)
		}
		want := map[string]string{
			"Oauth2RefreshToken": "refresh-token-2", "Oauth2AccessTokenCreationTime": w.clock.Now().Format(time.RFC3339),
			"TokenExpiration": w.clock.Now().Add(time.Duration(lifetime) * time.Second).Format(time.RFC3339),
		}
		for key, value := range want {
			if got := w.graph()[key]; got != value {
				t.Errorf("%s is %q, want %q", key, got, value)
			}
		}
	}
}

func TestToken_SeededExpiry(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, created, expires string
		valid                  time.Duration // from 2026-05-06T07:08:09Z; zero means for ever
	}{
		{"seconds", "2026-05-06T07:08:09Z", "7200", 2 * time.Hour},
		{"seconds from elsewhere", "2026-05-06T09:08:09.5+02:00", "7200", 2 * time.Hour},
		{"time", "", "2026-05-06T09:08:09Z", 2 * time.Hour},
		{"time without zone", "", "2026-05-06T09:08:09", 2 * time.Hour},
		{"epoch", "", "1778058489", 2 * time.Hour},
		{"seconds from nowhere", "", "7200", 0},
		{"nothing", "2026-05-06T07:08:09Z", "", 0},
		{"words", "2026-05-06T07:08:09Z", "soon", 0},
		{"negative", "2026-05-06T07:08:09Z", "-1", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			w.put(w.client("Oauth2AccessToken", "seeded-token", "Oauth2AccessTokenCreationTime", tt.created, "TokenExpiration", tt.expires, "AuthenticationType", "OAuth2ClientCredentialsGrant"))
			w.wantToken("seeded-token")
			if tt.valid == 0 {
				w.clock.pass(10000 * time.Hour)
				w.wantToken("seeded-token")
				return
			}
			w.clock.pass(tt.valid - 6*time.Minute)
			w.wantToken("seeded-token")
			w.clock.pass(6 * time.Minute)
			w.wantToken("access-token-1")
		})
	}
}

// Fifty goroutines of three processes need a new token at once: one exchange.
func TestToken_OneRenewalForAll(t *testing.T) {
	t.Parallel()

	for name, processes := range map[string]int{"one process": 1, "three processes": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			w.authorized()
			w.clock.pass(time.Hour)
			w.app.check = func(r *http.Request) {
				select { // long enough for the others to come
				case <-time.After(50 * time.Millisecond):
				case <-r.Context().Done():
				}
			}
			services := []*credential.Service{w.Service}
			for len(services) < processes {
				services = append(services, w.process("process "+strings.Repeat("I", len(services)+1)))
			}
			tokens := make([]string, 50)
			var all sync.WaitGroup
			for i := range tokens {
				all.Go(func() {
					bearer, err := services[i%processes].Token(t.Context(), tenant, sp)
					if err != nil {
						t.Error(err)
					}
					tokens[i] = bearer.Token.Reveal()
				})
			}
			all.Wait()
			for _, got := range tokens {
				if got != "access-token-2" {
					t.Fatalf("tokens %v", tokens)
				}
			}
			if n := len(w.app.calls()); n != 2 {
				t.Errorf("%d calls to the token endpoint, want the acquisition and one renewal", n)
			}
		})
	}
}

func TestToken_WaitsForADeadProcess(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	w.clock.pass(time.Hour)
	name := "credential/" + string(tenant) + "/" + string(sp)
	if _, ok, err := w.memory.AcquireLease(t.Context(), name, "dead", w.clock.Now(), time.Minute); !ok || err != nil {
		t.Fatal(ok, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
	defer cancel()
	if _, err := w.Token(ctx, tenant, sp); !errs.Is(err, errs.Unavailable) {
		t.Errorf("the lease of another process was not respected: %v", err)
	}
	w.clock.pass(time.Minute)
	w.wantToken("access-token-2")
}

func TestToken_InvalidGrantIsAFault(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	w.app.set(func(a *application) { a.refresh = "revoked" })
	w.clock.pass(time.Hour)
	when := w.clock.Now()
	_, err := w.Token(t.Context(), tenant, sp)
	typed := w.typed(err, errs.Invalid, "InvalidCredentials", "invalid_grant", w.app.URL+"/token", "Authorize the application again")
	if len(typed.Details) != 1 || typed.Details[0].Code != "invalid_grant" {
		t.Errorf("details %+v", typed.Details)
	}
	want := &credential.Fault{
		When: when, Endpoint: w.app.URL + "/token", Status: 400, Code: "invalid_grant", Description: "refresh token [redacted] does not hold", Grant: "refresh_token",
		Advice: "The refresh token was revoked, has expired, or was used elsewhere. Authorize the application again.",
	}
	fault := func(s *credential.Service) *credential.Fault {
		t.Helper()
		f, err := s.Fault(t.Context(), tenant, sp)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if diff := cmp.Diff(want, fault(w.process("process 2"))); diff != "" {
		t.Errorf("fault (-want +got):\n%s", diff)
	}

	// The endpoint is not asked again at once, and the fault keeps its beginning.
	w.clock.pass(30 * time.Second)
	_, err = w.Token(t.Context(), tenant, sp)
	w.wantError(err, errs.Invalid, "InvalidCredentials")
	if n := len(w.app.calls()); n != 2 {
		t.Errorf("%d calls, want the acquisition and one refusal", n)
	}
	w.clock.pass(31 * time.Second)
	_, err = w.Token(t.Context(), tenant, sp)
	w.wantError(err, errs.Invalid, "InvalidCredentials")
	if n := len(w.app.calls()); n != 3 {
		t.Errorf("%d calls after a minute, want another attempt", n)
	}
	if got := fault(w.Service); got == nil || !got.When.Equal(when) {
		t.Errorf("fault %+v, want it to have begun at %v", got, when)
	}

	w.app.set(func(a *application) { a.codes["second-code"] = "" })
	w.acquire(give("Oauth2AuthorizationCode", "second-code"))
	if got := fault(w.Service); got != nil {
		t.Errorf("the fault outlives the next success: %+v", got)
	}
	w.wantToken("access-token-2")
}

func TestToken_NewSecretsAreTriedAtOnce(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(w.client("Oauth2ClientSecret", "")[:1])
	w.put(append(w.client()[2:], give("Oauth2ClientId", "client-1", "Oauth2ClientSecret", "mistyped-secret")...))
	_, err := w.Token(t.Context(), tenant, sp)
	w.wantError(err, errs.Invalid, "InvalidCredentials", "invalid_client")
	w.put(w.client())
	w.wantToken("access-token-1")
	if f, err := w.Fault(t.Context(), tenant, sp); f != nil || err != nil {
		t.Errorf("fault %+v, %v", f, err)
	}
}

// While a new token does not come, the old one serves until it ends.
func TestToken_OldTokenServesDuringAnOutage(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	w.app.set(func(a *application) { a.interpose = reply(503, "text/html", "<html>") })
	w.clock.pass(56 * time.Minute)
	w.wantToken("access-token-1")
	w.wantToken("access-token-1")
	if n := len(w.app.calls()); n != 2 {
		t.Errorf("%d calls, want one attempt to renew", n-1)
	}
	w.clock.pass(4 * time.Minute)
	_, err := w.Token(t.Context(), tenant, sp)
	w.wantError(err, errs.Unavailable, "CredentialValidationUnavailable", "HTTP 503")
	if f, err := w.Fault(t.Context(), tenant, sp); f != nil || err != nil {
		t.Errorf("an outage is no fault of the credentials: %+v, %v", f, err)
	}
	w.app.set(func(a *application) { a.interpose = nil })
	w.clock.pass(30 * time.Second)
	w.wantToken("access-token-2")
}

func TestToken_CannotBeRenewed(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(give("Oauth2AccessToken", "seeded-token", "TokenExpiration", "2026-05-06T08:08:09Z", "Oauth2ClientId", "a", "Oauth2TokenExchangeUri", w.app.URL+"/token"))
	w.wantToken("seeded-token")
	w.clock.pass(58 * time.Minute)
	w.wantToken("seeded-token")
	w.clock.pass(2 * time.Minute)
	_, err := w.Token(t.Context(), tenant, sp)
	w.wantError(err, errs.Invalid, "CredentialsMissing", "cannot be renewed", "Oauth2RefreshToken")
}

func TestToken_CallerWhoLeavesStopsNothing(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	w.clock.pass(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	arrived := make(chan struct{})
	w.app.check = func(*http.Request) {
		cancel()
		<-arrived
	}
	_, err := w.Token(ctx, tenant, sp)
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("error %v", err)
	}
	close(arrived)
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.graph()["Oauth2RefreshToken"]; got != "refresh-token-2" {
		t.Errorf("Close did not wait until the rotated refresh token was stored; stored is %q", got)
	}
	w.wantToken("access-token-2")
}

// Another process changes the secrets; this one notices within seconds.
func TestToken_NoticesOthers(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(give("SecretToken", theSecretToken))
	w.wantToken(theSecretToken)
	if err := w.process("process 2").Put(t.Context(), tenant, sp, give("SecretToken", theSecretToken+"2")); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(5 * time.Second)
	w.wantToken(theSecretToken + "2")
}

func BenchmarkToken(b *testing.B) {
	ring, err := keyring.New()
	if err != nil {
		b.Fatal(err)
	}
	s := newPlainWorld(ring)
	if err := s.Put(b.Context(), tenant, sp, give("SecretToken", theSecretToken, "BaseAddress", "https://a.example")); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Token(b.Context(), tenant, sp); err != nil {
			b.Fatal(err)
		}
	}
}
