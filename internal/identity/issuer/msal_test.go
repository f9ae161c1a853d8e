package issuer_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
)

func decodeText(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// TestMSAL signs people in with Microsoft's own library, unpatched: in a browser,
// with a device code, and silently afterwards.
func TestMSAL(t *testing.T) {
	t.Parallel()

	for _, authority := range []string{"/common", "/organizations", "/" + string(tenantID), "/" + domain} {
		t.Run(authority, func(t *testing.T) {
			t.Parallel()

			w := newPeople(t)
			client, err := public.New(graphTools, public.WithAuthority(w.URL+authority), public.WithHTTPClient(w.Client()), public.WithInstanceDiscovery(false))
			if err != nil {
				t.Fatal(err)
			}
			scopes := []string{"https://graph.microsoft.com/.default"}
			got, err := client.AcquireTokenInteractive(t.Context(), scopes, public.WithOpenURL(func(address string) error {
				_, text := w.fetch(t, http.MethodGet, address, nil)
				resp, text := w.typed(t, text, adaTypes())
				if strings.Contains(text, `name="code"`) { // it asks for a form
					resp, text = w.postPlain(t, text)
				}
				if resp.StatusCode != http.StatusOK {
					t.Errorf("%s %s", resp.Status, text)
				}
				return nil
			}))
			if err != nil {
				t.Fatal(err)
			}
			if got.Account.PreferredUsername != adaName || got.IDToken.Name != "Ada Lovelace" || payload(t, got.AccessToken)["oid"] != string(ada) {
				t.Errorf("%+v", got)
			}
			silent, err := client.AcquireTokenSilent(t.Context(), scopes, public.WithSilentAccount(got.Account))
			if err != nil || silent.AccessToken != got.AccessToken {
				t.Errorf("from the cache: %v", err)
			}
			other, err := client.AcquireTokenSilent(t.Context(), []string{"User.Read"}, public.WithSilentAccount(got.Account))
			if err != nil || payload(t, other.AccessToken)["scp"] != "User.Read" {
				t.Errorf("refreshed for another scope: %v", err)
			}
		})
	}
}

func TestMSALDeviceCode(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	client, err := public.New(graphTools, public.WithAuthority(w.URL+"/organizations"), public.WithHTTPClient(w.Client()), public.WithInstanceDiscovery(false))
	if err != nil {
		t.Fatal(err)
	}
	code, err := client.AcquireTokenByDeviceCode(t.Context(), []string{"User.Read"})
	if err != nil {
		t.Fatal(err)
	}
	_, text := w.fetch(t, http.MethodPost, code.Result.VerificationURL, url.Values{"user_code": {code.Result.UserCode}})
	w.typed(t, text, adaTypes())
	got, err := code.AuthenticationResult(t.Context())
	if err != nil || got.Account.PreferredUsername != adaName {
		t.Errorf("%+v %v", got, err)
	}
}

// TestMSALConfidential redeems a code with a secret and acquires for itself.
func TestMSALConfidential(t *testing.T) {
	t.Parallel()

	w := newPeople(t)
	credential, err := confidential.NewCredFromSecret("web secret")
	if err != nil {
		t.Fatal(err)
	}
	client, err := confidential.New(w.URL+"/"+string(tenantID), webApp, credential, confidential.WithHTTPClient(w.Client()), confidential.WithInstanceDiscovery(false))
	if err != nil {
		t.Fatal(err)
	}
	request, verifier := asking(webApp, "https://web.example/cb", "User.Read.All openid profile offline_access")
	got, err := client.AcquireTokenByAuthCode(t.Context(), w.codeFor(t, request).Get("code"), "https://web.example/cb", []string{"User.Read.All"}, confidential.WithChallenge(verifier))
	if err != nil || got.Account.PreferredUsername != adaName {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := client.AcquireTokenSilent(t.Context(), []string{"Synchronization.Read.All"}, confidential.WithSilentAccount(got.Account)); err != nil {
		t.Error(err)
	}
	own, err := client.AcquireTokenByCredential(t.Context(), []string{"https://graph.microsoft.com/.default"})
	if err != nil || payload(t, own.AccessToken)["idtyp"] != "app" {
		t.Error(err)
	}
}

// postPlain brings a program on this machine the answer of its browser.
func (w *world) postPlain(t *testing.T, text string) (reply, string) {
	t.Helper()
	target := regexp.MustCompile(`action="([^"]*)"`).FindStringSubmatch(text)[1]
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(hidden(text).Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.Status, resp.StatusCode, resp.Header}, string(answer)
}
