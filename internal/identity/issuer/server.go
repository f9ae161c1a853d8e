package issuer

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store"
)

// Tenants finds tenants.
type Tenants interface {
	// Tenant returns the id of the tenant whose id or verified domain is name,
	// ignoring case. NotFound when there is none.
	Tenant(ctx context.Context, name string) (directory.TenantID, error)
}

// Keys are the signing keys. Methods may be called from any goroutine.
type Keys interface {
	// Current is the key that signs.
	Current() SigningKey
	// PublicKeys are all keys whose signatures still count, the current one first.
	PublicKeys() []jose.JSONWebKey
}

// Config is what a [Server] needs. Every field without a default is required.
type Config struct {
	// Now is the clock.
	Now func() time.Time
	// BaseURLs are the URLs under which clients reach the authority. A request that
	// comes to the host of one is answered in its terms, any other in those of the
	// first.
	BaseURLs []string
	Tenants  Tenants
	// DefaultTenant is what common and organizations stand for.
	DefaultTenant directory.TenantID
	Clients       Clients
	Keys          Keys
	// Users are the people who sign in, and Issued keeps what is handed out meanwhile.
	// Without both, people cannot sign in; applications can.
	Users  Users
	Issued store.IssuedGrants
	// Pick lets people choose who they are, without a password: for laptops and tests.
	Pick bool
	// Audiences are the resources for which tokens are given. Nil means
	// identity.Audiences(BaseURLs...).
	Audiences []string
	// Lifetime is how long a token is valid. Zero means one hour.
	Lifetime time.Duration
	// Log gets a line for each refused request. Nil means none.
	Log *slog.Logger
}

// Server answers the authority's requests. It may be used from any goroutine.
type Server struct {
	cfg       Config
	mux       *http.ServeMux
	grants    map[string]grant
	attempts  *attempts
	passwords *passwordChecks
}

// New returns a server, or an error of kind Invalid.
func New(cfg Config) (*Server, error) {
	if cfg.Now == nil || cfg.Tenants == nil || cfg.Clients == nil || cfg.Keys == nil || len(cfg.BaseURLs) == 0 || cfg.Lifetime < 0 {
		return nil, errs.New(errs.Invalid, "InvalidConfiguration",
			"The issuer needs a clock, tenants, clients, keys, its own URL and a lifetime that is not negative.")
	}
	bases := make([]string, len(cfg.BaseURLs))
	for i, b := range cfg.BaseURLs {
		bases[i] = strings.TrimRight(b, "/")
	}
	cfg.BaseURLs = bases
	if cfg.Audiences == nil {
		cfg.Audiences = identity.Audiences(bases...)
	}
	if cfg.Lifetime == 0 {
		cfg.Lifetime = time.Hour
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux(), grants: map[string]grant{}, attempts: newAttempts(), passwords: newPasswordChecks()}
	for _, g := range []grant{clientCredentials{s}, authorizationCode{s}, deviceCode{s}, refreshToken{s}} {
		s.grants[g.name()] = g
	}
	s.routes()
	return s, nil
}

func (s *Server) routes() {
	for path, v := range map[string]version{"/{tenant}/oauth2/v2.0": v2, "/{tenant}/oauth2": v1} {
		s.mux.HandleFunc("POST "+path+"/token", s.openToScripts(s.serveToken(v)))
		s.mux.HandleFunc("OPTIONS "+path+"/token", s.servePreflight)
		s.mux.HandleFunc("POST "+path+"/devicecode", s.serveDevice(v))
		s.mux.HandleFunc("GET "+path+"/authorize", s.serveAuthorize(v))
		s.mux.HandleFunc("POST "+path+"/authorize", s.serveAuthorize(v))
		s.mux.HandleFunc("GET "+path+"/logout", s.serveLogout)
		s.mux.HandleFunc("POST "+path+"/logout", s.serveLogout)
	}
	for path, v := range map[string]version{"/{tenant}/v2.0": v2, "/{tenant}": v1} {
		s.mux.HandleFunc("GET "+path+"/.well-known/openid-configuration", s.openToScripts(s.serveDiscovery(v)))
	}
	s.mux.HandleFunc("GET /{tenant}/discovery/v2.0/keys", s.openToScripts(s.serveKeys))
	s.mux.HandleFunc("GET /{tenant}/discovery/keys", s.openToScripts(s.serveKeys))
	s.mux.HandleFunc("GET /common/discovery/instance", s.openToScripts(s.serveInstance))
	// The pages take only their own forms back, so that no other page can sign a
	// browser in.
	own := http.NewCrossOriginProtection()
	s.mux.Handle("POST /{tenant}/login", own.Handler(http.HandlerFunc(s.serveSignIn)))
	s.mux.HandleFunc("GET /devicelogin", s.serveDeviceLogin)
	s.mux.Handle("POST /devicelogin", own.Handler(http.HandlerFunc(s.serveDeviceLogin)))
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// base returns the URL under which the client reached us, if it is one of ours:
// clients compare the issuer's host with the one they asked.
func (s *Server) base(r *http.Request) string {
	for _, b := range s.cfg.BaseURLs {
		if u, err := url.Parse(b); err == nil && strings.EqualFold(u.Host, r.Host) {
			return b
		}
	}
	return s.cfg.BaseURLs[0]
}

// anyTenant reports whether a path names no tenant in particular.
func anyTenant(segment string) bool {
	return strings.EqualFold(segment, "common") || strings.EqualFold(segment, "organizations")
}

// tenant returns the tenant that a path names.
func (s *Server) tenant(ctx context.Context, segment string) (directory.TenantID, error) {
	if anyTenant(segment) {
		return s.cfg.DefaultTenant, nil
	}
	if strings.EqualFold(segment, "consumers") {
		return "", fault(invalidRequest, 9002332, "This service signs in the people of its own directory, not personal accounts. Use the tenant's id, organizations or common instead of consumers.")
	}
	id, err := s.cfg.Tenants.Tenant(ctx, segment)
	if errs.Is(err, errs.NotFound) {
		return "", fault(invalidRequest, 90002, "Tenant '%s' not found. Check that the tenant id or domain in the address is right.", shown(segment))
	}
	return id, err
}

// version is the generation of an endpoint and of the tokens it gives.
type version uint8

const (
	v2 version = iota
	v1
)

// issuer is the name of the authority for a tenant, claim iss.
func (v version) issuer(base, tenant string) string {
	if v == v1 {
		return base + "/" + tenant + "/"
	}
	return base + "/" + tenant + "/v2.0"
}

// claim is the generation's number, claim ver.
func (v version) claim() string {
	if v == v1 {
		return "1.0"
	}
	return "2.0"
}

// segment is the part of a path that tells the generation.
func (v version) segment() string {
	if v == v1 {
		return ""
	}
	return "/v2.0"
}
