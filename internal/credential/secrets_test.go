package credential_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/keyring"
	sync11n "github.com/provisor/provisor/internal/synchronization"
)

func TestPut_ReplacesAndListMasks(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	want := func(step string, listed map[string]string) {
		t.Helper()
		if diff := cmp.Diff(listed, w.listed()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step, diff)
		}
	}
	want("nothing stored", map[string]string{})

	w.put(give("BaseAddress", "https://a.example/scim", "SecretToken", theSecretToken, "SyncAll", "true"))
	want("first put", map[string]string{"BaseAddress": "https://a.example/scim", "SecretToken": "*", "SyncAll": "true"})

	w.put(give("BaseAddress", "https://b.example/scim", "SecretToken", "*"))
	want("what is not given is gone; * keeps", map[string]string{"BaseAddress": "https://b.example/scim", "SecretToken": "*"})
	w.wantToken(theSecretToken)

	w.put(append(give("BaseAddress", ""), credential.Given{Key: sync11n.SecretSecretToken, Null: true}, credential.Given{Key: sync11n.SecretNone, Null: true}))
	want("empty and null drop", map[string]string{})

	w.put(give("Domain", "*"))
	want("* keeps nothing when nothing is stored", map[string]string{})
}

// Clear leaves nothing: no secret, no token, no setting.
func TestClear(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	if err := w.Configure(t.Context(), tenant, sp, credential.Settings{"provisor.scope": "scim"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Clear(t.Context(), tenant, sp); err != nil {
		t.Fatal(err)
	}
	settings, err := w.Configured(t.Context(), tenant, sp)
	if left := w.graph(); err != nil || len(left)+len(settings)+len(w.listed()) > 0 {
		t.Errorf("left: %v, %v, %v", left, settings, err)
	}
	if _, err := w.Token(t.Context(), tenant, sp); err == nil {
		t.Error("there is a token still")
	}
}

func TestPut_KeepsWhatTheServiceMade(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	before := w.graph()
	w.put(w.client("SyncAll", "true"))
	after := w.graph()
	for _, key := range []string{"Oauth2AccessToken", "Oauth2RefreshToken", "Oauth2AccessTokenCreationTime", "TokenExpiration"} {
		if before[key] == "" || after[key] != before[key] {
			t.Errorf("%s is gone or changed", key)
		}
		if _, ok := w.listed()[key]; ok {
			t.Errorf("%s is listed, and no caller sent it", key)
		}
	}

	w.put(w.client("Oauth2AccessToken", "seeded-token", "TokenExpiration", "3600"))
	if got := w.listed(); got["Oauth2AccessToken"] != "*" || got["TokenExpiration"] != "3600" {
		t.Errorf("what a caller sent is not listed: %v", got)
	}
	if got := w.graph(); got["Oauth2AccessTokenCreationTime"] != "" {
		t.Error("the creation time of another token is still stored")
	}
	w.wantToken("seeded-token")

	w.put(w.client())
	if got := w.graph(); got["Oauth2AccessToken"] != "" || got["TokenExpiration"] != "" || got["Oauth2RefreshToken"] == "" {
		t.Errorf("a caller withdrew his token, and %v is left", got)
	}
}

func TestPut_Refuses(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(give("BaseAddress", "https://a.example"))
	for name, given := range map[string][]credential.Given{
		"twice":     give("Domain", "a", "Domain", "b"),
		"None":      {{Key: sync11n.SecretNone, Value: "a"}},
		"too large": give("SecretToken", strings.Repeat("x", 64<<10+1)),
	} {
		err := w.Put(t.Context(), tenant, sp, given)
		typed := w.typed(err, errs.Invalid, "RequestParameterInvalid")
		if len(typed.Message) > 500 {
			t.Errorf("%s: the message quotes the value", name)
		}
		w.wantError(w.Acquire(t.Context(), tenant, sp, nil, given), errs.Invalid, "RequestParameterInvalid")
	}
	if diff := cmp.Diff(map[string]string{"BaseAddress": "https://a.example"}, w.graph()); diff != "" {
		t.Errorf("a refused request changed the store (-want +got):\n%s", diff)
	}
}

// Put and List follow a model of four sentences, whatever the order of requests.
func TestPut_Property(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(rt *rapid.T) {
		ring, err := keyring.New()
		if err != nil {
			rt.Fatal(err)
		}
		w := newPlainWorld(ring)
		model := map[sync11n.Secret]string{}
		for range rapid.IntRange(1, 6).Draw(rt, "requests") {
			keys := rapid.SliceOfNDistinct(rapid.SampledFrom(sync11n.Secrets()[1:]), 0, 8, rapid.ID).Draw(rt, "keys")
			var given []credential.Given
			next := map[sync11n.Secret]string{}
			for _, key := range keys {
				g := credential.Given{Key: key, Value: rapid.SampledFrom([]string{"", "*", "a", "b", " "}).Draw(rt, "value"), Null: rapid.Bool().Draw(rt, "null")}
				given = append(given, g)
				switch {
				case g.Null || g.Value == "":
				case g.Value == "*":
					if old, ok := model[key]; ok {
						next[key] = old
					}
				default:
					next[key] = g.Value
				}
			}
			model = next
			if err := w.Put(t.Context(), tenant, sp, given); err != nil {
				rt.Fatal(err)
			}
			got, err := w.List(t.Context(), tenant, sp)
			if err != nil {
				rt.Fatal(err)
			}
			want := []sync11n.SecretPair{}
			for _, key := range keys { // as they were given
				if value, ok := model[key]; ok {
					if key.Sensitive() {
						value = "*"
					}
					want = append(want, sync11n.SecretPair{Key: key, Value: value})
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("after %+v (-want +got):\n%s", given, diff)
			}
		}
	})
}

// A sealed value opens only where it was sealed.
func TestSecrets_AreBoundToTheirPlace(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(give("SecretToken", theSecretToken, "Password", "pw-123456"))
	mine := credential.Owner{Tenant: tenant, ServicePrincipal: sp}
	original := w.memory.secrets[mine]

	for name, o := range map[string]credential.Owner{
		"another service principal": {Tenant: tenant, ServicePrincipal: "33333333-3333-3333-3333-333333333333"},
		"another tenant":            {Tenant: "44444444-4444-4444-4444-444444444444", ServicePrincipal: sp},
	} {
		w.memory.secrets[o] = original
		_, err := w.Token(t.Context(), o.Tenant, o.ServicePrincipal)
		if !errs.Is(err, errs.Internal) {
			t.Errorf("%s: %v, want an error", name, err)
		}
		w.clean(name, fmt.Sprint(err))
	}

	swapped := append(original[:0:0], original...)
	swapped[0].Sealed, swapped[1].Sealed = swapped[1].Sealed, swapped[0].Sealed
	w.memory.secrets[mine] = swapped
	other := w.process("process 2")
	if _, err := other.Token(t.Context(), tenant, sp); !errs.Is(err, errs.Internal) || !strings.Contains(err.Error(), "Password") {
		t.Errorf("under another name: %v, want an error that names the secret", err)
	}
	if err := w.Put(t.Context(), tenant, sp, give("SecretToken", "*")); !errs.Is(err, errs.Invalid) {
		t.Errorf("* keeps a value that cannot be read: %v", err)
	}
	w.put(give("SecretToken", "static-bearer-token-2"))
	w.wantToken("static-bearer-token-2")
	delete(w.memory.secrets, credential.Owner{Tenant: tenant, ServicePrincipal: "33333333-3333-3333-3333-333333333333"})
}

func TestReseal(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(give("SecretToken", theSecretToken, "Domain", "a"))
	rotated, err := w.ring.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	w.ring = rotated
	s := w.process("process 2")
	for _, want := range []int{2, 0} {
		if n, err := s.Reseal(t.Context(), tenant, sp); err != nil || n != want {
			t.Errorf("Reseal = %d, %v; want %d", n, err, want)
		}
	}
	if w.ring, err = rotated.Retire(rotated.Keys()[0]); err != nil {
		t.Fatal(err)
	}
	if got := w.token(w.process("process 3")).Token.Reveal(); got != theSecretToken {
		t.Errorf("token %q after the old key was retired", got)
	}
}

func TestConfigure(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(give("Domain", "a"))
	configure := func(s credential.Settings) error { return w.Configure(t.Context(), tenant, sp, s) }
	if err := configure(credential.Settings{credential.Scope: "scim", credential.Audience: "x", credential.PrivateKey: ecKey(t)}); err != nil {
		t.Fatal(err)
	}
	if err := configure(credential.Settings{credential.Audience: ""}); err != nil {
		t.Fatal(err)
	}
	w.put(give("Domain", "b"))
	got, err := w.Configured(t.Context(), tenant, sp)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(credential.Settings{credential.Scope: "scim", credential.PrivateKey: "*"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"Domain": "b"}, w.listed()); diff != "" {
		t.Errorf("Graph's list (-want +got):\n%s", diff)
	}
	before := w.stored()
	for want, settings := range map[string]credential.Settings{
		"does not exist":                {"provisor.fault": "x"},
		"private_key_jwt":               {credential.ClientAuthentication: "magic"},
		"provisor.privateKey":           {credential.PrivateKey: theClientSecret},
		"provisor.clientCertificate":    {credential.ClientCertificate: theClientSecret},
		"longer than":                   {credential.Scope: strings.Repeat("x", 70000)},
		"Oauth2ClientSecret\" does not": {"Oauth2ClientSecret": "x"},
	} {
		w.wantError(configure(settings), errs.Invalid, "RequestParameterInvalid", want)
	}
	if !maps.Equal(before, w.stored()) {
		t.Error("a refused setting changed the store")
	}
}

func TestPrintingHidesSecrets(t *testing.T) {
	t.Parallel()

	bearer := credential.Bearer{Token: theSecretToken}
	data, err := json.Marshal(bearer)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprintf("%v %+v %#v %s %q", bearer, bearer, bearer, bearer.Token, bearer.Token), string(data), bearer.Token.LogValue().String(),
	} {
		if strings.Contains(text, theSecretToken) || !strings.Contains(text, "[redacted]") {
			t.Errorf("printed as %s", text)
		}
	}
}

func TestAudit_NamesKeysOnly(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.put(w.client("Oauth2RedirectUri", "https://provisor.example/redirect"))
	w.acquire(give("Oauth2AuthorizationCode", theCode))
	_ = w.Acquire(t.Context(), tenant, sp, nil, give("Oauth2AuthorizationCode", "other-code"))
	if err := w.Configure(t.Context(), tenant, sp, credential.Settings{credential.Scope: "a"}); err != nil {
		t.Fatal(err)
	}
	owner := credential.Owner{Tenant: tenant, ServicePrincipal: sp}
	at := w.clock.Now()
	want := []credential.Event{
		{Time: at, Owner: owner, Action: "put", Keys: []string{"BaseAddress", "Oauth2ClientId", "Oauth2ClientSecret", "Oauth2RedirectUri", "Oauth2TokenExchangeUri"}},
		{Time: at, Owner: owner, Action: "acquire", Keys: []string{"Oauth2AuthorizationCode"}, Grant: "authorization_code", Endpoint: w.app.URL + "/token"},
		{
			Time: at, Owner: owner, Action: "acquire", Keys: []string{"Oauth2AuthorizationCode"}, Grant: "authorization_code", Endpoint: w.app.URL + "/token",
			Code: "InvalidCredentials", OAuth: "invalid_grant",
		},
		{Time: at, Owner: owner, Action: "configure", Keys: []string{"provisor.scope"}},
	}
	if diff := cmp.Diff(want, w.events); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStoreTroubleIsReported(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.memory.readFails = errs.New(errs.Unavailable, "ServiceUnavailable", "The database does not answer.")
	_, listErr := w.List(t.Context(), tenant, sp)
	_, tokenErr := w.Token(t.Context(), tenant, sp)
	_, faultErr := w.Fault(t.Context(), tenant, sp)
	for name, err := range map[string]error{
		"List": listErr, "Token": tokenErr, "Fault": faultErr, "Acquire": w.Acquire(t.Context(), tenant, sp, nil, nil),
	} {
		if !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.memory.heal()
	w.memory.fail(&w.memory.before)
	if err := w.Put(t.Context(), tenant, sp, give("Domain", "a")); !errs.Is(err, errs.Unavailable) {
		t.Errorf("Put: %v", err)
	}
}
