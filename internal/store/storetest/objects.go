package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

func objectChecks() []check {
	return []check{
		{"a created object has a key and a number and reads back as it was", created},
		{"an id is taken for ever", idTaken},
		{"a user's userPrincipalName is unique, ignoring case", userPrincipalNameTaken},
		{"an application's appId and uniqueName are unique", applicationNamesTaken},
		{"an update stores what the function makes", updated},
		{"an update that changes nothing takes no number", unchanged},
		{"an error of the function aborts the update", updateRefused},
		{"an object is found by its alternate keys", alternateKeys},
		{"a panic of the function does not stop other writes", panicked},
	}
}

func created(t *testing.T, f *fixture) {
	a := directory.Attributes{
		"userPrincipalName": "Ada@Contoso.Example", "displayName": "Ada <Lovelace> & Söhne", "accountEnabled": false,
		"businessPhones": []any{"+1 2", "+3 4"}, "employeeOrgData": map[string]any{"division": "x", "level": 7.5}, "nothing": nil,
	}
	o := f.create(t, directory.User, a)
	holds(t, o.Key != 0, "the key is set")
	equal(t, o.Sequence, f.head(t), "sequence")
	read := f.again(t, o)
	same(t, read, o, "the object read back")
	same(t, read.Attributes, a, "the attributes read back")
	holds(t, read.Created.Equal(f.now) && read.Deleted.IsZero() && read.Presence == directory.Live, "it is live since its creation")
}

func idTaken(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	_, err := f.CreateObject(t.Context(), f.tenant, directory.Object{ID: u.ID, Kind: directory.Group, Created: f.now, Attributes: directory.Attributes{"displayName": "x"}})
	fail(t, err, errs.Conflict)
	succeed(t, f.DeleteObject(t.Context(), f.tenant, store.Ref{ID: u.ID}, f.now))
	_, err = f.CreateObject(t.Context(), f.tenant, directory.Object{ID: u.ID, Kind: directory.User, Created: f.now})
	fail(t, err, errs.Conflict)
}

func userPrincipalNameTaken(t *testing.T, f *fixture) {
	f.user(t, "ada")
	bob := f.user(t, "bob")
	head := f.head(t)
	taken := directory.Attributes{"userPrincipalName": "ADA@contoso.example"}
	_, err := f.CreateObject(t.Context(), f.tenant, directory.Object{ID: f.id(), Kind: directory.User, Created: f.now, Attributes: taken})
	fail(t, err, errs.Conflict)
	_, err = f.UpdateObject(t.Context(), f.tenant, store.Ref{ID: bob.ID}, f.now, replaceBy(taken))
	fail(t, err, errs.Conflict)
	equal(t, f.head(t), head, "head: a refused write takes no number")
	_, err = f.UpdateObject(t.Context(), f.tenant, store.Ref{ID: bob.ID}, f.now, replaceBy(directory.Attributes{"userPrincipalName": "BOB@contoso.example"}))
	succeed(t, err)
}

func replaceBy(a directory.Attributes) func(directory.Attributes) (directory.Attributes, error) {
	return func(directory.Attributes) (directory.Attributes, error) { return a, nil }
}

func applicationNamesTaken(t *testing.T, f *fixture) {
	f.create(t, directory.Application, directory.Attributes{"appId": "app-1", "uniqueName": "crm"})
	f.principal(t, "app-1")
	for _, o := range []directory.Object{
		{Kind: directory.Application, Attributes: directory.Attributes{"appId": "app-1"}},
		{Kind: directory.Application, Attributes: directory.Attributes{"appId": "app-2", "uniqueName": "crm"}},
		{Kind: directory.ServicePrincipal, Attributes: directory.Attributes{"appId": "app-1"}},
	} {
		o.ID, o.Created = f.id(), f.now
		_, err := f.CreateObject(t.Context(), f.tenant, o)
		fail(t, err, errs.Conflict)
	}
	f.create(t, directory.ServicePrincipal, directory.Attributes{"appId": "app-2"})
}

func updated(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	later := f.now.Add(time.Hour)
	o, err := f.UpdateObject(t.Context(), f.tenant, store.Ref{ID: u.ID}, later, func(a directory.Attributes) (directory.Attributes, error) {
		a["department"] = "Engines"
		return a, nil
	})
	succeed(t, err)
	equal(t, o.Attributes.String("department"), "Engines", "department")
	equal(t, o.Sequence, u.Sequence+1, "sequence")
	holds(t, o.Modified.Equal(later) && o.Created.Equal(f.now), "only the time of the change moves")
	same(t, f.again(t, u), o, "the object read back")
	_, err = f.UpdateObject(t.Context(), f.tenant, store.Ref{ID: f.id()}, later, replaceBy(nil))
	fail(t, err, errs.NotFound)
	_, err = f.UpdateObject(t.Context(), f.tenant, store.Ref{ID: u.ID, Kind: directory.Group}, later, replaceBy(nil))
	fail(t, err, errs.NotFound)
}

