// Package interop_test runs the published Go code for Microsoft Graph, unpatched,
// against a fresh Provisor over TLS. It is a module of its own, because compiling
// the SDK takes minutes and gigabytes.
package interop_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	auth "github.com/microsoft/kiota-authentication-azure-go"
	khttp "github.com/microsoft/kiota-http-go"
	graph "github.com/microsoftgraph/msgraph-sdk-go"
	graphcore "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/applications"
	"github.com/microsoftgraph/msgraph-sdk-go/applicationtemplates"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	"github.com/microsoftgraph/msgraph-sdk-go/serviceprincipals"
	"github.com/stretchr/testify/require"
)

// bootstrap is what serve writes to --bootstrap-file.
type bootstrap struct {
	GraphEndpoint string `json:"graphEndpoint"`
	Authority     string `json:"authority"`
	TenantID      string `json:"tenantId"`
	ClientID      string `json:"clientId"`
	ClientSecret  string `json:"clientSecret"`
	CACertificate string `json:"caCertificate"`
}

// start builds and starts a server on a free port and waits until it is ready.
func start(t *testing.T) bootstrap {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "provisor")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/provisor")
	build.Dir = filepath.Join("..", "..")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	file := filepath.Join(dir, "bootstrap.json")
	serve := exec.Command(binary, "serve", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--tls", "auto", //nolint:noctx // stopped below, gracefully
		"--bootstrap-file", file, "--egress-allow", "127.0.0.0/8", "--allow-http")
	var log bytes.Buffer
	serve.Stdout, serve.Stderr = &log, &log
	require.NoError(t, serve.Start())
	t.Cleanup(func() {
		require.NoError(t, serve.Process.Signal(os.Interrupt))
		require.NoError(t, serve.Wait(), "%s", &log)
	})
	var b bootstrap
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(text, &b) == nil
	}, 30*time.Second, 50*time.Millisecond, "%s", &log)
	return b
}

// client is the SDK's client, set up as its documentation says, with another
// authority and base URL.
func client(t *testing.T, b bootstrap) *graph.GraphServiceClient {
	t.Helper()
	pem, err := os.ReadFile(b.CACertificate)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	credential, err := azidentity.NewClientSecretCredential(b.TenantID, b.ClientID, b.ClientSecret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: azcore.ClientOptions{
			Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: strings.TrimSuffix(b.Authority, b.TenantID)},
			Transport: &http.Client{Transport: transport},
		},
		DisableInstanceDiscovery: true,
	})
	require.NoError(t, err)
	provider, err := auth.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(credential,
		[]string{"https://graph.microsoft.com/.default"}, []string{"127.0.0.1", "localhost"})
	require.NoError(t, err)
	options := graph.GetDefaultClientOptions()
	httpClient := &http.Client{Transport: khttp.NewCustomTransportWithParentTransport(transport, graphcore.GetDefaultMiddlewaresWithOptions(&options)...)}
	adapter, err := graph.NewGraphRequestAdapterWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(provider, nil, nil, httpClient)
	require.NoError(t, err)
	adapter.SetBaseUrl(b.GraphEndpoint + "/v1.0")
	return graph.NewGraphServiceClient(adapter)
}

// tokenEndpoint is an authorization server's token endpoint that grants one code
// and one client.
func tokenEndpoint(t *testing.T) (string, *[]string) {
	t.Helper()
	var grants []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		grants = append(grants, r.FormValue("grant_type"))
		w.Header().Set("Content-Type", "application/json")
		if r.FormValue("grant_type") == "authorization_code" && r.FormValue("code") != "good" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant","error_description":"the code is unknown"}`))
			return
		}
		_, _ = w.Write([]byte(`{"access_token":"a-token","token_type":"Bearer","expires_in":3600,"refresh_token":"r-token"}`))
	}))
	t.Cleanup(server.Close)
	return server.URL, &grants
}

func pair(key models.SynchronizationSecret, value string) models.SynchronizationSecretKeyStringValuePairable {
	p := models.NewSynchronizationSecretKeyStringValuePair()
	p.SetKey(&key)
	p.SetValue(&value)
	return p
}

