package graphapi

import (
	"context"
	"net/http"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// Store is what the surface asks of the database.
type Store interface {
	store.Tenants
	store.Directory
	store.AppRoles
	store.Passwords
	store.Roles
	store.Logs
}

// Authenticator tells who calls. The error is errs.Unauthenticated when the
// request has no token that holds.
type Authenticator interface {
	Authenticate(r *http.Request) (identity.Caller, error)
	// Challenge is the WWW-Authenticate header of the refusal.
	Challenge(r *http.Request) string
}

// Credentials are the secrets of service principals and the life of their tokens.
type Credentials interface {
	// List returns what callers stored, sensitive values masked.
	List(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID) ([]synchronization.SecretPair, error)
	// Put replaces what is stored.
	Put(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, given []Given) error
	// Acquire obtains an access token and stores it durably before it returns.
	Acquire(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, given []Given) error
}

// Jobs are the synchronization jobs of service principals. Its errors are NotFound
// for an unknown job and Invalid for a template or schema that is refused.
type Jobs interface {
	Create(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.Object, templateID string) (synchronization.Job, error)
	List(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID) ([]synchronization.Job, error)
	Get(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID) (synchronization.Job, error)
	Delete(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID) error
	Start(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID) error
	Pause(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID) error
	Restart(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID, scope synchronization.ResetScope) error
	SetSettings(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID, settings []synchronization.KeyValue) (synchronization.Job, error)
	Schema(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID) (synchronization.Schema, error)
	PutSchema(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID, schema synchronization.Schema) error
	ResetSchema(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID) error
	Templates(ctx context.Context, servicePrincipal directory.Object) []synchronization.Template
	ValidateCredentials(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, templateID string, useSaved bool, given []Given) error
}
