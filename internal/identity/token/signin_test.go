package token_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/identity/issuer"
	"github.com/provisor/provisor/internal/identity/token"
	"github.com/provisor/provisor/internal/tlsauto"
)

// office is a directory of one tenant with one client.
type office struct{ client issuer.Client }

func (o office) Tenant(_ context.Context, name string) (directory.TenantID, error) {
	if strings.EqualFold(name, string(tenantID)) {
		return tenantID, nil
	}
	return "", errs.New(errs.NotFound, "TenantNotFound", "no tenant %s", name)
}

func (office) Consented(context.Context, directory.TenantID, issuer.Client, directory.ObjectID) ([]string, error) {
	return nil, nil
}

func (o office) Client(context.Context, directory.TenantID, string) (issuer.Client, error) {
	return o.client, nil
}

// TestSignIn is the whole way: the local authority's certificate, a published OAuth
// client, the built-in issuer, and the validator twice, with the keys at hand and
// as a stranger who has only the issuer's address.
func TestSignIn(t *testing.T) {
	t.Parallel()

	clock := &clock{}
	certificates, err := tlsauto.Open(tlsauto.Options{Dir: t.TempDir(), Now: wallClock})
	if err != nil {
		t.Fatal(err)
	}
	secret := issuer.NewSecret()
	client := issuer.Client{
		AppID: appID, ServicePrincipalID: objectID, Secrets: []issuer.Secret{{Digest: issuer.Digest(secret)}},
		Roles: []string{string(identity.SynchronizationReadWrite)},
	}
	ring := issuer.NewRing(must(issuer.NewKeySet(start())))
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "https://" + listener.Addr().String()
	authority, err := issuer.New(issuer.Config{
		Now: clock.now, BaseURLs: []string{url}, Tenants: office{}, DefaultTenant: tenantID, Clients: office{client}, Keys: ring,
	})
	if err != nil {
		t.Fatal(err)
	}
	serveTLS(t, listener, authority, certificates.TLSConfig())
	trusting := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots(t, certificates.CAFile())}}}
	t.Cleanup(trusting.CloseIdleConnections)

	given, err := (&clientcredentials.Config{
		ClientID: appID, ClientSecret: secret, TokenURL: url + "/" + string(tenantID) + "/oauth2/v2.0/token",
		Scopes: []string{graph + "/.default", "openid", "offline_access", "profile"}, AuthStyle: oauth2.AuthStyleInParams,
	}).Token(context.WithValue(t.Context(), oauth2.HTTPClient, trusting))
	if err != nil {
		t.Fatal(err)
	}
	atHand := token.Config{Now: clock.now, Tenants: &tenants{}, BaseURLs: []string{url}, Keys: ring}
	discovered := token.Config{
		Now: clock.now, Tenants: &tenants{}, BaseURLs: []string{base}, Client: trusting,
		External: []token.Issuer{{URL: url + "/" + string(tenantID) + "/v2.0"}},
	}
	for name, cfg := range map[string]token.Config{"keys at hand": atHand, "keys by discovery": discovered} {
		validator, err := token.NewValidator(cfg)
		if err != nil {
			t.Fatal(err)
		}
		who, err := validator.Validate(t.Context(), given.AccessToken)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if who.Kind != identity.Application || who.TenantID != tenantID || who.ServicePrincipalID != objectID || who.AppID != appID {
			t.Errorf("%s: got %+v", name, who)
		}
		if err := identity.NewPolicy(identity.Options{}).Authorize(who, identity.AcquireAccessToken, identity.Object{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func serveTLS(t *testing.T, listener net.Listener, handler http.Handler, config *tls.Config) {
	t.Helper()
	server := &http.Server{Handler: handler, TLSConfig: config, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	done := make(chan error, 1)
	go func() { done <- server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
}

func roots(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatal("no certificate in the authority's file")
	}
	return pool
}
