package storetest

import (
	"fmt"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

func importChecks() []check {
	return []check{
		{"rows create and update, with a result for each", imported},
		{"a second import of the same rows changes nothing", importedTwice},
		{"a bad row does not stop the others", badRows},
		{"rows of one import see each other", rowsTogether},
		{"references name objects by id, userPrincipalName or a group's displayName", referencesImported},
		{"a name that several groups have names none", ambiguousName},
		{"attributes that a row does not name stay", attributesStay},
		{"applications are imported too", applicationsImported},
		{"an empty import is no error", emptyImport},
	}
}

func (f *fixture) load(t *testing.T, rows ...store.ImportRow) []store.ImportResult {
	t.Helper()
	for i := range rows {
		if rows[i].Relation == "" && rows[i].NewID == "" {
			rows[i].NewID = f.id()
		}
	}
	results, err := f.Import(t.Context(), f.tenant, rows, f.now)
	succeed(t, err)
	equal(t, len(results), len(rows), "number of results")
	return results
}

func userRow(name, department string) store.ImportRow {
	return store.ImportRow{Kind: directory.User, Attributes: directory.Attributes{
		"userPrincipalName": name + "@contoso.example", "displayName": name, "department": department,
	}}
}

func groupRow(name string) store.ImportRow {
	return store.ImportRow{Kind: directory.Group, Attributes: directory.Attributes{"displayName": name}}
}

func memberRow(group, member string) store.ImportRow {
	return store.ImportRow{From: group, Relation: directory.Members, To: member}
}

// actions expects the actions of rows without an error.
func actions(t *testing.T, results []store.ImportResult, want ...store.ImportAction) {
	t.Helper()
	var got []store.ImportAction
	for _, r := range results {
		succeed(t, r.Err)
		got = append(got, r.Action)
	}
	same(t, got, want, "actions")
}

func imported(t *testing.T, f *fixture) {
	f.user(t, "ada")
	rows := []store.ImportRow{userRow("bob", "x"), userRow("Ada", "y"), groupRow("eng")}
	actions(t, f.load(t, rows...), store.ImportCreated, store.ImportUpdated, store.ImportCreated)
	bob, err := f.Object(t.Context(), f.tenant, store.Ref{Property: "userPrincipalName", Value: "bob@contoso.example"})
	succeed(t, err)
	holds(t, bob.Created.Equal(f.now) && bob.ID == rows[0].NewID, "a new object gets the id offered and the time")
	ada, err := f.Object(t.Context(), f.tenant, store.Ref{Property: "userPrincipalName", Value: "ada@contoso.example"})
	succeed(t, err)
	equal(t, ada.Attributes.String("department"), "y", "department")
	given := userRow("cid", "")
	given.ID = f.id()
	actions(t, f.load(t, given), store.ImportCreated)
	given.Attributes = directory.Attributes{"userPrincipalName": "cid2@contoso.example"}
	actions(t, f.load(t, given), store.ImportUpdated)
}

func importedTwice(t *testing.T, f *fixture) {
	var rows []store.ImportRow
	for i := range 300 {
		rows = append(rows, userRow(fmt.Sprint("u", i), "x"))
	}
	rows = append(rows, groupRow("eng"), store.ImportRow{Kind: directory.Application, Attributes: directory.Attributes{"appId": "a"}})
	for i := range 300 {
		rows = append(rows, memberRow("eng", fmt.Sprintf("u%d@contoso.example", i)))
	}
	rows = append(rows, store.ImportRow{From: "u1@contoso.example", Relation: directory.Manager, To: "u0@contoso.example"})
	for _, r := range f.load(t, rows...) {
		succeed(t, r.Err)
		equal(t, r.Action, store.ImportCreated, "action")
	}
	head := f.head(t)
	for i := range rows {
		rows[i].NewID = ""
	}
	for _, r := range f.load(t, rows...) {
		succeed(t, r.Err)
		equal(t, r.Action, store.ImportUnchanged, "action")
	}
	equal(t, f.head(t), head, "head")
}

func badRows(t *testing.T, f *fixture) {
	taken := f.user(t, "ada")
	gone := f.user(t, "gone")
	f.remove(t, gone)
	renamed := userRow("ada", "x")
	renamed.ID = f.id()
	wrongKind := groupRow("x")
	wrongKind.ID = taken.ID
	deleted := userRow("back", "x")
	deleted.ID = gone.ID
	collides := userRow("new", "x")
	collides.NewID = taken.ID
	rows := []store.ImportRow{
		userRow("first", "x"), renamed, wrongKind, deleted, collides,
		{Kind: directory.User, Attributes: directory.Attributes{"displayName": "nameless"}},
		{Kind: "device", Attributes: directory.Attributes{"displayName": "x"}},
		userRow("second", "x"),
		memberRow("nowhere", "ada@contoso.example"), memberRow("ada@contoso.example", "ada@contoso.example"), userRow("third", "x"),
	}
	want := []errs.Kind{0, errs.Conflict, errs.Conflict, errs.Conflict, errs.Conflict, errs.Invalid, errs.Invalid, 0, errs.NotFound, errs.Invalid, 0}
	for i, r := range f.load(t, rows...) {
		if want[i] == 0 {
			succeed(t, r.Err)
			equal(t, r.Action, store.ImportCreated, "action")
			continue
		}
		fail(t, r.Err, want[i])
	}
	same(t, all(t, f, store.Query{Kind: directory.User}), []string{"ada", "first", "second", "third"}, "users")
}

func rowsTogether(t *testing.T, f *fixture) {
	actions(t, f.load(t, userRow("ada", "x"), userRow("ADA", "y"), userRow("ADA", "y"), groupRow("eng"), memberRow("eng", "ada@contoso.example"), memberRow("ENG", "ada@contoso.example")),
		store.ImportCreated, store.ImportUpdated, store.ImportUnchanged, store.ImportCreated, store.ImportCreated, store.ImportUnchanged)
	ada, err := f.Object(t.Context(), f.tenant, store.Ref{Property: "userPrincipalName", Value: "ada@contoso.example"})
	succeed(t, err)
	equal(t, ada.Attributes.String("department"), "y", "department")
	same(t, related(t, f, ada, directory.Members, true, store.Query{}), []string{"eng"}, "groups")
}

func referencesImported(t *testing.T, f *fixture) {
	g, ada, boss := f.group(t, "eng"), f.user(t, "ada"), f.user(t, "boss")
	actions(t, f.load(t,
		memberRow(string(g.ID), "ADA@contoso.example"),
		memberRow("Eng", string(boss.ID)),
		store.ImportRow{From: "ada@contoso.example", Relation: directory.Manager, To: string(boss.ID)},
	), store.ImportCreated, store.ImportCreated, store.ImportCreated)
	same(t, related(t, f, g, directory.Members, false, store.Query{}), []string{"ada", "boss"}, "members")
	same(t, related(t, f, ada, directory.Manager, false, store.Query{}), []string{"boss"}, "manager")
	for _, o := range []directory.Object{g, ada, boss} {
		holds(t, f.again(t, o).Sequence > o.Sequence, "every end changed")
	}
}

func ambiguousName(t *testing.T, f *fixture) {
	f.group(t, "twin")
	f.group(t, "Twin")
	f.user(t, "ada")
	results := f.load(t, memberRow("twin", "ada@contoso.example"), groupRow("twin"))
	fail(t, results[0].Err, errs.Conflict)
	fail(t, results[1].Err, errs.Conflict)
}

func attributesStay(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	row := store.ImportRow{ID: u.ID, Kind: directory.User, Attributes: directory.Attributes{"department": "x", "accountEnabled": nil}}
	actions(t, f.load(t, row), store.ImportUpdated)
	same(t, f.again(t, u).Attributes, directory.Attributes{
		"userPrincipalName": "ada@contoso.example", "displayName": "ada", "department": "x",
	}, "attributes")
}

func applicationsImported(t *testing.T, f *fixture) {
	row := store.ImportRow{Kind: directory.ServicePrincipal, Attributes: directory.Attributes{"appId": "a", "displayName": "one"}}
	clash := store.ImportRow{Kind: directory.Application, ID: f.id(), Attributes: directory.Attributes{"appId": "b"}}
	actions(t, f.load(t, row, clash), store.ImportCreated, store.ImportCreated)
	row.Attributes = directory.Attributes{"appId": "a", "displayName": "two"}
	row.NewID = ""
	actions(t, f.load(t, row), store.ImportUpdated)
	clash.ID = f.id()
	results := f.load(t, clash, row)
	fail(t, results[0].Err, errs.Conflict)
	succeed(t, results[1].Err)
}

func emptyImport(t *testing.T, f *fixture) {
	actions(t, f.load(t))
}
