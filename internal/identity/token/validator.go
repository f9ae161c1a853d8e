package token

import (
	"context"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
)

// Tenants tells which tenants exist.
type Tenants interface {
	// KnownTenant reports whether id is a tenant of this service.
	KnownTenant(ctx context.Context, id directory.TenantID) (bool, error)
}

// Config is what a [Validator] needs.
type Config struct {
	// Now is the clock. Required.
	Now func() time.Time
	// Tenants is asked about the tenant of every token. Required.
	Tenants Tenants
	// BaseURLs are the URLs of the built-in authority, without trailing slash, the
	// one for challenges first. Required.
	BaseURLs []string
	// Keys are those of the built-in authority. Nil means that there is none.
	Keys PublicKeys
	// External are further issuers.
	External []Issuer
	// Audiences are those accepted from every issuer. Nil means
	// identity.Audiences(BaseURLs...).
	Audiences []string
	// Skew is how far the clocks of issuers may differ from ours. Zero means one minute.
	Skew time.Duration
	// Client fetches discovery documents and keys. Nil means http.DefaultClient.
	Client *http.Client
	// CacheSize is how many tokens are remembered, at most twice. Zero means 4096.
	CacheSize int
}

// Validator checks access tokens. It may be used from any goroutine.
type Validator struct {
	cfg         Config
	authorities []authority
	cache       *cache
}

// NewValidator returns a validator, or an error of kind Invalid.
func NewValidator(cfg Config) (*Validator, error) {
	if cfg.Now == nil || cfg.Tenants == nil || len(cfg.BaseURLs) == 0 {
		return nil, errs.New(errs.Invalid, "InvalidConfiguration", "Token validation needs a clock, the tenants and the service's own URL.")
	}
	cfg.BaseURLs = trimmed(cfg.BaseURLs)
	if cfg.Audiences == nil {
		cfg.Audiences = identity.Audiences(cfg.BaseURLs...)
	}
	if cfg.Skew == 0 {
		cfg.Skew = time.Minute
	}
	if cfg.Client == nil {
		cfg.Client = http.DefaultClient
	}
	if cfg.CacheSize == 0 {
		cfg.CacheSize = 4096
	}
	v := &Validator{cfg: cfg, cache: newCache(cfg.CacheSize)}
	if cfg.Keys != nil {
		v.authorities = append(v.authorities, builtIn{bases: cfg.BaseURLs, keys: cfg.Keys})
	}
	for _, issuer := range cfg.External {
		if err := issuer.validate(); err != nil {
			return nil, err
		}
		v.authorities = append(v.authorities, newExternal(issuer, cfg.Client, cfg.Now))
	}
	return v, nil
}

func trimmed(urls []string) []string {
	out := make([]string, len(urls))
	for i, u := range urls {
		out[i] = strings.TrimRight(u, "/")
	}
	return out
}

// limit is the greatest length of a token, in bytes; Entra's stay far below.
const limit = 16 << 10

// Validate returns whom the token raw speaks for. A token that does not hold is an
// error of kind Unauthenticated that says why; an external issuer whose keys cannot
// be fetched is Unavailable; errors of Tenants come back as they are.
func (v *Validator) Validate(ctx context.Context, raw string) (identity.Caller, error) {
	if raw == "" {
		return identity.Caller{}, refuse("The access token is empty; send it as Authorization: Bearer <token>.")
	}
	if len(raw) > limit {
		return identity.Caller{}, refuse("The access token is longer than %d bytes.", limit)
	}
	key := digest(sha256.Sum256([]byte(raw)))
	if who, ok := v.cache.get(key, v.cfg.Now()); ok {
		return who, nil
	}
	who, expires, err := v.check(ctx, raw)
	if err != nil {
		return identity.Caller{}, err
	}
	v.cache.put(key, who, expires)
	return who, nil
}

// Forget drops what is remembered, so that every token is checked anew: call it
// when a tenant is deleted or a signing key is withdrawn.
func (v *Validator) Forget() { v.cache.clear() }

// check takes a token through all steps.
func (v *Validator) check(ctx context.Context, raw string) (identity.Caller, time.Time, error) {
	jws, err := parse(raw)
	if err != nil {
		return identity.Caller{}, time.Time{}, err
	}
	from, err := v.issuer(jws)
	if err != nil {
		return identity.Caller{}, time.Time{}, err
	}
	payload, err := from.payload(ctx, jws, raw)
	if err != nil {
		return identity.Caller{}, time.Time{}, err
	}
	c, err := readClaims(payload, from.claimNames())
	if err != nil {
		return identity.Caller{}, time.Time{}, refuse("The token's claims cannot be read.")
	}
	if err := v.checkTime(c); err != nil {
		return identity.Caller{}, time.Time{}, err
	}
	if err := v.checkAudience(c, from); err != nil {
		return identity.Caller{}, time.Time{}, err
	}
	tenant, err := v.tenant(ctx, c, from)
	if err != nil {
		return identity.Caller{}, time.Time{}, err
	}
	return c.caller(tenant), c.Expiry.Time().Add(v.cfg.Skew), nil
}

// issuer finds who claims to have issued the token. Nothing in it is trusted yet.
func (v *Validator) issuer(jws *jose.JSONWebSignature) (authority, error) {
	c, err := readClaims(jws.UnsafePayloadWithoutVerification(), ClaimNames{})
	if err != nil {
		return nil, refuse("The token's claims cannot be read.")
	}
	for _, a := range v.authorities {
		if a.issued(c.Issuer, c.TenantID) {
			return a, nil
		}
	}
	return nil, refuse("The issuer %s is not accepted for tenant %s; sign in at %s.", quote(c.Issuer), quote(c.TenantID), v.cfg.BaseURLs[0])
}

func (v *Validator) checkTime(c claims) error {
	now := v.cfg.Now()
	if c.Expiry == nil {
		return refuse("The token has no expiry (claim exp).")
	}
	if expiry := c.Expiry.Time(); !now.Before(expiry.Add(v.cfg.Skew)) {
		return refuse("The token expired at %s; it is %s. Request a new one.", stamp(expiry), stamp(now))
	}
	if c.NotBefore == nil {
		return nil
	}
	if begin := c.NotBefore.Time(); now.Before(begin.Add(-v.cfg.Skew)) {
		return refuse("The token is not valid before %s; it is %s. Compare the clocks.", stamp(begin), stamp(now))
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (v *Validator) checkAudience(c claims, from authority) error {
	for _, aud := range c.Audience {
		if slices.Contains(v.cfg.Audiences, aud) || from.accepts(aud) {
			return nil
		}
	}
	return refuse("The audience %s is not accepted; request a token for %s.", quote(strings.Join(c.Audience, " ")), v.cfg.Audiences[0])
}

// tenant returns the caller's tenant. Personal accounts have one of their own, which
// nobody need know; the permission table refuses them.
func (v *Validator) tenant(ctx context.Context, c claims, from authority) (directory.TenantID, error) {
	id := from.tenant()
	if id == "" {
		id = c.tenant()
	}
	if c.personal() {
		return id, nil
	}
	if id == "" {
		return "", refuse("The token names no tenant (claim tid).")
	}
	known, err := v.cfg.Tenants.KnownTenant(ctx, id)
	if err != nil {
		return "", err
	}
	if !known {
		return "", refuse("The tenant %s does not exist here.", quote(string(id)))
	}
	return id, nil
}