func TestPublishedSnippetOnBothContainers(t *testing.T) {
	ctx := t.Context()
	c := client(t, start(t))
	endpoint, grants := tokenEndpoint(t)
	applicationID, servicePrincipalID := instantiate(ctx, t, c)

	// Every pair of the published snippet carries its type only: nothing is given
	// and nothing is stored, so the answer says what is missing.
	snippet := serviceprincipals.NewItemSynchronizationAcquireAccessTokenPostRequestBody()
	snippet.SetCredentials([]models.SynchronizationSecretKeyStringValuePairable{models.NewSynchronizationSecretKeyStringValuePair()})
	err := c.ServicePrincipals().ByServicePrincipalId(servicePrincipalID).Synchronization().AcquireAccessToken().Post(ctx, snippet, nil)
	var fault *odataerrors.ODataError
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "CredentialsMissing", *fault.GetErrorEscaped().GetCode())

	body := serviceprincipals.NewItemSynchronizationAcquireAccessTokenPostRequestBody()
	body.SetCredentials([]models.SynchronizationSecretKeyStringValuePairable{
		pair(models.OAUTH2CLIENTID_SYNCHRONIZATIONSECRET, "app"), pair(models.OAUTH2CLIENTSECRET_SYNCHRONIZATIONSECRET, "secret"),
		pair(models.OAUTH2TOKENEXCHANGEURI_SYNCHRONIZATIONSECRET, endpoint), pair(models.OAUTH2AUTHORIZATIONCODE_SYNCHRONIZATIONSECRET, "good"),
		pair(models.OAUTH2REDIRECTURI_SYNCHRONIZATIONSECRET, "https://portal.example/TokenAuthorize"),
	})
	require.NoError(t, c.ServicePrincipals().ByServicePrincipalId(servicePrincipalID).Synchronization().AcquireAccessToken().Post(ctx, body, nil))

	// What was given is kept: the snippet with nothing in it now refreshes.
	again := applications.NewItemSynchronizationAcquireAccessTokenPostRequestBody()
	again.SetCredentials([]models.SynchronizationSecretKeyStringValuePairable{models.NewSynchronizationSecretKeyStringValuePair()})
	require.NoError(t, c.Applications().ByApplicationId(applicationID).Synchronization().AcquireAccessToken().Post(ctx, again, nil))
	require.Equal(t, []string{"authorization_code", "refresh_token"}, *grants)

	bad := applications.NewItemSynchronizationAcquireAccessTokenPostRequestBody()
	bad.SetCredentials([]models.SynchronizationSecretKeyStringValuePairable{pair(models.OAUTH2AUTHORIZATIONCODE_SYNCHRONIZATIONSECRET, "bad")})
	err = c.Applications().ByApplicationId(applicationID).Synchronization().AcquireAccessToken().Post(ctx, bad, nil)
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "InvalidCredentials", *fault.GetErrorEscaped().GetCode())
	require.Contains(t, *fault.GetErrorEscaped().GetMessage(), "invalid_grant")
}

func TestUnknownServicePrincipalIsATypedError(t *testing.T) {
	c := client(t, start(t))
	body := serviceprincipals.NewItemSynchronizationAcquireAccessTokenPostRequestBody()
	err := c.ServicePrincipals().ByServicePrincipalId("00000000-0000-0000-0000-00000000dead").Synchronization().AcquireAccessToken().Post(t.Context(), body, nil)
	var fault *odataerrors.ODataError
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "Request_ResourceNotFound", *fault.GetErrorEscaped().GetCode())
	require.Equal(t, 404, fault.ResponseStatusCode)
}

// instantiate makes an application from the non-gallery template.
func instantiate(ctx context.Context, t *testing.T, c *graph.GraphServiceClient) (string, string) {
	t.Helper()
	body := applicationtemplates.NewItemInstantiatePostRequestBody()
	name := "Interop"
	body.SetDisplayName(&name)
	made, err := c.ApplicationTemplates().ByApplicationTemplateId("8adf8e6e-67b2-4cf2-a259-e3dc5476c621").Instantiate().Post(ctx, body, nil)
	require.NoError(t, err)
	return *made.GetApplication().GetId(), *made.GetServicePrincipal().GetId()
}
