package storetest

import (
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

func permissionGrantChecks() []check {
	return []check{
		{"a permission grant is kept, changed and removed", permissionGrantKept},
		{"client, resource and principal have one permission grant", permissionGrantOnce},
		{"permission grants are found by client and by principal", permissionGrantsFound},
		{"permission grants end with their client", permissionGrantsEnd},
	}
}

func (f *fixture) permit(client, resource directory.Object, principal directory.ObjectID) store.PermissionGrant {
	f.Helper()
	g := store.PermissionGrant{ID: string(f.id()), Client: client.ID, Resource: resource.ID, Principal: principal, Scope: "User.Read"}
	f.succeed(f.AddGrant(f.Context(), f.tenant, g))
	return g
}

func (f *fixture) permitted(client, principal directory.ObjectID) []store.PermissionGrant {
	f.Helper()
	grants, err := f.Grants(f.Context(), f.tenant, client, principal)
	f.succeed(err)
	return grants
}

func permissionGrantKept(f *fixture) {
	g := f.permit(f.principal("client"), f.principal("graph"), "")
	f.succeed(f.UpdateGrant(f.Context(), f.tenant, g.ID, "User.Read Group.Read.All"))
	g.Scope = "User.Read Group.Read.All"
	f.same(f.permitted("", ""), []store.PermissionGrant{g}, "grants")
	f.succeed(f.RemoveGrant(f.Context(), f.tenant, g.ID))
	f.fail(f.RemoveGrant(f.Context(), f.tenant, g.ID), errs.NotFound)
	f.fail(f.UpdateGrant(f.Context(), f.tenant, g.ID, ""), errs.NotFound)
}

func permissionGrantOnce(f *fixture) {
	client, resource := f.principal("client"), f.principal("graph")
	g := f.permit(client, resource, "")
	g.ID = string(f.id())
	f.fail(f.AddGrant(f.Context(), f.tenant, g), errs.Conflict)
	f.permit(client, resource, f.user("ada").ID)
	f.permit(resource, client, "")
}

func permissionGrantsFound(f *fixture) {
	client, other, resource, ada := f.principal("client"), f.principal("other"), f.principal("graph"), f.user("ada")
	everybody, hers := f.permit(client, resource, ""), f.permit(client, resource, ada.ID)
	f.permit(other, resource, "")
	f.same(f.permitted(client.ID, ""), []store.PermissionGrant{everybody, hers}, "of the client")
	f.same(f.permitted("", ada.ID), []store.PermissionGrant{hers}, "of the principal")
	f.same(f.permitted(other.ID, ada.ID), []store.PermissionGrant(nil), "of both")
}

func permissionGrantsEnd(f *fixture) {
	client, resource := f.principal("client"), f.principal("graph")
	f.permit(client, resource, "")
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: client.ID}, f.now))
	f.succeed(f.PurgeObject(f.Context(), f.tenant, client.ID, f.now))
	f.same(f.permitted("", ""), []store.PermissionGrant(nil), "grants")
}
