package terraform_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"testing"
)

// place is where the service and the application are that interop/with-server started.
type place struct {
	Service, Target map[string]string
	client          *http.Client
}

func here(t *testing.T) *place {
	t.Helper()
	p := new(place)
	for variable, into := range map[string]*map[string]string{"PROVISOR_BOOTSTRAP": &p.Service, "PROVISOR_TARGET": &p.Target} {
		text, err := os.ReadFile(os.Getenv(variable))
		if err != nil {
			t.Fatalf("start these tests with ./run, which starts the service: %v", err)
		}
		must(t, json.Unmarshal(text, into))
	}
	pem, err := os.ReadFile(os.Getenv("PROVISOR_CA"))
	must(t, err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("PROVISOR_CA has no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	p.client = &http.Client{Transport: transport}
	return p
}

// accounts returns what the application has, by the name that distinguishes it.
func (p *place) accounts(t *testing.T, kind, name string) map[string]map[string]any {
	t.Helper()
	var list struct{ Resources []map[string]any }
	p.get(t, p.Target["scimEndpoint"]+"/"+kind, p.token(t, p.Target["tokenEndpoint"], p.Target, "scim"), &list)
	found := map[string]map[string]any{}
	for _, resource := range list.Resources {
		found[resource[name].(string)] = resource
	}
	return found
}

// directory returns the display names of a collection of the service.
func (p *place) directory(t *testing.T, collection string) []string {
	t.Helper()
	var list struct {
		Value []struct {
			DisplayName string `json:"displayName"`
		} `json:"value"`
	}
	token := p.token(t, p.Service["authority"]+"/oauth2/v2.0/token", p.Service, "https://graph.microsoft.com/.default")
	p.get(t, p.Service["graphEndpoint"]+"/v1.0/"+collection, token, &list)
	names := []string{}
	for _, object := range list.Value {
		names = append(names, object.DisplayName)
	}
	return names
}

func (p *place) get(t *testing.T, address, token string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	must(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := p.client.Do(request)
	must(t, err)
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", address, answer.Status)
	}
	must(t, json.NewDecoder(answer.Body).Decode(into))
}

func (p *place) token(t *testing.T, endpoint string, client map[string]string, scope string) string {
	t.Helper()
	answer, err := p.client.PostForm(endpoint, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {client["clientId"]}, "client_secret": {client["clientSecret"]}, "scope": {scope},
	})
	must(t, err)
	defer func() { _ = answer.Body.Close() }()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	text, err := io.ReadAll(answer.Body)
	must(t, err)
	must(t, json.Unmarshal(text, &token))
	if token.AccessToken == "" {
		t.Fatalf("%s: %s: %s", endpoint, answer.Status, text)
	}
	return token.AccessToken
}
