// Package store says what the program asks of its database. The drivers keep the
// contract that package storetest checks.
//
// Every method takes a context that cancels it, and returns errors of package
// errs: NotFound for an object that is not there, Conflict for one that is there
// already or a claim that was overtaken, Unavailable when the database does not
// answer. A method that returns nil from a write has committed it. Writes marked
// durable are on disk, not only in the operating system's cache, before they
// return. All methods may be called from any goroutine.
//
// An error because the context ended is Unavailable and wraps the context's. What
// belongs to a tenant that was not created is NotFound. Times are kept in UTC to
// the microsecond. A function passed to a method runs inside its transaction,
// while other writers wait: it is quick and does not call the store. It may run more
// than once, when the transaction collided with another one: what it leaves to its
// caller, it sets anew each time.
package store

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/keyring"
)

// Store is a database: all contracts together.
type Store interface {
	Tenants
	Settings
	Directory
	Deltas
	AppRoles
	Grants
	Passwords
	Roles
	Secrets
	Leases
	Tasks
	Seats
	Jobs
	DueJobs
	Schemas
	Templates
	Connections
	Provisioning
	Logs
	IssuedGrants
	Replies
	Subscriptions
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	// Close releases the database after running writes have ended.
	Close() error
}

// Tenant is one tenant.
type Tenant struct {
	ID          directory.TenantID
	DisplayName string
	Domain      string // its default verified domain
	Created     time.Time
}

// Tenants keeps the tenants.
type Tenants interface {
	// CreateTenant adds t, durably. Conflict when the id or domain is taken.
	CreateTenant(ctx context.Context, t Tenant) error
	// Tenants returns all, oldest first.
	Tenants(ctx context.Context) ([]Tenant, error)
}

// Settings keeps small sealed values of the installation, such as signing keys.
type Settings interface {
	// Setting returns the value of name. NotFound when it was never put.
	Setting(ctx context.Context, name string) ([]byte, error)
	// PutSetting stores value under name, durably.
	PutSetting(ctx context.Context, name string, value []byte) error
}

// SealedSecret is one stored secret or setting of an application's provisioning.
type SealedSecret struct {
	Key       string // a synchronizationSecret key, or one of ours with a prefix
	Sealed    keyring.Sealed
	Listed    bool // a caller sent it, so GET …/secrets shows it
	Position  int  // among those that are listed
	UpdatedAt time.Time
}

// Secrets keeps sealed secrets by the service principal that owns them.
type Secrets interface {
	// Secrets returns the owner's secrets ordered by Key; none is no error.
	Secrets(ctx context.Context, tenant directory.TenantID, owner directory.ObjectID) ([]SealedSecret, error)
	// UpdateSecrets replaces the owner's set by what fn makes of it, in one
	// durable transaction. An error of fn aborts and is returned as it is.
	UpdateSecrets(ctx context.Context, tenant directory.TenantID, owner directory.ObjectID, fn func([]SealedSecret) ([]SealedSecret, error)) error
}

// Leases are named locks across processes that end by themselves.
type Leases interface {
	// AcquireLease takes or renews the lease name for holder until now+ttl. It
	// returns ok false while another holder's lease lasts. The fence grows with
	// every change of holder.
	AcquireLease(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (fence int64, ok bool, err error)
	// ReleaseLease ends the lease when holder still has it under fence; else it
	// does nothing.
	ReleaseLease(ctx context.Context, name, holder string, fence int64) error
}

// Password is a client secret of an application, kept as a digest.
type Password struct {
	KeyID       string // GUID
	DisplayName string
	Hint        string // the first three characters, as Graph shows them
	Digest      []byte
	Start, End  time.Time
}

// Passwords keeps the client secrets of applications.
type Passwords interface {
	// AddPassword stores p for the application, durably.
	AddPassword(ctx context.Context, tenant directory.TenantID, application directory.ObjectID, p Password) error
	// RemovePassword deletes one. NotFound when there is none with that key id.
	RemovePassword(ctx context.Context, tenant directory.TenantID, application directory.ObjectID, keyID string) error
	// Passwords returns the application's, oldest first.
	Passwords(ctx context.Context, tenant directory.TenantID, application directory.ObjectID) ([]Password, error)
}

// RoleDefinition is unifiedRoleDefinition: a directory role, built in or custom,
// with the resource actions it permits.
type RoleDefinition struct {
	ID          string
	DisplayName string
	Description string
	Version     string // free text of whoever made it
	BuiltIn     bool
	Disabled    bool // permits nothing
	Actions     []string
}

// RoleAssignment is unifiedRoleAssignment. Scope "/" is the whole tenant; else it
// is "/" and the id of one object.
type RoleAssignment struct {
	ID           string
	Principal    directory.ObjectID
	DefinitionID string
	Scope        string
}

// Roles keeps directory roles.
type Roles interface {
	// PutRoleDefinition creates or replaces d.
	PutRoleDefinition(ctx context.Context, tenant directory.TenantID, d RoleDefinition) error
	// RoleDefinitions returns all of the tenant ordered by id.
	RoleDefinitions(ctx context.Context, tenant directory.TenantID) ([]RoleDefinition, error)
	// DeleteRoleDefinition removes one. NotFound when it is not there.
	DeleteRoleDefinition(ctx context.Context, tenant directory.TenantID, id string) error
	// AddRoleAssignment stores a. Conflict when principal, role and scope are
	// assigned already.
	AddRoleAssignment(ctx context.Context, tenant directory.TenantID, a RoleAssignment) error
	// RemoveRoleAssignment deletes one. NotFound when it is not there.
	RemoveRoleAssignment(ctx context.Context, tenant directory.TenantID, id string) error
	// RoleAssignments returns those of principal, or all when principal is empty,
	// ordered by id.
	RoleAssignments(ctx context.Context, tenant directory.TenantID, principal directory.ObjectID) ([]RoleAssignment, error)
}
