package credential_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/errs"
)

// A process dies at every point of an acquisition in turn; the next one finds a
// store in which the code was sent at most once and nothing is half there.
func TestAcquire_CrashPoints(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name       string
		crash      func(w *world)
		calls      int
		wantErr    bool
		wantTokens bool
	}{
		{"before the code is marked", func(w *world) { w.memory.fail(&w.memory.before) }, 0, true, false},
		{"after the code is marked", func(w *world) { w.memory.fail(&w.memory.after, 1) }, 0, true, false},
		{"before the token is stored", func(w *world) { w.memory.fail(&w.memory.before, 2, 3, 4, 5, 6, 7) }, 1, true, false},
		{"after the token is stored", func(w *world) { w.memory.fail(&w.memory.after, 2, 3, 4, 5, 6, 7) }, 1, true, true},
		{"the store recovers", func(w *world) { w.memory.fail(&w.memory.before, 2, 3) }, 1, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			w.put(w.client("Oauth2AuthorizationCode", theCode))
			tt.crash(w)
			err := w.Acquire(t.Context(), tenant, sp, nil, nil)
			if tt.wantErr {
				code := "ServiceUnavailable"
				if tt.calls > 0 {
					code = "CredentialValidationUnavailable"
				}
				w.wantError(err, errs.Unavailable, code)
			} else if err != nil {
				t.Fatal(err)
			}
			w.memory.heal()
			got := w.graph()
			if tokens := got["Oauth2AccessToken"] != "" && got["Oauth2RefreshToken"] != "" && got["TokenExpiration"] != ""; tokens != tt.wantTokens {
				t.Errorf("stored %v, want tokens: %v", got, tt.wantTokens)
			}

			// The next process tries the same, with the same code.
			_ = w.process("process 2").Acquire(t.Context(), tenant, sp, nil, give("Oauth2AuthorizationCode", theCode))
			sent := 0
			for _, form := range w.app.calls() {
				if form.Get("code") == theCode {
					sent++
				}
			}
			if sent > 1 {
				t.Errorf("the code was sent %d times", sent)
			}
			if len(w.app.calls()) < tt.calls {
				t.Errorf("%d calls, want at least %d", len(w.app.calls()), tt.calls)
			}
		})
	}
}

func TestAcquire_LostTokenSaysSo(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(w.client())
	w.memory.fail(&w.memory.before, 2, 3, 4, 5, 6, 7)
	err := w.Acquire(t.Context(), tenant, sp, nil, give("Oauth2AuthorizationCode", theCode))
	w.wantError(err, errs.Unavailable, "CredentialValidationUnavailable", "could not be stored", "authorize again")
	w.memory.heal()
	if _, ok := w.graph()["Oauth2AccessToken"]; ok {
		t.Error("an acquisition that failed left a token")
	}
}

// A rotated refresh token is durable before the access token that came with it is
// used; when the store refuses it, nobody gets that access token.
func TestToken_RotationIsDurableFirst(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	w.clock.pass(time.Hour)
	w.memory.fail(&w.memory.before)
	_, err := w.Token(t.Context(), tenant, sp)
	w.wantError(err, errs.Unavailable, "CredentialValidationUnavailable", "could not be stored", "not used")
	_, err = w.Token(t.Context(), tenant, sp)
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("error %v", err)
	}
	if n := len(w.app.calls()); n != 2 {
		t.Fatalf("%d calls: the refresh token that was rotated away was sent again, which revokes the grant", n)
	}
	w.memory.heal()

	// The store is back. What came is stored and then used, without another exchange.
	w.wantToken("access-token-2")
	if got := w.graph()["Oauth2RefreshToken"]; got != "refresh-token-2" {
		t.Errorf("stored is %q", got)
	}
	if n := len(w.app.calls()); n != 2 {
		t.Errorf("%d calls", n)
	}
	w.clock.pass(time.Hour)
	w.wantToken("access-token-3")
}

