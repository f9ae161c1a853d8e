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
	// NotFound when the tenant has none.
	Client(ctx context.Context, tenant directory.TenantID, appID string) (Client, error)
}

// Client is an application as the authority knows it.
type Client struct {
	AppID string
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

// authenticate returns the client that r proves to come from, and how it proved it.
func (s *Server) authenticate(ctx context.Context, r *request) (Client, authMethod, error) {
	id := r.client.id
	if id == "" && r.client.assertion != "" {
		id = claimedSubject(r.client.assertion) // client_id is optional then (RFC 7521 section 4.2)
	}
	if id == "" {
		return Client{}, 0, missing("client_id")
	}
	c, err := s.cfg.Clients.Client(ctx, r.tenant, id)
	if errs.Is(err, errs.NotFound) {
		return Client{}, 0, fault(unauthorizedClient, 700016,
			"Application with identifier '%s' was not found in the directory '%s'. Check the client id and the tenant.", shown(id), r.tenant)
	}
	if err != nil {
		return Client{}, 0, err
	}
	method, err := s.prove(r, c)
	if err != nil {
		return Client{}, 0, err
	}
	if c.Disabled {
		return Client{}, 0, fault(unauthorizedClient, 7000112, "Application '%s' is disabled.", c.AppID)
	}
	return c, method, nil
}

// authMethod is how a client proved itself, as claim azpacr tells.
type authMethod uint8

// The numbers are Entra's.
const (
	bySecret    authMethod = 1
	byAssertion authMethod = 2
)

func (s *Server) prove(r *request, c Client) (authMethod, error) {
	switch {
	case r.client.assertion != "":
		return byAssertion, s.checkAssertion(r, c)
	case r.client.secret != "":
		return bySecret, s.checkSecret(r.client.secret, c)
	}
	return 0, fault(invalidClient, 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
}
