package storetest

import (
	"errors"
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
		{"the character NUL is refused and leaves everything as it was", refusedNUL},
		{"a panic of the function does not stop other writes", panicked},
	}
}

func created(f *fixture) {
	a := directory.Attributes{
		"userPrincipalName": "Ada@Contoso.Example", "displayName": "Ada <Lovelace> & Söhne", "accountEnabled": false,
		"businessPhones": []any{"+1 2", "+3 4"}, "employeeOrgData": map[string]any{"division": "x", "level": 7.5}, "nothing": nil,
	}
	o := f.create(directory.User, a)
	f.holds(o.Key != 0, "the key is set")
	equal(f, o.Sequence, f.head(), "sequence")
	read := f.again(o)
	f.same(read, o, "the object read back")
	f.same(read.Attributes, a, "the attributes read back")
	f.holds(read.Created.Equal(f.now) && read.Deleted.IsZero() && read.Presence == directory.Live, "it is live since its creation")
}

func idTaken(f *fixture) {
	u := f.user("ada")
	_, err := f.CreateObject(f.Context(), f.tenant, directory.Object{ID: u.ID, Kind: directory.Group, Created: f.now, Attributes: directory.Attributes{"displayName": "x"}})
	f.fail(err, errs.Conflict)
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: u.ID}, f.now))
	_, err = f.CreateObject(f.Context(), f.tenant, directory.Object{ID: u.ID, Kind: directory.User, Created: f.now})
	f.fail(err, errs.Conflict)
}

func userPrincipalNameTaken(f *fixture) {
	f.user("ada")
	bob := f.user("bob")
	head := f.head()
	taken := directory.Attributes{"userPrincipalName": "ADA@contoso.example"}
	_, err := f.CreateObject(f.Context(), f.tenant, directory.Object{ID: f.id(), Kind: directory.User, Created: f.now, Attributes: taken})
	f.fail(err, errs.Conflict)
	_, err = f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: bob.ID}, f.now, replaceBy(taken))
	f.fail(err, errs.Conflict)
	equal(f, f.head(), head, "head: a refused write takes no number")
	_, err = f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: bob.ID}, f.now, replaceBy(directory.Attributes{"userPrincipalName": "BOB@contoso.example"}))
	f.succeed(err)
}

func replaceBy(a directory.Attributes) func(directory.Attributes) (directory.Attributes, error) {
	return func(directory.Attributes) (directory.Attributes, error) { return a, nil }
}

func applicationNamesTaken(f *fixture) {
	f.create(directory.Application, directory.Attributes{"appId": "app-1", "uniqueName": "crm"})
	f.principal("app-1")
	for _, o := range []directory.Object{
		{Kind: directory.Application, Attributes: directory.Attributes{"appId": "app-1"}},
		{Kind: directory.Application, Attributes: directory.Attributes{"appId": "app-2", "uniqueName": "crm"}},
		{Kind: directory.ServicePrincipal, Attributes: directory.Attributes{"appId": "app-1"}},
	} {
		o.ID, o.Created = f.id(), f.now
		_, err := f.CreateObject(f.Context(), f.tenant, o)
		f.fail(err, errs.Conflict)
	}
	f.create(directory.ServicePrincipal, directory.Attributes{"appId": "app-2"})
}

func updated(f *fixture) {
	u := f.user("ada")
	later := f.now.Add(time.Hour)
	o, err := f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: u.ID}, later, func(a directory.Attributes) (directory.Attributes, error) {
		a["department"] = "Engines"
		return a, nil
	})
	f.succeed(err)
	equal(f, o.Attributes.String("department"), "Engines", "department")
	equal(f, o.Sequence, u.Sequence+1, "sequence")
	f.holds(o.Modified.Equal(later) && o.Created.Equal(f.now), "only the time of the change moves")
	f.same(f.again(u), o, "the object read back")
	_, err = f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: f.id()}, later, replaceBy(nil))
	f.fail(err, errs.NotFound)
	_, err = f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: u.ID, Kind: directory.Group}, later, replaceBy(nil))
	f.fail(err, errs.NotFound)
}

func unchanged(f *fixture) {
	u := f.user("ada")
	o, err := f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: u.ID}, f.now.Add(time.Hour), func(a directory.Attributes) (directory.Attributes, error) {
		return a, nil
	})
	f.succeed(err)
	f.same(o, u, "the object")
	equal(f, f.head(), u.Sequence, "head")
}

