package storetest

import (
	"slices"
	"testing"

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

func (f *fixture) assignments(t *testing.T, q store.AssignmentQuery) []string {
	t.Helper()
	found, err := f.Assignments(t.Context(), f.tenant, q)
	succeed(t, err)
	var ids []string
	for _, a := range found {
		ids = append(ids, a.ID)
	}
	return ids
}

func assignedOnce(t *testing.T, f *fixture) {
	u, app := f.user(t, "ada"), f.principal(t, "app")
	a := directory.AppRoleAssignment{ID: string(f.id()), Principal: u.ID, PrincipalKind: directory.User, Resource: app.ID, AppRoleID: "role-1", Created: f.now}
	succeed(t, f.Assign(t.Context(), f.tenant, a))
	found, err := f.Assignments(t.Context(), f.tenant, store.AssignmentQuery{ID: a.ID})
	succeed(t, err)
	same(t, found, []directory.AppRoleAssignment{a}, "assignments")
	b := a
	b.ID = string(f.id())
	fail(t, f.Assign(t.Context(), f.tenant, b), errs.Conflict)
	b.AppRoleID = "role-2"
	succeed(t, f.Assign(t.Context(), f.tenant, b))
	succeed(t, f.Unassign(t.Context(), f.tenant, a.ID))
	fail(t, f.Unassign(t.Context(), f.tenant, a.ID), errs.NotFound)
	same(t, f.assignments(t, store.AssignmentQuery{}), []string{b.ID}, "assignments left")
}

func assignedToNobody(t *testing.T, f *fixture) {
	u, app := f.user(t, "ada"), f.principal(t, "app")
	for _, a := range []directory.AppRoleAssignment{
		{Principal: f.id(), Resource: app.ID}, {Principal: u.ID, Resource: f.id()}, {Principal: app.ID, Resource: u.ID},
	} {
		a.ID, a.Created = string(f.id()), f.now
		fail(t, f.Assign(t.Context(), f.tenant, a), errs.NotFound)
	}
}

func assignmentsPaged(t *testing.T, f *fixture) {
	app, other := f.principal(t, "app"), f.principal(t, "other")
	var ofApp, ofAda []string
	for _, name := range []string{"ada", "bob", "cid"} {
		u := f.user(t, name)
		ofApp = append(ofApp, f.assign(t, u, app, "role-1"))
		id := f.assign(t, u, other, "role-1")
		if name == "ada" {
			ofAda = []string{ofApp[0], id}
		}
	}
	slices.Sort(ofApp)
	slices.Sort(ofAda)
	same(t, f.assignments(t, store.AssignmentQuery{Resource: app.ID, Limit: 2}), ofApp[:2], "first page")
	same(t, f.assignments(t, store.AssignmentQuery{Resource: app.ID, Limit: 2, After: ofApp[1]}), ofApp[2:], "second page")
	ada, err := f.Object(t.Context(), f.tenant, store.Ref{Property: "userPrincipalName", Value: "ada@contoso.example"})
	succeed(t, err)
	same(t, f.assignments(t, store.AssignmentQuery{Principal: ada.ID}), ofAda, "of a principal")
	same(t, f.assignments(t, store.AssignmentQuery{Principal: ada.ID, Resource: app.ID}), ofApp[:1], "of both")
}

func assignmentsHidden(t *testing.T, f *fixture) {
	u, app := f.user(t, "ada"), f.principal(t, "app")
	id := f.assign(t, u, app, "role-1")
	f.remove(t, u)
	same(t, f.assignments(t, store.AssignmentQuery{Resource: app.ID}), []string(nil), "while deleted")
	_, err := f.RestoreObject(t.Context(), f.tenant, u.ID, f.now)
	succeed(t, err)
	same(t, f.assignments(t, store.AssignmentQuery{Resource: app.ID}), []string{id}, "when restored")
	f.remove(t, u)
	succeed(t, f.PurgeObject(t.Context(), f.tenant, u.ID, f.now))
	fail(t, f.Unassign(t.Context(), f.tenant, id), errs.NotFound)
}
