// Package directory holds the source side: users, groups, applications and
// service principals, how they refer to each other, who is assigned to what,
// and the shape of the feed of their changes.
//
// The package is pure: it knows neither a database nor a clock.
package directory

import (
	"strings"
	"time"
)

// TenantID is the GUID of a tenant in dashed lower-case form. Every row of the
// database belongs to one.
type TenantID string

// Compact returns the id without dashes, as job ids carry it.
func (t TenantID) Compact() string { return strings.ReplaceAll(string(t), "-", "") }

// ObjectID is the immutable id of a directory object, a GUID in dashed
// lower-case form. For provisioning it is the source anchor.
type ObjectID string

// Key is the database's integer surrogate for one object of one tenant. Zero
// means unknown. State is keyed by it and written in its order.
type Key int64

// Kind is the type of an object, spelled as Graph's @odata.type spells it.
type Kind string

// The kinds of object that the directory keeps.
const (
	User             Kind = "user"
	Group            Kind = "group"
	Application      Kind = "application"
	ServicePrincipal Kind = "servicePrincipal"
)

// Presence tells whether an object lives.
type Presence uint8

// The presences. The zero Presence is Live.
const (
	Live        Presence = iota
	SoftDeleted          // in deletedItems; may be restored
	Purged               // gone for good; the feed remembers the id only
)

// Attributes are the values of one object by Graph property name, as decoded
// from JSON: string, bool, float64, nil, []any and map[string]any. Names are
// case-sensitive, as in mapping expressions.
type Attributes map[string]any

// String returns the attribute when it is a string, else "".
func (a Attributes) String(name string) string {
	s, _ := a[name].(string)
	return s
}

// Object is one directory object as it is now. References to other objects
// (manager, members, owners) are not attributes but relations.
type Object struct {
	Key        Key
	ID         ObjectID
	Kind       Kind
	Presence   Presence
	Sequence   int64 // position of its latest change in the tenant's feed
	Created    time.Time
	Modified   time.Time
	Deleted    time.Time // zero while Live
	Attributes Attributes
}

// Relation is the name of a reference from one object to another.
type Relation string

// The relations. A relation named here is directed: a group has members, a user
// has a manager, an application or service principal has owners.
const (
	Members Relation = "members"
	Manager Relation = "manager"
	Owners  Relation = "owners"
)

// Single reports whether an object has at most one referent under r.
func (r Relation) Single() bool { return r == Manager }

// DefaultAppRole is the app role of an assignment that names none.
const DefaultAppRole = "00000000-0000-0000-0000-000000000000"

// AppRoleAssignment entitles a principal (user, group or service principal) to a
// resource service principal; Graph's resource of the same name.
type AppRoleAssignment struct {
	ID            string
	Principal     ObjectID
	PrincipalKind Kind
	Resource      ObjectID
	AppRoleID     string
	Created       time.Time
}

// AppRoleGrant is one app role that an object holds at the service principal
// whose job reads the feed: the role's id, directly or through a group.
type AppRoleGrant struct {
	AppRoleID string
	ViaGroup  bool
}