func unchanged(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	o, err := f.UpdateObject(t.Context(), f.tenant, store.Ref{ID: u.ID}, f.now.Add(time.Hour), func(a directory.Attributes) (directory.Attributes, error) {
		return a, nil
	})
	succeed(t, err)
	same(t, o, u, "the object")
	equal(t, f.head(t), u.Sequence, "head")
}

func updateRefused(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	refusal := errors.New("no")
	_, err := f.UpdateObject(t.Context(), f.tenant, store.Ref{ID: u.ID}, f.now, func(a directory.Attributes) (directory.Attributes, error) {
		a["department"] = "Engines"
		return a, refusal
	})
	holds(t, errors.Is(err, refusal), "the error is the function's")
	same(t, f.again(t, u), u, "the object")
}

func alternateKeys(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	app := f.create(t, directory.Application, directory.Attributes{"appId": "app-1", "uniqueName": "crm"})
	principal := f.principal(t, "app-1")
	for _, c := range []struct {
		ref  store.Ref
		want directory.Object
	}{
		{store.Ref{Kind: directory.User, Property: "userPrincipalName", Value: "ADA@contoso.example"}, u},
		{store.Ref{Property: "userPrincipalName", Value: "ada@contoso.example"}, u},
		{store.Ref{Kind: directory.Application, Property: "appId", Value: "app-1"}, app},
		{store.Ref{Kind: directory.ServicePrincipal, Property: "appId", Value: "app-1"}, principal},
		{store.Ref{Kind: directory.Application, Property: "uniqueName", Value: "crm"}, app},
	} {
		o, err := f.Object(t.Context(), f.tenant, c.ref)
		succeed(t, err)
		equal(t, o.ID, c.want.ID, c.ref.Property)
	}
	_, err := f.Object(t.Context(), f.tenant, store.Ref{Kind: directory.Group, Property: "userPrincipalName", Value: "ada@contoso.example"})
	fail(t, err, errs.NotFound)
	_, err = f.Object(t.Context(), f.tenant, store.Ref{Property: "mail", Value: "x"})
	fail(t, err, errs.Invalid)
}

func panicked(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	func() {
		defer func() { holds(t, recover() != nil, "the panic reaches the caller") }()
		_, _ = f.UpdateObject(t.Context(), f.tenant, store.Ref{ID: u.ID}, f.now, func(directory.Attributes) (directory.Attributes, error) {
			panic("a fault of the caller")
		})
	}()
	f.user(t, "bob")
}

func deletionChecks() []check {
	return []check{
		{"a soft-deleted user is only among the deleted and frees its name", softDeleted},
		{"a group is purged", groupPurged},
		{"deleting an application deletes its service principal", applicationDeleted},
		{"a restored object is live, without its memberships", restored},
		{"a name taken meanwhile prevents the restoring", restoreRefused},
		{"only a soft-deleted object is purged, and leaves a tombstone", purged},
		{"what was deleted before the instant is purged", purgedDeleted},
		{"a purge takes secrets, passwords and roles along", purgedBelongings},
	}
}

func softDeleted(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	succeed(t, f.DeleteObject(t.Context(), f.tenant, store.Ref{ID: u.ID}, f.now.Add(time.Hour)))
	_, err := f.Object(t.Context(), f.tenant, store.Ref{ID: u.ID})
	fail(t, err, errs.NotFound)
	deleted, err := f.Object(t.Context(), f.tenant, store.Ref{ID: u.ID, Deleted: true})
	succeed(t, err)
	equal(t, deleted.Presence, directory.SoftDeleted, "presence")
	holds(t, deleted.Deleted.Equal(f.now.Add(time.Hour)), "the time of the deletion is kept")
	same(t, deleted.Attributes, u.Attributes, "attributes")
	fail(t, f.DeleteObject(t.Context(), f.tenant, store.Ref{ID: u.ID}, f.now), errs.NotFound)
	f.user(t, "ada")
}

func groupPurged(t *testing.T, f *fixture) {
	g, u := f.group(t, "eng"), f.user(t, "ada")
	f.relate(t, g, directory.Members, u)
	before := f.again(t, u)
	succeed(t, f.DeleteObject(t.Context(), f.tenant, store.Ref{ID: g.ID}, f.now))
	_, err := f.Object(t.Context(), f.tenant, store.Ref{ID: g.ID, Deleted: true})
	fail(t, err, errs.NotFound)
	holds(t, f.again(t, u).Sequence > before.Sequence, "the member changed")
}

