package issuer

import (
	"context"
	"crypto"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// Clients finds the applications that may ask for tokens.
type Clients interface {
	// Client returns the application with appID and its service principal in tenant.
	// NotFound when the tenant has no such application; one that lacks only the service
	// principal has an empty ServicePrincipalID.
	Client(ctx context.Context, tenant directory.TenantID, appID string) (Client, error)
	// Consented returns the delegated permissions for this service that were granted
	// to the client, for everybody or for the user.
	Consented(ctx context.Context, tenant directory.TenantID, client Client, user directory.ObjectID) ([]string, error)
}

// Client is an application as the authority knows it.
type Client struct {
	AppID string
	// Name is shown to the person who signs in to it.
	Name string
	// ServicePrincipalID is the application's service principal in the tenant.
	ServicePrincipalID directory.ObjectID
	// Disabled is set when the service principal's accountEnabled is false.
	Disabled bool
	Secrets  []Secret
	Keys     []Key
	// Roles are the application permissions granted for this service.
	Roles []string
	// DirectoryRoles are the template ids of the directory roles that the service
	// principal holds.
	DirectoryRoles []string
	// Redirects are where people who signed in may be sent.
	Redirects []Redirect
	// Public allows sign-in without proof of the client (RFC 6749 section 2.1), as
	// programs on people's own devices need it.
	Public bool
	// FirstParty clients need nobody's consent: those of the installation itself, and
	// the well-known command-line tools.
	FirstParty bool
}

// Secret is a password credential.
type Secret struct {
	// Digest is what [Digest] makes of the secret.
	Digest []byte
	Period
}

// Key is a key credential: the public half of what signs client assertions.
type Key struct {
	// Public is an *rsa.PublicKey or an *ecdsa.PublicKey on P-256.
	Public crypto.PublicKey
	Period
}

// Period is the time in which a credential is valid. A zero end is open.
type Period struct {
	Starts, Expires time.Time
}

// started reports whether the period has begun at now.
func (p Period) started(now time.Time) bool { return p.Starts.IsZero() || !now.Before(p.Starts) }

// over reports whether the period has ended at now.
func (p Period) over(now time.Time) bool { return !p.Expires.IsZero() && !now.Before(p.Expires) }

// identify returns the client that r says it comes from. Nothing is proven yet.
func (s *Server) identify(ctx context.Context, r *request) (Client, error) {
	id := r.client.id
	if id == "" && r.client.assertion != "" {
		id = claimedSubject(r.client.assertion) // client_id is optional then (RFC 7521 section 4.2)
	}
	if id == "" {
		return Client{}, missing("client_id")
	}
	return s.client(ctx, r.tenant, id)
}

// client returns an application of the tenant, or a well-known one.
func (s *Server) client(ctx context.Context, tenant directory.TenantID, id string) (Client, error) {
	c, err := s.cfg.Clients.Client(ctx, tenant, id)
	missing := errs.Is(err, errs.NotFound)
	if err != nil && !missing {
		return Client{}, err
	}
	if !missing && c.ServicePrincipalID != "" {
		return c, nil
	}
	if known, ok := wellKnown(id); ok {
		return known, nil
	}
	if missing {
		return Client{}, fault(unauthorizedClient, 700016,
			"Application with identifier '%s' was not found in the directory '%s'. Check the client id and the tenant.", shown(id), tenant)
	}
	return Client{}, fault(unauthorizedClient, 7000229,
		"The client application '%s' is missing service principal in the tenant '%s'. Make it with POST /v1.0/servicePrincipals and the body {\"appId\":\"%s\"}.", c.AppID, tenant, c.AppID)
}

// authMethod is how a client proved itself, as claim azpacr tells.
type authMethod uint8

// The numbers are Entra's.
const (
	byNothing   authMethod = 0 // a public client
	bySecret    authMethod = 1
	byAssertion authMethod = 2
)

// prove checks the client's credentials. A client without any is refused unless the
// grant is open to public clients, and then checks by itself who may use it so.
func (s *Server) prove(r *request, c Client, open bool) (authMethod, error) {
	method, err := byNothing, error(nil)
	switch {
	case r.client.assertion != "":
		method, err = byAssertion, s.checkAssertion(r, c)
	case r.client.secret != "":
		method, err = bySecret, s.checkSecret(r.client.secret, c)
	case !open:
		err = unproven()
	}
	if err == nil && c.Disabled {
		err = fault(unauthorizedClient, 7000112, "Application '%s' is disabled.", c.AppID)
	}
	return method, err
}

func unproven() *failure {
	return fault(invalidClient, 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
}
