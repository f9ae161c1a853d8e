package token

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// Issuer is an external OpenID Connect issuer whose tokens are accepted: Entra
// itself, Keycloak, and the like.
type Issuer struct {
	// URL is claim iss, exactly. The mark {tenantid} stands for claim tid, as in the
	// issuer of Entra's common authority.
	URL string
	// DiscoveryURL is where /.well-known/openid-configuration is appended. Empty
	// means URL; an URL with a mark needs it.
	DiscoveryURL string
	// Tenant receives the issuer's callers, whatever tenant their tokens name. Empty
	// means the tenant named by the token, so that the issuer is trusted for every
	// tenant there is.
	Tenant directory.TenantID
	// Audiences are accepted from this issuer besides those of Config.
	Audiences []string
	// Claims says where its tokens keep what Entra's tokens keep elsewhere.
	Claims ClaimNames
}

// validate returns what is wrong with the configuration, or nil.
func (i Issuer) validate() error {
	switch {
	case i.URL == "":
		return errs.New(errs.Invalid, "InvalidConfiguration", "An external issuer has no URL.")
	case strings.Contains(i.URL, tenantMark) && i.DiscoveryURL == "":
		return errs.New(errs.Invalid, "InvalidConfiguration",
			"The issuer %s stands for many tenants; give the discovery URL of one of them or of the common authority.", i.URL)
	}
	return nil
}

const (
	tenantMark = "{tenantid}"
	// pause is the least time between two attempts at the same issuer, so that
	// tokens with invented key ids, or an issuer that is down, cause no storm.
	pause = 10 * time.Second
)

// external is an issuer elsewhere. Discovery happens with the first token.
type external struct {
	Issuer
	client *http.Client
	now    func() time.Time

	gate     chan struct{} // held by the one who looks at or fills what follows
	keys     oidc.KeySet
	failed   error
	failedAt time.Time
}

func newExternal(i Issuer, client *http.Client, now func() time.Time) *external {
	return &external{Issuer: i, client: thrifty(client, now), now: now, gate: make(chan struct{}, 1)}
}

func (e *external) issued(iss, tid string) bool {
	return iss == strings.ReplaceAll(e.URL, tenantMark, tid)
}

func (e *external) payload(ctx context.Context, _ *jose.JSONWebSignature, raw string) ([]byte, error) {
	keys, err := e.keySet(ctx)
	if err != nil {
		return nil, err
	}
	payload, err := keys.VerifySignature(ctx, raw)
	switch {
	case err == nil:
		return payload, nil
	case errs.Is(err, errs.Unavailable):
		return nil, e.unavailable(err)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, refuse("The token's signature does not match any key that %s publishes.", e.URL)
}

func (e *external) claimNames() ClaimNames     { return e.Claims }
func (e *external) tenant() directory.TenantID { return e.Tenant }
func (e *external) accepts(aud string) bool    { return slices.Contains(e.Audiences, aud) }
func (e *external) String() string             { return e.URL }

// keySet returns the issuer's keys after discovery, one discovery at a time.
func (e *external) keySet(ctx context.Context) (oidc.KeySet, error) {
	select {
	case e.gate <- struct{}{}:
		defer func() { <-e.gate }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if e.keys != nil {
		return e.keys, nil
	}
	if e.failed != nil && e.now().Before(e.failedAt.Add(pause)) {
		return nil, e.failed
	}
	keys, err := e.discover(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err() // the caller left; that says nothing of the issuer
	}
	if err != nil {
		e.failed, e.failedAt = e.unavailable(err), e.now()
		return nil, e.failed
	}
	e.keys = keys
	return keys, nil
}

func (e *external) discover(ctx context.Context) (oidc.KeySet, error) {
	ctx = oidc.ClientContext(ctx, e.client)
	base := e.URL
	if e.DiscoveryURL != "" {
		base = e.DiscoveryURL
		ctx = oidc.InsecureIssuerURLContext(ctx, e.URL)
	}
	provider, err := oidc.NewProvider(ctx, base)
	if err != nil {
		return nil, err
	}
	var document struct {
		Issuer  string `json:"issuer"`
		KeysURL string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil {
		return nil, err
	}
	if document.Issuer != e.URL {
		return nil, &oidc.IssuerMismatchError{Provided: e.URL, Discovered: document.Issuer}
	}
	return oidc.NewRemoteKeySet(ctx, document.KeysURL), nil
}

func (e *external) unavailable(cause error) error {
	err := errs.Wrap(cause, errs.Unavailable, "ServiceUnavailable",
		"The keys of issuer %s cannot be fetched, so its tokens cannot be checked; try again later.", e.URL)
	err.RetryAfter = pause
	return err
}