func applicationDeleted(t *testing.T, f *fixture) {
	app := f.create(t, directory.Application, directory.Attributes{"appId": "app-1"})
	mine, other := f.principal(t, "app-1"), f.principal(t, "app-2")
	succeed(t, f.DeleteObject(t.Context(), f.tenant, store.Ref{Kind: directory.Application, Property: "appId", Value: "app-1"}, f.now))
	for _, o := range []directory.Object{app, mine} {
		_, err := f.Object(t.Context(), f.tenant, store.Ref{ID: o.ID, Deleted: true})
		succeed(t, err)
	}
	f.again(t, other)
}

func restored(t *testing.T, f *fixture) {
	g, u, boss := f.group(t, "eng"), f.user(t, "ada"), f.user(t, "boss")
	f.relate(t, g, directory.Members, u)
	f.relate(t, u, directory.Manager, boss)
	succeed(t, f.DeleteObject(t.Context(), f.tenant, store.Ref{ID: u.ID}, f.now))
	o, err := f.RestoreObject(t.Context(), f.tenant, u.ID, f.now)
	succeed(t, err)
	holds(t, o.Presence == directory.Live && o.Deleted.IsZero() && o.Sequence == f.head(t), "it is live and changed")
	same(t, f.again(t, u), o, "the object read back")
	for _, from := range []directory.Object{g, u} {
		for _, r := range []directory.Relation{directory.Members, directory.Manager} {
			page, err := f.Related(t.Context(), f.tenant, from.ID, r, false, store.Query{})
			succeed(t, err)
			equal(t, len(page.Objects), 0, "number of references")
		}
	}
	_, err = f.RestoreObject(t.Context(), f.tenant, u.ID, f.now)
	fail(t, err, errs.NotFound)
}

func restoreRefused(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	succeed(t, f.DeleteObject(t.Context(), f.tenant, store.Ref{ID: u.ID}, f.now))
	f.user(t, "Ada")
	_, err := f.RestoreObject(t.Context(), f.tenant, u.ID, f.now)
	fail(t, err, errs.Conflict)
}

func purged(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	fail(t, f.PurgeObject(t.Context(), f.tenant, u.ID, f.now), errs.NotFound)
	succeed(t, f.DeleteObject(t.Context(), f.tenant, store.Ref{ID: u.ID}, f.now))
	succeed(t, f.PurgeObject(t.Context(), f.tenant, u.ID, f.now))
	_, err := f.Object(t.Context(), f.tenant, store.Ref{ID: u.ID, Deleted: true})
	fail(t, err, errs.NotFound)
	n, err := f.CountChanges(t.Context(), f.tenant, u.Sequence, f.head(t))
	succeed(t, err)
	equal(t, n, 1, "changes since")
}

func purgedDeleted(t *testing.T, f *fixture) {
	for i, name := range []string{"a", "b", "c"} {
		u := f.user(t, name)
		succeed(t, f.DeleteObject(t.Context(), f.tenant, store.Ref{ID: u.ID}, f.now.Add(time.Duration(i)*time.Hour)))
	}
	n, err := f.PurgeDeleted(t.Context(), f.tenant, f.now.Add(2*time.Hour), f.now.Add(3*time.Hour))
	succeed(t, err)
	equal(t, n, 2, "number purged")
	page, err := f.Objects(t.Context(), f.tenant, store.Query{Kind: directory.User, Deleted: true})
	succeed(t, err)
	equal(t, len(page.Objects), 1, "still deleted")
}

func purgedBelongings(t *testing.T, f *fixture) {
	app := f.create(t, directory.Application, directory.Attributes{"appId": "app-1"})
	succeed(t, f.AddPassword(t.Context(), f.tenant, app.ID, store.Password{KeyID: "k", Digest: []byte{1}, Start: f.now, End: f.now}))
	succeed(t, f.UpdateSecrets(t.Context(), f.tenant, app.ID, func([]store.SealedSecret) ([]store.SealedSecret, error) {
		return []store.SealedSecret{{Key: "SecretToken", Sealed: []byte("x"), UpdatedAt: f.now}}, nil
	}))
	succeed(t, f.AddRoleAssignment(t.Context(), f.tenant, store.RoleAssignment{ID: "1", Principal: app.ID, DefinitionID: "a", Scope: "/"}))
	succeed(t, f.DeleteObject(t.Context(), f.tenant, store.Ref{ID: app.ID}, f.now))
	succeed(t, f.PurgeObject(t.Context(), f.tenant, app.ID, f.now))
	passwords, err := f.Passwords(t.Context(), f.tenant, app.ID)
	succeed(t, err)
	secrets, err := f.Secrets(t.Context(), f.tenant, app.ID)
	succeed(t, err)
	roles, err := f.RoleAssignments(t.Context(), f.tenant, app.ID)
	succeed(t, err)
	equal(t, len(passwords)+len(secrets)+len(roles), 0, "what is left")
}
