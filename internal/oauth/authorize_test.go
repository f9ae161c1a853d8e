package oauth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"testing"

	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/oauth"
)

func TestAuthorizationURL(t *testing.T) {
	t.Parallel()

	sum := sha256.Sum256([]byte(verifier))
	pkce := "&code_challenge=" + base64.RawURLEncoding.EncodeToString(sum[:]) + "&code_challenge_method=S256"
	full := oauth.Authorization{
		ClientID: "id 1", RedirectURI: "https://p.example/redirect?a=b", State: "s/1", Scope: "scim users", CodeVerifier: verifier,
	}
	ours := "response_type=code&client_id=id+1&redirect_uri=https%3A%2F%2Fp.example%2Fredirect%3Fa%3Db&scope=scim+users&state=s%2F1" + pkce
	tests := []struct {
		name     string
		endpoint string
		want     string
	}{
		{"plain", "https://a.example/authorize", "https://a.example/authorize?" + ours},
		{"with a query", "https://a.example/authorize?tenant=a%2Fb&flag", "https://a.example/authorize?tenant=a%2Fb&flag&" + ours},
		{"with a query of ours", "https://a.example/authorize?state=old&client%5Fid=x&prompt=consent", "https://a.example/authorize?prompt=consent&" + ours},
		{"with an unreadable query", "https://a.example/authorize?%zz=1", "https://a.example/authorize?%zz=1&" + ours},
		{"with a fragment", "https://a.example/authorize#top", "https://a.example/authorize?" + ours},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			a := full
			a.Endpoint = tt.endpoint
			got, err := oauth.AuthorizationURL(a)
			if err != nil || got != tt.want {
				t.Errorf("got %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
}

func TestAuthorizationURL_Refuses(t *testing.T) {
	t.Parallel()

	for _, endpoint := range []string{"", "/authorize", "https://", "http://a b/", "javascript://a.example/%0aalert(1)"} {
		if got, err := oauth.AuthorizationURL(oauth.Authorization{Endpoint: endpoint}); err == nil {
			t.Errorf("%q gives %q", endpoint, got)
		}
	}
}

// Whatever the values, a server reads back what was meant, and keeps what was there.
func TestAuthorizationURL_Property(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(1, 20, -1)
		kept := text.Draw(t, "kept")
		a := oauth.Authorization{
			Endpoint: "https://a.example/authorize?" + url.Values{"kept": {kept}, "state": {"old"}}.Encode(),
			ClientID: text.Draw(t, "client"), RedirectURI: text.Draw(t, "redirect"), State: text.Draw(t, "state"), Scope: text.Draw(t, "scope"),
			Resource: text.Draw(t, "resource"), Audience: text.Draw(t, "audience"),
		}
		raw, err := oauth.AuthorizationURL(a)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		got := u.Query()
		for name, want := range map[string]string{
			"kept": kept, "client_id": a.ClientID, "redirect_uri": a.RedirectURI, "state": a.State, "scope": a.Scope, "resource": a.Resource,
			"audience": a.Audience, "response_type": "code",
		} {
			if len(got[name]) != 1 || got.Get(name) != want {
				t.Fatalf("%s = %q, want %q", name, got[name], want)
			}
		}
		if got.Has("code_challenge") {
			t.Fatal("a challenge is sent without a verifier")
		}
	})
}

func TestNewVerifierAndState(t *testing.T) {
	t.Parallel()

	if a, b := oauth.NewVerifier(), oauth.NewVerifier(); a == b || len(a) < 43 || len(a) > 128 {
		t.Errorf("verifiers %q and %q", a, b)
	}
	if a, b := oauth.NewState(), oauth.NewState(); a == b || len(a) < 26 {
		t.Errorf("states %q and %q", a, b)
	}
}

func ExampleAuthorizationURL() {
	location, _ := oauth.AuthorizationURL(oauth.Authorization{
		Endpoint: "https://app.example/oauth/authorize?tenant=7", ClientID: "provisor", RedirectURI: "https://provisor.example/redirect", State: "x1",
	})
	fmt.Println(location)
	// Output:
	// https://app.example/oauth/authorize?tenant=7&response_type=code&client_id=provisor&redirect_uri=https%3A%2F%2Fprovisor.example%2Fredirect&state=x1
}