// The commit succeeds and its answer is lost: trying again changes nothing.
func TestToken_CommitWithoutAnswer(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	w.clock.pass(time.Hour)
	w.memory.fail(&w.memory.after, 1)
	w.wantToken("access-token-2")
	w.memory.heal()
	if got := w.graph(); got["Oauth2RefreshToken"] != "refresh-token-2" || got["Oauth2AccessToken"] != "access-token-2" {
		t.Errorf("stored %v", got)
	}
	if n := len(w.app.calls()); n != 2 {
		t.Errorf("%d calls", n)
	}
}

// While a result waits for the store, an administrator authorizes again: the newer
// will counts.
func TestToken_PendingResultIsDroppedForANewerGrant(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	w.clock.pass(time.Hour)
	w.memory.fail(&w.memory.before)
	_, err := w.Token(t.Context(), tenant, sp)
	w.wantError(err, errs.Unavailable, "CredentialValidationUnavailable")
	w.memory.heal()

	w.app.set(func(a *application) { a.codes["second-code"], a.refresh = "", "" })
	if err := w.process("process 2").Acquire(t.Context(), tenant, sp, nil, give("Oauth2AuthorizationCode", "second-code")); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(time.Minute)
	w.wantToken("access-token-3")
	w.clock.pass(time.Hour)
	w.wantToken("access-token-4")
	if form := w.app.calls()[3]; form.Get("refresh_token") != "refresh-token-3" {
		t.Errorf("renewed with %v", form)
	}
}

// Secrets change between the exchange and its storing: what was entered stays.
func TestToken_SecretsChangeDuringTheExchange(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	w.clock.pass(time.Hour)
	late := reply(200, "application/json", `{"access_token":"late-access","refresh_token":"late-refresh"}`)
	second := w.process("process 2")
	entered := w.client("Oauth2AccessToken", "entered-access", "Oauth2RefreshToken", "entered-refresh")
	w.app.set(func(a *application) {
		a.interpose = func(rw http.ResponseWriter, r *http.Request) {
			if err := second.Put(r.Context(), tenant, sp, entered); err != nil {
				t.Error(err)
			}
			late(rw, r)
		}
	})
	w.wantToken("entered-access")
	if got := w.graph(); got["Oauth2RefreshToken"] != "entered-refresh" || got["Oauth2AccessToken"] != "entered-access" {
		t.Errorf("stored %v", got)
	}
}

// Two processes, one dying with a rotated token that it could not store: the grant
// is gone, and the fault says so.
func TestToken_LostRotationIsAFault(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	w.clock.pass(time.Hour)
	w.memory.fail(&w.memory.before)
	_, err := w.process("dying").Token(t.Context(), tenant, sp)
	w.wantError(err, errs.Unavailable, "CredentialValidationUnavailable")
	w.memory.heal()

	_, err = w.Token(t.Context(), tenant, sp)
	w.wantError(err, errs.Invalid, "InvalidCredentials", "invalid_grant")
	f, err := w.Fault(t.Context(), tenant, sp)
	if err != nil || f == nil || f.Code != "invalid_grant" {
		t.Errorf("fault %+v, %v", f, err)
	}
}

// Nothing in the store reads as a secret, in any notation that dumps show.
func TestStoreHoldsNoSecretInClear(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	var dump strings.Builder
	var keys []string
	for owner, secrets := range w.memory.secrets {
		dump.WriteString(string(owner.Tenant))
		for _, s := range secrets {
			keys = append(keys, s.Key)
			dump.WriteString(s.Key + string(s.Sealed))
		}
	}
	w.clean("the dump", dump.String())
	want := []string{
		"BaseAddress", "Oauth2AccessToken", "Oauth2AccessTokenCreationTime", "Oauth2ClientId", "Oauth2ClientSecret", "Oauth2RedirectUri", "Oauth2RefreshToken",
		"Oauth2TokenExchangeUri", "TokenExpiration", "provisor.authenticates", "provisor.clientAuthenticationUsed", "provisor.spentCodes",
	}
	slices.Sort(keys)
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}
