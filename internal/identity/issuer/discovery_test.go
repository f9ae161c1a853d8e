package issuer_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/identity/issuer"
)

// TestDiscoveryDocuments compares the documents with the golden ones, the server's
// address apart.
func TestDiscoveryDocuments(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	tests := []struct{ file, path string }{
		{"openid-v2", "/" + string(tenantID) + "/v2.0/.well-known/openid-configuration"},
		{"openid-v1", "/" + domain + "/.well-known/openid-configuration"},
		{"openid-common", "/common/v2.0/.well-known/openid-configuration"},
		{"instance", "/common/discovery/instance?api-version=1.1&authorization_endpoint=" + w.URL + "/" + domain + "/oauth2/v2.0/authorize"},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()

			var got map[string]any
			if status := w.get(t, tt.path, &got); status != http.StatusOK {
				t.Fatalf("status %d: %v", status, got)
			}
			text, err := os.ReadFile("testdata/" + tt.file + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]any
			golden := strings.NewReplacer("https://HOST", w.URL, "HOST", strings.TrimPrefix(w.URL, "https://")).Replace(string(text))
			if err := json.Unmarshal([]byte(golden), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestDiscoveryRefusesStrangers(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	for path, code := range map[string]string{
		"/fabrikam.example/v2.0/.well-known/openid-configuration":                                   "invalid_request",
		"/common/discovery/instance?authorization_endpoint=https://evil.example/t/oauth2/authorize": "invalid_instance",
		"/common/discovery/instance?authorization_endpoint=%25":                                     "invalid_instance",
		"/common/discovery/instance":                                                                "invalid_instance",
	} {
		var got answer
		if status := w.get(t, path, &got); status != http.StatusBadRequest || got.Error != code {
			t.Errorf("%s: %d %+v", path, status, got)
		}
	}
}

// TestForeignHostIsAnsweredInOurTerms: a Host header we do not know never comes back
// as an address.
func TestForeignHostIsAnsweredInOurTerms(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/common/v2.0/.well-known/openid-configuration", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	resp, err := w.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var got map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got["token_endpoint"] != "https://provisor.example/common/oauth2/v2.0/token" {
		t.Errorf("token endpoint %v", got["token_endpoint"])
	}
}

// TestCloudMetadata holds what Terraform insists on (graph-api.md e.4).
func TestCloudMetadata(t *testing.T) {
	t.Parallel()

	const want = `{"name":"Provisor","portal":"https://host:8443",` +
		`"authentication":{"loginEndpoint":"https://host:8443","audiences":["https://host:8443"],"tenant":"common","identityProvider":"AAD"},` +
		`"media":"https://host:8443","graphAudience":"https://host:8443","graph":"https://host:8443","batch":"https://host:8443",` +
		`"resourceManager":"https://host:8443/","microsoftGraphResourceId":"https://host:8443/","suffixes":{}}`
	got, err := json.Marshal(issuer.NewCloudMetadata("https://host:8443/"))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
