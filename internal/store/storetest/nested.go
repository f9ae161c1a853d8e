package storetest

import (
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// nestedGroups: with the job's setting, a user has the roles of every group above, and
// whatever changes that makes the user due.
func nestedGroups(f *fixture) {
	app, other := f.principal("app"), f.principal("other")
	top, middle, inner, u := f.group("top"), f.group("middle"), f.group("inner"), f.user("ada")
	f.job("a", app.ID)
	_, err := f.UpdateJob(f.Context(), f.tenant, "a", store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		j.Settings = []synchronization.KeyValue{{Name: synchronization.SettingNestedGroups, Value: "true"}}
		return j, nil
	})
	f.succeed(err)
	c := f.claim()
	role := directory.AppRoleGrant{AppRoleID: "role-1", ViaGroup: true}
	f.relate(inner, directory.Members, u)
	f.relate(middle, directory.Members, inner)
	f.relate(inner, directory.Members, middle) // a circle
	f.expectRoles(c, u)

	assignment := f.assign(top, app, "role-1")
	f.assign(middle, other, "role-2")
	f.stirs(c, u, func() { f.relate(top, directory.Members, middle) })
	f.expectRoles(c, u, role)
	f.stirs(c, u, func() { f.succeed(f.Unassign(f.Context(), f.tenant, assignment)) })
	f.expectRoles(c, u)
	f.stirs(c, u, func() { f.assign(top, app, "role-1") })
	f.expectRoles(c, u, role)
	f.stirs(c, u, func() {
		f.succeed(f.Unrelate(f.Context(), f.tenant, top.ID, directory.Members, middle.ID))
	})
	f.expectRoles(c, u)
	f.stirs(c, u, func() {
		_, err := f.Import(f.Context(), f.tenant, []store.ImportRow{{From: string(top.ID), Relation: directory.Members, To: string(inner.ID)}}, f.now)
		f.succeed(err)
	})
	f.expectRoles(c, u, role)
	f.stirs(c, u, func() { f.remove(top) })
	f.expectRoles(c, u)
	c.Job.Settings = nil
	f.expectRoles(c, u)
}

// stirs checks that a change puts the object into the feed.
func (f *fixture) stirs(c store.Claim, o directory.Object, change func()) {
	f.Helper()
	from := f.head()
	change()
	for _, found := range f.changed(c, o.Kind, from, f.head(), 100) {
		if found.Key == o.Key {
			return
		}
	}
	f.Fatalf("%s is not due", o.ID)
}
