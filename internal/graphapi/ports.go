package graphapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/subscription"
	"github.com/provisor/provisor/internal/synchronization"
)

// Store is what the surface asks of the database.
type Store interface {
	store.Tenants
	store.Directory
	store.Deltas
	store.AppRoles
	store.Grants
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
	// Clear forgets everything: secrets, tokens and settings.
	Clear(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID) error
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
	// SchemaText is the same as JSON, for those who only hand it on.
	SchemaText(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID) (json.RawMessage, error)
	ChangeSchema(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID, change func(synchronization.Schema) (synchronization.Schema, error)) error
	Discover(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID, directoryID string) (synchronization.DirectoryDefinition, error)
	// ProvisionOnDemand provisions now what by, whom the log names, asks for.
	ProvisionOnDemand(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID, by synchronization.SummaryInitiator, parameters []synchronization.OnDemandParameters) (synchronization.OnDemandResult, error)
	Connection(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID, named string) (store.Connection, error)
	Disconnect(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id synchronization.JobID, named string) error
	Templates
	ValidateCredentials(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, templateID string, useSaved bool, given []Given) error
}

// Subscriptions are those to change notifications. Their errors are NotFound for one
// that is not there or has expired, and Invalid for an endpoint that may not be called
// or does not consent.
type Subscriptions interface {
	// Subscribe asks the endpoints and makes the subscription, with its id.
	Subscribe(ctx context.Context, s subscription.Subscription, clientState *string) (subscription.Subscription, error)
	// Renew makes one last until an instant, or moves it to another endpoint; nil
	// leaves as it is.
	Renew(ctx context.Context, tenant directory.TenantID, id string, until *time.Time, notificationURL *string) (subscription.Subscription, error)
	Subscription(ctx context.Context, tenant directory.TenantID, id string) (subscription.Subscription, error)
	Subscriptions(ctx context.Context, tenant directory.TenantID) ([]subscription.Subscription, error)
	Unsubscribe(ctx context.Context, tenant directory.TenantID, id string) error
}

// Templates are the synchronization templates that an application offers. Their
// errors are NotFound for an unknown one, Conflict for one that is there already, and
// Invalid for one that is refused.
type Templates interface {
	Templates(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID) ([]synchronization.Template, error)
	Template(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id string) (synchronization.Template, error)
	CreateTemplate(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, t synchronization.Template) (synchronization.Template, error)
	ReplaceTemplate(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id string, t synchronization.Template) error
	DeleteTemplate(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id string) error
	ChangeTemplateSchema(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id string, change func(synchronization.Schema) (synchronization.Schema, error)) error
	ResetTemplateSchema(ctx context.Context, tenant directory.TenantID, servicePrincipal directory.ObjectID, id string) error
}
