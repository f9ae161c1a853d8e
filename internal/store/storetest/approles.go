package storetest

import (
	"slices"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

func appRoleChecks() []check {
	return []check{
		{"principal, resource and role are assigned once", assignedOnce},
		{"principal and resource must be there", assignedToNobody},
		{"assignments are paged by id, of a resource, a principal or both", assignmentsPaged},
		{"assignments are hidden while an end is deleted, and end with a purge", assignmentsHidden},
	}
}

func (f *fixture) assignments(q store.AssignmentQuery) []string {
	f.Helper()
	found, err := f.Assignments(f.Context(), f.tenant, q)
	f.succeed(err)
	var ids []string
	for _, a := range found {
		ids = append(ids, a.ID)
	}
	return ids
}

func assignedOnce(f *fixture) {
	u, app := f.user("ada"), f.principal("app")
	a := directory.AppRoleAssignment{ID: string(f.id()), Principal: u.ID, PrincipalKind: directory.User, Resource: app.ID, AppRoleID: "role-1", Created: f.now}
	f.succeed(f.Assign(f.Context(), f.tenant, a))
	found, err := f.Assignments(f.Context(), f.tenant, store.AssignmentQuery{ID: a.ID})
	f.succeed(err)
	f.same(found, []directory.AppRoleAssignment{a}, "assignments")
	b := a
	b.ID = string(f.id())
	f.fail(f.Assign(f.Context(), f.tenant, b), errs.Conflict)
	b.AppRoleID = "role-2"
	f.succeed(f.Assign(f.Context(), f.tenant, b))
	f.succeed(f.Unassign(f.Context(), f.tenant, a.ID))
	f.fail(f.Unassign(f.Context(), f.tenant, a.ID), errs.NotFound)
	f.same(f.assignments(store.AssignmentQuery{}), []string{b.ID}, "assignments left")
}

func assignedToNobody(f *fixture) {
	u, app := f.user("ada"), f.principal("app")
	for _, a := range []directory.AppRoleAssignment{
		{Principal: f.id(), Resource: app.ID}, {Principal: u.ID, Resource: f.id()}, {Principal: app.ID, Resource: u.ID},
	} {
		a.ID, a.Created = string(f.id()), f.now
		f.fail(f.Assign(f.Context(), f.tenant, a), errs.NotFound)
	}
}

func assignmentsPaged(f *fixture) {
	app, other := f.principal("app"), f.principal("other")
	var ofApp, ofAda []string
	for _, name := range []string{"ada", "bob", "cid"} {
		u := f.user(name)
		ofApp = append(ofApp, f.assign(u, app, "role-1"))
		id := f.assign(u, other, "role-1")
		if name == "ada" {
			ofAda = []string{ofApp[0], id}
		}
	}
	slices.Sort(ofApp)
	slices.Sort(ofAda)
	f.same(f.assignments(store.AssignmentQuery{Resource: app.ID, Limit: 2}), ofApp[:2], "first page")
	f.same(f.assignments(store.AssignmentQuery{Resource: app.ID, Limit: 2, After: ofApp[1]}), ofApp[2:], "second page")
	ada, err := f.Object(f.Context(), f.tenant, store.Ref{Property: "userPrincipalName", Value: "ada@contoso.example"})
	f.succeed(err)
	f.same(f.assignments(store.AssignmentQuery{Principal: ada.ID}), ofAda, "of a principal")
	f.same(f.assignments(store.AssignmentQuery{Principal: ada.ID, Resource: app.ID}), ofApp[:1], "of both")
}

func assignmentsHidden(f *fixture) {
	u, app := f.user("ada"), f.principal("app")
	id := f.assign(u, app, "role-1")
	f.remove(u)
	f.same(f.assignments(store.AssignmentQuery{Resource: app.ID}), []string(nil), "while deleted")
	_, err := f.RestoreObject(f.Context(), f.tenant, u.ID, f.now)
	f.succeed(err)
	f.same(f.assignments(store.AssignmentQuery{Resource: app.ID}), []string{id}, "when restored")
	f.remove(u)
	f.succeed(f.PurgeObject(f.Context(), f.tenant, u.ID, f.now))
	f.fail(f.Unassign(f.Context(), f.tenant, id), errs.NotFound)
}
