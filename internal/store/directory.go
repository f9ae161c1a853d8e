package store

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
)

// Directory keeps the objects of a tenant, their relations, and, by numbering
// every change, the feed that cycles read.
//
// A change gives its object the next number of the tenant's feed, in commit
// order: a reader never sees a number before every smaller one is visible. What
// counts as a change of an object: its attributes or presence; for a group also
// its members; for a user also its manager and the groups it is a member of; for
// any principal its app role assignments, and for a user those of the groups it
// is a direct member of; of all groups above, where a job of the tenant counts nested groups. A write that changes nothing takes no number. Deleting
// the resource of an assignment changes no principal: its jobs stop with it.
type Directory interface {
	// CreateObject adds o, durably, and returns it with Key and Sequence. ID, Kind,
	// Created and Attributes must be set. Conflict when the id, or what the kind
	// keeps unique (a user's userPrincipalName ignoring case, an application's and
	// a service principal's appId, an application's uniqueName), is taken.
	CreateObject(ctx context.Context, tenant directory.TenantID, o directory.Object) (directory.Object, error)
	// UpdateObject stores what fn makes of the live object's attributes, durably.
	// NotFound and Conflict as above. An error of fn aborts and is returned.
	UpdateObject(ctx context.Context, tenant directory.TenantID, ref Ref, now time.Time, fn func(directory.Attributes) (directory.Attributes, error)) (directory.Object, error)
	// DeleteObject soft-deletes a user, an application or a service principal,
	// which free their unique names, and purges a group, durably. Deleting an
	// application deletes its service principal. Memberships and manager end; owners
	// and app role assignments are hidden until the object is restored.
	DeleteObject(ctx context.Context, tenant directory.TenantID, ref Ref, now time.Time) error
	// RestoreObject makes a soft-deleted object live, durably. Conflict when its
	// unique name was taken meanwhile. Memberships and manager are not restored.
	RestoreObject(ctx context.Context, tenant directory.TenantID, id directory.ObjectID, now time.Time) (directory.Object, error)
	// PurgeObject removes a soft-deleted object for good, durably, with its secrets,
	// passwords and role assignments, and leaves a tombstone that keeps its id taken.
	PurgeObject(ctx context.Context, tenant directory.TenantID, id directory.ObjectID, now time.Time) error
	// PurgeDeleted purges what was soft-deleted before the instant, durably, and
	// returns how many that were.
	PurgeDeleted(ctx context.Context, tenant directory.TenantID, before, now time.Time) (int, error)
	// Object returns one object; a soft-deleted one only when ref.Deleted is set.
	Object(ctx context.Context, tenant directory.TenantID, ref Ref) (directory.Object, error)
	// Objects returns a page. Invalid when the filter or order names a property
	// that cannot be filtered; the message names it.
	Objects(ctx context.Context, tenant directory.TenantID, q Query) (Page, error)
	// Relate adds a reference, durably; a Single relation replaces what was there.
	// Adding what is there changes nothing and reports added false. NotFound when an
	// end is not live, Invalid when the kind of from has no such relation.
	Relate(ctx context.Context, tenant directory.TenantID, from directory.ObjectID, r directory.Relation, to directory.ObjectID) (added bool, err error)
	// Unrelate removes a reference, durably. NotFound when there is none.
	Unrelate(ctx context.Context, tenant directory.TenantID, from directory.ObjectID, r directory.Relation, to directory.ObjectID) error
	// Related returns a page of the objects that from refers to; with Reverse, of
	// those that refer to it. q.Kind empty means every kind.
	Related(ctx context.Context, tenant directory.TenantID, from directory.ObjectID, r directory.Relation, reverse bool, q Query) (Page, error)
	// Import creates or updates many objects and relations in one durable
	// transaction, a result for each row in its order. A bad row does not stop the
	// others.
	Import(ctx context.Context, tenant directory.TenantID, rows []ImportRow, now time.Time) ([]ImportResult, error)
}

// Ref names one object: by ID, or by an alternate key of its kind (appId,
// uniqueName, userPrincipalName) and its value. An empty Kind matches any.
type Ref struct {
	Kind     directory.Kind
	ID       directory.ObjectID
	Property string
	Value    string
	Deleted  bool // look among the soft-deleted instead
}

// Query selects and pages objects.
type Query struct {
	Kind    directory.Kind
	Filter  odata.Expr    // nil means all
	Order   []odata.Order // default: one of the store's choice, the same for all pages
	Search  string        // matches the beginning of words of displayName; empty means all
	Top     int           // page size; zero means 100
	Skip    int
	After   string // Page.Next of the page before; empty means the first
	Count   bool   // fill Page.Count
	Deleted bool   // the soft-deleted instead of the live
	// Transitive goes on from related objects to theirs; only Related heeds it.
	Transitive bool
}

// Page is one page of objects.
type Page struct {
	Objects []directory.Object
	Next    string // opaque; empty on the last page
	Count   int64  // of all pages; zero unless asked for
}

// ImportRow is one row: an object (Kind and Attributes set), or a reference
// (Relation set). Rows refer to objects by id, userPrincipalName or, for groups,
// displayName; an application and a service principal are known by id or appId.
// Attributes that a row does not name stay as they are, and nil removes one.
type ImportRow struct {
	Kind       directory.Kind
	ID         directory.ObjectID // optional; a fresh one is made with NewID
	NewID      directory.ObjectID
	Attributes directory.Attributes
	From       string
	Relation   directory.Relation
	To         string
}

// ImportAction tells what a row did.
type ImportAction uint8

// The import actions.
const (
	ImportUnchanged ImportAction = iota
	ImportCreated
	ImportUpdated
)

// ImportResult is the outcome of one row; Err is set when it was not applied.
type ImportResult struct {
	Action ImportAction
	Err    error
}

// AppRoles keeps app role assignments.
type AppRoles interface {
	// Assign stores a, durably. Conflict when principal, resource and role are
	// assigned already; NotFound when principal or resource is not there.
	Assign(ctx context.Context, tenant directory.TenantID, a directory.AppRoleAssignment) error
	// Unassign removes one, durably. NotFound when it is not there.
	Unassign(ctx context.Context, tenant directory.TenantID, id string) error
	// Assignments returns a page of those of one resource, one principal, or both,
	// ordered by id, starting after an id.
	Assignments(ctx context.Context, tenant directory.TenantID, q AssignmentQuery) ([]directory.AppRoleAssignment, error)
}

// AssignmentQuery selects app role assignments. Empty members match all.
type AssignmentQuery struct {
	ID        string
	Resource  directory.ObjectID
	Principal directory.ObjectID
	After     string
	Limit     int // zero means 100
}
