package credential_test

import (
	"net/http"
	"testing"

	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/keyring"
	"github.com/provisor/provisor/internal/oauth"
	"github.com/provisor/provisor/internal/store"
	sync11n "github.com/provisor/provisor/internal/synchronization"
)

// Whatever template, store and request say, what is sent is the request's value
// over the stored over the template's, and what is stored afterwards is the
// request's over the stored.
func TestAcquire_MergeProperty(t *testing.T) {
	t.Parallel()

	app := newApplication(t)
	app.interpose = reply(http.StatusOK, "application/json", `{"access_token":"a","token_type":"Bearer"}`)
	ring, err := keyring.New()
	if err != nil {
		t.Fatal(err)
	}
	now := (&clock{}).Now
	client := &oauth.Client{HTTP: app.Client(), Now: now}
	keys := []sync11n.Secret{sync11n.SecretOauth2ClientId, sync11n.SecretOauth2RefreshToken}
	member := map[sync11n.Secret]string{sync11n.SecretOauth2ClientId: "client_id", sync11n.SecretOauth2RefreshToken: "refresh_token"}

	rapid.Check(t, func(rt *rapid.T) {
		m := &memory{secrets: map[credential.Owner][]store.SealedSecret{}, leases: map[string]leased{}}
		s := credential.New(credential.Options{Secrets: m, Leases: m, Keyring: ring, OAuth: client, Egress: policy(), Holder: "a", Now: now})
		template := credential.Settings{"Oauth2TokenExchangeUri": app.URL + "/token", credential.ClientAuthentication: "none"}
		var stored, given []credential.Given
		sent, kept := map[sync11n.Secret]string{}, map[sync11n.Secret]string{}
		for _, key := range keys {
			if rapid.Bool().Draw(rt, "in template") {
				template[credential.KeyOf(key)] = "template"
				sent[key] = "template"
			}
			if rapid.Bool().Draw(rt, "stored") {
				stored = append(stored, credential.Given{Key: key, Value: "stored"})
				sent[key], kept[key] = "stored", "*"
			}
			switch value := rapid.SampledFrom([]string{"absent", "*", "", "null", "given"}).Draw(rt, "given"); value {
			case "absent":
			case "null":
				given = append(given, credential.Given{Key: key, Null: true})
			case "given":
				given = append(given, credential.Given{Key: key, Value: value})
				sent[key], kept[key] = value, "*"
			default:
				given = append(given, credential.Given{Key: key, Value: value})
			}
		}
		if err := s.Put(t.Context(), tenant, sp, stored); err != nil {
			rt.Fatal(err)
		}
		app.set(func(a *application) { a.requests = nil })
		err := s.Acquire(t.Context(), tenant, sp, template, given)
		calls := app.calls()
		if (err == nil) != (sent[sync11n.SecretOauth2ClientId] != "") || (err == nil) != (len(calls) == 1) {
			rt.Fatalf("error %v after %d calls, sent should be %v", err, len(calls), sent)
		}
		if err != nil {
			return
		}
		for _, key := range keys {
			if got := calls[0].Get(member[key]); got != sent[key] {
				rt.Fatalf("sent %s %q, want %q", key, got, sent[key])
			}
		}
		listed, err := s.List(t.Context(), tenant, sp)
		if err != nil {
			rt.Fatal(err)
		}
		got := map[sync11n.Secret]bool{}
		for _, p := range listed {
			got[p.Key] = true
		}
		for _, key := range keys {
			if got[key] != (kept[key] != "") {
				rt.Fatalf("%s is listed: %v; stored %v, given %v", key, got[key], stored, given)
			}
		}
	})
}
