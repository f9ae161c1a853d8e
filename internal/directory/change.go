package directory

// Change is one object of the feed together with what scoping needs to know
// about it. A feed is ordered by Object.Sequence, names an object once, at its
// latest change, and yields purged objects as tombstones without attributes.
type Change struct {
	Object
	// Assigned reports whether the object is assigned to the service principal,
	// directly or, for a user, as a direct member of an assigned group.
	Assigned bool
	// AppRoles are the roles behind Assigned, in no order; nil when not assigned.
	AppRoles []AppRoleGrant
}
