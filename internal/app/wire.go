package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/google/uuid"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/egress"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/identity/issuer"
	"github.com/provisor/provisor/internal/identity/token"
	"github.com/provisor/provisor/internal/jobs"
	"github.com/provisor/provisor/internal/keyring"
	"github.com/provisor/provisor/internal/oauth"
	"github.com/provisor/provisor/internal/tlsauto"
)

// wire builds everything behind the listener, from the keys up to the handler.
func (s *service) wire(ctx context.Context, bound net.Addr) (http.Handler, error) {
	s.urls = baseURLs(s.config, bound)
	s.health = &health{ping: s.base.store.Ping}
	ring, err := s.base.openKeyring(ctx, s.config)
	if err != nil {
		return nil, err
	}
	signing, err := s.base.openSigningKeys(ctx, ring, s.now)
	if err != nil {
		return nil, err
	}
	policy := s.egressPolicy(bound)
	credentials := s.credentials(ring, policy)
	s.closers = append(s.closers, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Grace)
		defer cancel()
		return credentials.Close(ctx)
	})
	s.jobs = s.newJobs(credentials, policy)
	s.courier = s.newCourier(ring, policy)
	if err := s.employ(ctx, credentials); err != nil {
		return nil, err
	}
	tokens, err := s.issuer(signing, bound)
	if err != nil {
		return nil, err
	}
	surface, err := s.surface(ctx, credentials, signing, ring)
	if err != nil {
		return nil, err
	}
	return s.routes(surface, tokens), nil
}

// egressPolicy says where secrets and people's data may go. On a laptop plain http
// and the machine itself are what is meant.
func (s *service) egressPolicy(bound net.Addr) egress.Policy {
	laptop := onLaptop(s.config, bound)
	return egress.Policy{
		AllowHTTP:     s.config.AllowHTTP.Or(laptop),
		AllowLoopback: laptop,
		AllowCIDRs:    s.config.EgressAllow,
	}
}

func (s *service) credentials(ring *keyring.Keyring, policy egress.Policy) *credential.Service {
	client := s.outbound(policy, nil)
	s.atEnd(client.CloseIdleConnections)
	return credential.New(credential.Options{
		Secrets: s.base.store, Leases: s.base.store, Keyring: ring, Egress: policy, Holder: holder(), Now: s.now, Audit: s.audit,
		OAuth: &oauth.Client{
			HTTP: client, Now: s.now,
			Certified: func(c *tls.Certificate) *http.Client { return s.outbound(policy, c) },
		},
	})
}

// outbound returns a client for token endpoints that counts what the policy
// refuses.
func (s *service) outbound(policy egress.Policy, certificate *tls.Certificate) *http.Client {
	o := egress.Options{Certificate: certificate}
	client := egress.NewClient(policy, o)
	client.Transport = s.metrics.countRefusals(egress.NewTransport(policy, o))
	return client
}

// holder names this process among those that share a database.
func holder() string {
	name, err := os.Hostname()
	if err != nil {
		name = "provisor"
	}
	return name + "/" + uuid.NewString()
}

// audit logs a change of credentials, with the names of keys only, and counts
// requests to token endpoints.
func (s *service) audit(ctx context.Context, e credential.Event) {
	result := e.Code
	if result == "" {
		result = "success"
	}
	if e.Grant != "" {
		s.metrics.tokens.WithLabelValues(string(e.Grant), result).Inc()
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "credentials",
		slog.String("action", string(e.Action)), slog.String("service_principal", string(e.Owner.ServicePrincipal)), slog.Any("keys", e.Keys),
		slog.String("grant", string(e.Grant)), slog.String("endpoint", e.Endpoint), slog.Duration("took", e.Duration),
		slog.String("result", result), slog.String("oauth_error", e.OAuth))
	s.credentialsChanged(ctx, e)
}

func (s *service) newJobs(credentials *credential.Service, policy egress.Policy) *jobs.Service {
	transport := s.metrics.countRefusals(egress.NewDirect(policy, egress.Options{}, s.now))
	s.atEnd(transport.CloseIdleConnections)
	var outbound http.RoundTripper = transport
	if s.watch != nil {
		outbound = s.watch(outbound)
	}
	return jobs.New(jobs.Options{
		Store: s.base.store, Credentials: credentials, Outbound: outbound, Log: s.log, Now: s.now, NewID: nextID,
		Holder: holder(), Interval: s.config.Interval, Notify: s.wake, Observe: s.metrics,
	})
}

func (s *service) issuer(keys *issuer.Ring, bound net.Addr) (http.Handler, error) {
	if s.config.SignIn == signInPick && !onlyHere(s.config, bound) {
		return nil, errs.New(errs.Invalid, "SignIn",
			"--sign-in pick lets everybody who reaches the service be anybody, and %s can be reached from other machines. Listen on 127.0.0.1, or say --sign-in pick-open if that is meant.", s.urls[0])
	}
	directory := authority{s.base.store}
	c := issuer.Config{
		Now: s.now, BaseURLs: s.urls, Tenants: directory, DefaultTenant: s.tenant.ID, Clients: directory, Keys: keys, Log: s.log,
	}
	if s.config.SignIn != signInOff {
		c.Users, c.Issued = directory, s.base.store
		c.Pick = s.config.SignIn == signInPick || s.config.SignIn == signInPickOpen
	}
	authority, err := issuer.New(c)
	if err != nil {
		return nil, err
	}
	if s.config.SignIn == signInPick {
		return namedHere(authority), nil
	}
	return authority, nil
}

