// Package interop_test runs the published Go code for Microsoft Graph, unpatched,
// against a fresh Provisor over TLS. It is a module of its own, because compiling
// the SDK takes minutes and gigabytes.
package interop_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	auth "github.com/microsoft/kiota-authentication-azure-go"
	khttp "github.com/microsoft/kiota-http-go"
	graph "github.com/microsoftgraph/msgraph-sdk-go"
	graphcore "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/stretchr/testify/require"
)

const graphScope = "https://graph.microsoft.com/.default"

// redirectURI is where an administrator is sent back to.
const redirectURI = "http://127.0.0.1/callback"

// place is where the service and the application are that interop/with-server
// started.
type place struct {
	Service struct {
		GraphEndpoint string `json:"graphEndpoint"`
		Authority     string `json:"authority"`
		TenantID      string `json:"tenantId"`
		ClientID      string `json:"clientId"`
		ClientSecret  string `json:"clientSecret"`
	}
	Target struct {
		SCIMEndpoint          string `json:"scimEndpoint"`
		TokenEndpoint         string `json:"tokenEndpoint"`
		AuthorizationEndpoint string `json:"authorizationEndpoint"`
		ClientID              string `json:"clientId"`
		ClientSecret          string `json:"clientSecret"`
	}
	transport *http.Transport // trusts the service
}

func here(t *testing.T) *place {
	t.Helper()
	if os.Getenv("PROVISOR_BOOTSTRAP") == "" {
		t.Fatal("start these tests with ./run, which starts the service")
	}
	p := new(place)
	read(t, os.Getenv("PROVISOR_BOOTSTRAP"), &p.Service)
	read(t, os.Getenv("PROVISOR_TARGET"), &p.Target)
	pem, err := os.ReadFile(os.Getenv("PROVISOR_CA"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	p.transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	return p
}

func read(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into))
}

// options are those of every credential: another cloud, and whom to trust.
func (p *place) options() azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: strings.TrimSuffix(p.Service.Authority, p.Service.TenantID)},
		Transport: &http.Client{Transport: p.transport},
	}
}

func (p *place) bySecret(t *testing.T, id, secret string) azcore.TokenCredential {
	t.Helper()
	made, err := azidentity.NewClientSecretCredential(p.Service.TenantID, id, secret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: p.options(), DisableInstanceDiscovery: true})
	require.NoError(t, err)
	return made
}

// client is the SDK's client, set up as its documentation says, with another
// authority and base URL.
func (p *place) client(t *testing.T, credential azcore.TokenCredential) *graph.GraphServiceClient {
	t.Helper()
	provider, err := auth.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(credential, []string{graphScope}, []string{"127.0.0.1", "localhost"})
	require.NoError(t, err)
	options := graph.GetDefaultClientOptions()
	httpClient := &http.Client{Transport: khttp.NewCustomTransportWithParentTransport(p.transport, graphcore.GetDefaultMiddlewaresWithOptions(&options)...)}
	adapter, err := graph.NewGraphRequestAdapterWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(provider, nil, nil, httpClient)
	require.NoError(t, err)
	adapter.SetBaseUrl(p.Service.GraphEndpoint + "/v1.0")
	return graph.NewGraphServiceClient(adapter)
}

func (p *place) administrator(t *testing.T) *graph.GraphServiceClient {
	t.Helper()
	return p.client(t, p.bySecret(t, p.Service.ClientID, p.Service.ClientSecret))
}

// code lets an administrator consent at the application, who is sent back with it.
func (p *place) code(t *testing.T) string {
	t.Helper()
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := stay.Get(p.Target.AuthorizationEndpoint + "?" + url.Values{
		"response_type": {"code"}, "client_id": {p.Target.ClientID}, "redirect_uri": {redirectURI}, "state": {"s"}, "scope": {"scim"},
	}.Encode())
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	location, err := answer.Location()
	require.NoError(t, err)
	return location.Query().Get("code")
}

// account is what the application holds of a user name; nil when it holds nothing.
func (p *place) account(t *testing.T, userName string) map[string]any {
	t.Helper()
	answer, err := http.PostForm(p.Target.TokenEndpoint, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {p.Target.ClientID}, "client_secret": {p.Target.ClientSecret},
	})
	require.NoError(t, err)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	decode(t, answer, &token)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		p.Target.SCIMEndpoint+"/Users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", userName)), nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token.AccessToken)
	answer, err = http.DefaultClient.Do(request)
	require.NoError(t, err)
	var found struct{ Resources []map[string]any }
	decode(t, answer, &found)
	if len(found.Resources) == 0 {
		return nil
	}
	return found.Resources[0]
}

func decode(t *testing.T, answer *http.Response, into any) {
	t.Helper()
	defer func() { require.NoError(t, answer.Body.Close()) }()
	require.NoError(t, json.NewDecoder(answer.Body).Decode(into))
}

// refusal is one documented error, with names in braces to be filled in.
type refusal struct {
	Name, Method, Path, Type, Code, Says string

	Text   *string
	Body   json.RawMessage
	Status int
}

func refusals(t *testing.T) []refusal {
	t.Helper()
	var all []refusal
	read(t, filepath.Join(os.Getenv("PROVISOR_INTEROP"), "refusals.json"), &all)
	return all
}