func updateRefused(f *fixture) {
	u := f.user("ada")
	refusal := errors.New("no")
	_, err := f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: u.ID}, f.now, func(a directory.Attributes) (directory.Attributes, error) {
		a["department"] = "Engines"
		return a, refusal
	})
	f.holds(errors.Is(err, refusal), "the error is the function's")
	f.same(f.again(u), u, "the object")
}

func refusedNUL(f *fixture) {
	u := f.user("ada")
	for _, property := range []string{"displayName", "streetAddress"} { // with an index, and without
		attributes := directory.Attributes{property: "a\x00b"}
		_, err := f.CreateObject(f.Context(), f.tenant, directory.Object{ID: f.id(), Kind: directory.User, Created: f.now, Attributes: attributes})
		f.fail(err, errs.Invalid)
		_, err = f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: u.ID}, f.now, func(directory.Attributes) (directory.Attributes, error) {
			return attributes, nil
		})
		f.fail(err, errs.Invalid)
		results, err := f.Import(f.Context(), f.tenant, []store.ImportRow{
			{Kind: directory.User, ID: u.ID, Attributes: attributes},
			{Kind: directory.User, ID: f.id(), NewID: f.id(), Attributes: directory.Attributes{"displayName": `C:\u0000`}},
		}, f.now)
		f.succeed(err)
		f.fail(results[0].Err, errs.Invalid)
		f.succeed(results[1].Err)
	}
	_, err := f.Object(f.Context(), f.tenant, store.Ref{Kind: directory.User, Property: "userPrincipalName", Value: "a\x00b"})
	f.fail(err, errs.Invalid)
	f.same(f.again(u), u, "the object")
}

func alternateKeys(f *fixture) {
	u := f.user("ada")
	app := f.create(directory.Application, directory.Attributes{"appId": "app-1", "uniqueName": "crm"})
	principal := f.principal("app-1")
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
		o, err := f.Object(f.Context(), f.tenant, c.ref)
		f.succeed(err)
		equal(f, o.ID, c.want.ID, c.ref.Property)
	}
	_, err := f.Object(f.Context(), f.tenant, store.Ref{Kind: directory.Group, Property: "userPrincipalName", Value: "ada@contoso.example"})
	f.fail(err, errs.NotFound)
	_, err = f.Object(f.Context(), f.tenant, store.Ref{Property: "mail", Value: "x"})
	f.fail(err, errs.Invalid)
}

func panicked(f *fixture) {
	u := f.user("ada")
	func() {
		defer func() { f.holds(recover() != nil, "the panic reaches the caller") }()
		_, _ = f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: u.ID}, f.now, func(directory.Attributes) (directory.Attributes, error) {
			panic("a fault of the caller")
		})
	}()
	f.user("bob")
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

func softDeleted(f *fixture) {
	u := f.user("ada")
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: u.ID}, f.now.Add(time.Hour)))
	_, err := f.Object(f.Context(), f.tenant, store.Ref{ID: u.ID})
	f.fail(err, errs.NotFound)
	deleted, err := f.Object(f.Context(), f.tenant, store.Ref{ID: u.ID, Deleted: true})
	f.succeed(err)
	equal(f, deleted.Presence, directory.SoftDeleted, "presence")
	f.holds(deleted.Deleted.Equal(f.now.Add(time.Hour)), "the time of the deletion is kept")
	f.same(deleted.Attributes, u.Attributes, "attributes")
	f.fail(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: u.ID}, f.now), errs.NotFound)
	f.user("ada")
}

func groupPurged(f *fixture) {
	g, u := f.group("eng"), f.user("ada")
	f.relate(g, directory.Members, u)
	before := f.again(u)
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: g.ID}, f.now))
	_, err := f.Object(f.Context(), f.tenant, store.Ref{ID: g.ID, Deleted: true})
	f.fail(err, errs.NotFound)
	f.holds(f.again(u).Sequence > before.Sequence, "the member changed")
}