// surface is the Graph API with its authenticator.
func (s *service) surface(ctx context.Context, credentials *credential.Service, keys *issuer.Ring, ring *keyring.Keyring) (*graphapi.API, error) {
	var external []token.Issuer
	for _, t := range s.config.TrustedIssuers {
		known := token.Issuer{URL: t.Issuer, DiscoveryURL: t.Discovery, Audiences: t.Audience, Tenant: s.tenant.ID, Claims: t.Claims}
		if t.Tenant != "" {
			id, err := authority{s.base.store}.Tenant(ctx, t.Tenant)
			if err != nil {
				return nil, err
			}
			known.Tenant = id
		}
		external = append(external, known)
	}
	validator, err := token.NewValidator(token.Config{
		Now: s.now, Tenants: authority{s.base.store}, BaseURLs: s.urls, Keys: keys, External: external,
	})
	if err != nil {
		return nil, err
	}
	public := "" // as each request says
	if s.config.BaseURL != nil {
		public = s.config.BaseURL.String()
	}
	return graphapi.New(graphapi.Config{
		Store: s.base.store, Credentials: graphCredentials{credentials}, Connections: credentials, Jobs: workedJobs{graphJobs{s.jobs}, s.tasks}, Subscriptions: s.courier,
		Authenticator: validator, Policy: identity.NewPolicy(identity.Options{Legacy: true}),
		Log: s.log, Now: s.now, NewID: uuid.NewString, Observe: s.metrics.request, PublicURL: public,
		StrictSchemaPatch: s.config.StrictSchemaPatch, OnDemandArray: s.config.OnDemandAnswer == onDemandLive,
		CompatUnknownError401: s.config.Forbidden401, Limits: s.config.Throttle, CORSOrigins: s.config.CORSOrigins,
		Replies: sealedReplies{s.base.store, ring},
	}), nil
}

// routes joins the faces on one listener: the API by its first path segment,
// health and metrics by name, and the issuer for the rest.
func (s *service) routes(surface *graphapi.API, tokens http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.health.live)
	mux.HandleFunc("GET /readyz", s.health.ready)
	if s.config.Metrics {
		mux.Handle("GET /metrics", s.metrics.handler())
	}
	if s.config.Role == roleWorker {
		return mux
	}
	mux.HandleFunc("GET /{$}", s.landing)
	mux.Handle("/", &observed{next: tokens, route: "/authority", level: slog.LevelInfo, log: s.log, now: s.now, count: s.metrics.request})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if onSurface(r.URL.Path) {
			surface.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// landing tells somebody who opens the address in a browser what is here.
func (s *service) landing(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = fmt.Fprintf(w, "Provisor %s speaks Microsoft Graph's synchronization API.\n\n"+ // the asker went away
		"Graph API   %[2]s/v1.0 and %[2]s/beta, described at %[2]s/v1.0/$metadata\n"+
		"Authority   %[2]s/%[3]s\nHealth      %[2]s/healthz and %[2]s/readyz\n\n"+
		"An SDK needs these two addresses and a client; provisor serve --bootstrap-file writes all of them to a file.\n", version(), s.url(), s.tenant.ID)
}

func onSurface(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch strings.ToLower(first) {
	case "v1.0", "beta", "provisor", "metadata":
		return true
	default:
		return false
	}
}

// certificates is the TLS of the listener; nil serves without.
func (s *service) certificates(bound net.Addr) (*tls.Config, error) {
	switch s.config.TLS {
	case "off":
		return nil, nil //nolint:nilnil // no TLS is a configuration, not a failure
	case "auto":
	default:
		return fileCertificate(s.config.TLS)
	}
	host, _, err := net.SplitHostPort(bound.String())
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "Listen", "The address %s has no port.", bound)
	}
	own := names(host)
	if s.config.BaseURL != nil {
		own = append(own, s.config.BaseURL.Hostname())
	}
	made, err := tlsauto.Open(tlsauto.Options{Dir: s.base.dir.file(tlsFolder), Names: own, Now: s.now})
	if err != nil {
		return nil, err
	}
	s.authority, s.newAuthority = made.CAFile(), made.Made()
	return made.TLSConfig(), nil
}

// fileCertificate reads the two files of --tls CERT,KEY.
func fileCertificate(files string) (*tls.Config, error) {
	cert, key, _ := strings.Cut(files, ",")
	pair, err := tls.LoadX509KeyPair(strings.TrimSpace(cert), strings.TrimSpace(key))
	if err != nil {
		return nil, usage("the certificate and key of --tls "+files+" cannot be used: "+err.Error(), "name two PEM files that belong together, --tls CERT,KEY, or let --tls auto make them")
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}