func applicationDeleted(f *fixture) {
	app := f.create(directory.Application, directory.Attributes{"appId": "app-1"})
	mine, other := f.principal("app-1"), f.principal("app-2")
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{Kind: directory.Application, Property: "appId", Value: "app-1"}, f.now))
	for _, o := range []directory.Object{app, mine} {
		_, err := f.Object(f.Context(), f.tenant, store.Ref{ID: o.ID, Deleted: true})
		f.succeed(err)
	}
	f.again(other)
}

func restored(f *fixture) {
	g, u, boss := f.group("eng"), f.user("ada"), f.user("boss")
	f.relate(g, directory.Members, u)
	f.relate(u, directory.Manager, boss)
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: u.ID}, f.now))
	o, err := f.RestoreObject(f.Context(), f.tenant, u.ID, f.now)
	f.succeed(err)
	f.holds(o.Presence == directory.Live && o.Deleted.IsZero() && o.Sequence == f.head(), "it is live and changed")
	f.same(f.again(u), o, "the object read back")
	for _, from := range []directory.Object{g, u} {
		for _, r := range []directory.Relation{directory.Members, directory.Manager} {
			page, err := f.Related(f.Context(), f.tenant, from.ID, r, false, store.Query{})
			f.succeed(err)
			equal(f, len(page.Objects), 0, "number of references")
		}
	}
	_, err = f.RestoreObject(f.Context(), f.tenant, u.ID, f.now)
	f.fail(err, errs.NotFound)
}

func restoreRefused(f *fixture) {
	u := f.user("ada")
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: u.ID}, f.now))
	f.user("Ada")
	_, err := f.RestoreObject(f.Context(), f.tenant, u.ID, f.now)
	f.fail(err, errs.Conflict)
}

func purged(f *fixture) {
	u := f.user("ada")
	f.fail(f.PurgeObject(f.Context(), f.tenant, u.ID, f.now), errs.NotFound)
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: u.ID}, f.now))
	f.succeed(f.PurgeObject(f.Context(), f.tenant, u.ID, f.now))
	_, err := f.Object(f.Context(), f.tenant, store.Ref{ID: u.ID, Deleted: true})
	f.fail(err, errs.NotFound)
	n, err := f.CountChanges(f.Context(), f.tenant, u.Sequence, f.head())
	f.succeed(err)
	equal(f, n, 1, "changes since")
}

func purgedDeleted(f *fixture) {
	for i, name := range []string{"a", "b", "c"} {
		u := f.user(name)
		f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: u.ID}, f.now.Add(time.Duration(i)*time.Hour)))
	}
	n, err := f.PurgeDeleted(f.Context(), f.tenant, f.now.Add(2*time.Hour), f.now.Add(3*time.Hour))
	f.succeed(err)
	equal(f, n, 2, "number purged")
	page, err := f.Objects(f.Context(), f.tenant, store.Query{Kind: directory.User, Deleted: true})
	f.succeed(err)
	equal(f, len(page.Objects), 1, "still deleted")
}

func purgedBelongings(f *fixture) {
	app := f.create(directory.Application, directory.Attributes{"appId": "app-1"})
	f.succeed(f.AddPassword(f.Context(), f.tenant, app.ID, store.Password{KeyID: "k", Digest: []byte{1}, Start: f.now, End: f.now}))
	f.succeed(f.UpdateSecrets(f.Context(), f.tenant, app.ID, func([]store.SealedSecret) ([]store.SealedSecret, error) {
		return []store.SealedSecret{{Key: "SecretToken", Sealed: []byte("x"), UpdatedAt: f.now}}, nil
	}))
	f.succeed(f.AddRoleAssignment(f.Context(), f.tenant, store.RoleAssignment{ID: "1", Principal: app.ID, DefinitionID: "a", Scope: "/"}))
	f.succeed(f.DeleteObject(f.Context(), f.tenant, store.Ref{ID: app.ID}, f.now))
	f.succeed(f.PurgeObject(f.Context(), f.tenant, app.ID, f.now))
	passwords, err := f.Passwords(f.Context(), f.tenant, app.ID)
	f.succeed(err)
	secrets, err := f.Secrets(f.Context(), f.tenant, app.ID)
	f.succeed(err)
	roles, err := f.RoleAssignments(f.Context(), f.tenant, app.ID)
	f.succeed(err)
	equal(f, len(passwords)+len(secrets)+len(roles), 0, "what is left")
}
