package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

func importChecks() []check {
	return []check{
		{"rows create and update, with a result for each", imported},
		{"a second import of the same rows changes nothing", importedTwice},
		{"a bad row does not stop the others", badRows},
		{"a row with the character NUL does not stop the others", rowsWithNUL},
		{"a row with a text that no index takes does not stop the others", rowsTooLong},
		{"rows of one import see each other", rowsTogether},
		{"references name objects by id, userPrincipalName or a group's displayName", referencesImported},
		{"the last manager of an import counts, and the one from before does not", managersImported},
		{"a name that one gives up is another's in the same import", namesPassedOn},
		{"a name that several groups have names none", ambiguousName},
		{"attributes that a row does not name stay", attributesStay},
		{"applications are imported too", applicationsImported},
		{"an empty import is no error", emptyImport},
	}
}

func (f *fixture) load(rows ...store.ImportRow) []store.ImportResult {
	f.Helper()
	for i := range rows {
		if rows[i].Relation == "" && rows[i].NewID == "" {
			rows[i].NewID = f.id()
		}
	}
	results, err := f.Import(f.Context(), f.tenant, rows, f.now)
	f.succeed(err)
	equal(f, len(results), len(rows), "number of results")
	return results
}

// rowsWithNUL has the character, which PostgreSQL keeps nowhere, in every place by which
// rows are looked up.
func rowsWithNUL(f *fixture) {
	const nul = "a\x00b"
	application := func(appID string) store.ImportRow {
		return store.ImportRow{Kind: directory.Application, Attributes: directory.Attributes{"appId": appID, "displayName": "Payroll"}}
	}
	identified := userRow("grace", "Navy")
	identified.ID = nul
	bad := []store.ImportRow{userRow(nul, ""), groupRow(nul), identified, application(nul), memberRow(nul, "ada"), memberRow("Team", nul)}
	good := []store.ImportRow{userRow("ada", "Sales"), groupRow("Team"), application("app-1"), memberRow("Team", "ada@contoso.example")}
	results := f.load(slices.Concat(bad, good)...)
	for n, r := range results[:len(bad)] {
		f.holds(errs.Is(r.Err, errs.Invalid), fmt.Sprintf("row %d is refused: %v", n, r.Err))
	}
	for _, r := range results[len(bad):] {
		f.succeed(r.Err)
		equal(f, r.Action, store.ImportCreated, "action")
	}
}

// rowsTooLong has texts, of no pattern that could be compressed, where they are indexed,
// and the longest that are taken.
func rowsTooLong(f *fixture) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same in every run
	text := func(n int) string {
		letters := make([]byte, n)
		for i := range letters {
			letters[i] = "abcdefghijklmnopqrstuvwxyz"[random.IntN(26)]
		}
		return string(letters)
	}
	row := func(property string, value any) store.ImportRow {
		r := userRow(text(20), "")
		r.Attributes[property] = value
		return r
	}
	identified := userRow("grace", "Navy")
	identified.ID = directory.ObjectID(text(2601))
	bad := []store.ImportRow{
		row("userPrincipalName", text(2601)), row("department", text(100_000)), row("businessPhones", []any{text(2601)}),
		row("identities", []any{map[string]any{"issuerAssignedId": text(2000), "issuer": text(1000)}}),
		row("displayName", strings.Repeat("\u023a", 900)), identified,
	}
	good := []store.ImportRow{
		userRow("ada", "Sales"), row("userPrincipalName", text(2600)), row("businessPhones", []any{text(2600)}), row("aboutMe", text(100_000)),
		row("displayName", strings.Repeat("\u023a", 800)),
	}
	results := f.load(slices.Concat(bad, good)...)
	for n, r := range results[:len(bad)] {
		f.holds(errs.Is(r.Err, errs.Invalid), fmt.Sprintf("row %d is refused: %v", n, r.Err))
	}
	for _, r := range results[len(bad):] {
		f.succeed(r.Err)
		equal(f, r.Action, store.ImportCreated, "action")
	}
	longer := row("userPrincipalName", good[1].Attributes["userPrincipalName"])
	longer.Attributes["mail"] = text(2601)
	f.holds(errs.Is(f.load(longer)[0].Err, errs.Invalid), "nor by an update")
	_, err := f.CreateObject(f.Context(), f.tenant, directory.Object{ID: identified.ID, Kind: directory.User, Created: f.now})
	f.fail(err, errs.Invalid)
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
func actions(f *fixture, results []store.ImportResult, want ...store.ImportAction) {
	f.Helper()
	var got []store.ImportAction
	for _, r := range results {
		f.succeed(r.Err)
		got = append(got, r.Action)
	}
	f.same(got, want, "actions")
}

func imported(f *fixture) {
	f.user("ada")
	rows := []store.ImportRow{userRow("bob", "x"), userRow("Ada", "y"), groupRow("eng")}
	actions(f, f.load(rows...), store.ImportCreated, store.ImportUpdated, store.ImportCreated)
	bob, err := f.Object(f.Context(), f.tenant, store.Ref{Property: "userPrincipalName", Value: "bob@contoso.example"})
	f.succeed(err)
	f.holds(bob.Created.Equal(f.now) && bob.ID == rows[0].NewID, "a new object gets the id offered and the time")
	ada, err := f.Object(f.Context(), f.tenant, store.Ref{Property: "userPrincipalName", Value: "ada@contoso.example"})
	f.succeed(err)
	equal(f, ada.Attributes.String("department"), "y", "department")
	given := userRow("cid", "")
	given.ID = f.id()
	actions(f, f.load(given), store.ImportCreated)
	given.Attributes = directory.Attributes{"userPrincipalName": "cid2@contoso.example"}
	actions(f, f.load(given), store.ImportUpdated)
}

func importedTwice(f *fixture) {
	var rows []store.ImportRow
	for i := range 300 {
		rows = append(rows, userRow(fmt.Sprint("u", i), "x"))
	}
	rows = append(rows, groupRow("eng"), store.ImportRow{Kind: directory.Application, Attributes: directory.Attributes{"appId": "a"}})
	for i := range 300 {
		rows = append(rows, memberRow("eng", fmt.Sprintf("u%d@contoso.example", i)))
	}
	rows = append(rows, store.ImportRow{From: "u1@contoso.example", Relation: directory.Manager, To: "u0@contoso.example"})
	for _, r := range f.load(rows...) {
		f.succeed(r.Err)
		equal(f, r.Action, store.ImportCreated, "action")
	}
	head := f.head()
	for i := range rows {
		rows[i].NewID = ""
	}
	for _, r := range f.load(rows...) {
		f.succeed(r.Err)
		equal(f, r.Action, store.ImportUnchanged, "action")
	}
	equal(f, f.head(), head, "head")
}

func badRows(f *fixture) {
	taken := f.user("ada")
	gone := f.user("gone")
	f.remove(gone)
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
		{Kind: "device", Attributes: directory.Attributes{"displayName": "x", "appId": "x"}},
		{Kind: directory.Application, Attributes: directory.Attributes{"displayName": "x"}},
		userRow("second", "x"),
		memberRow("nowhere", "ada@contoso.example"), memberRow("ada@contoso.example", "ada@contoso.example"), userRow("third", "x"),
	}
	want := []errs.Kind{0, errs.Conflict, errs.Conflict, errs.Conflict, errs.Conflict, errs.Invalid, errs.Invalid, errs.Invalid, 0, errs.NotFound, errs.Invalid, 0}
	for i, r := range f.load(rows...) {
		if want[i] == 0 {
			f.succeed(r.Err)
			equal(f, r.Action, store.ImportCreated, "action")
			continue
		}
		f.fail(r.Err, want[i])
	}
	f.same(all(f, store.Query{Kind: directory.User}), []string{"ada", "first", "second", "third"}, "users")
}

func rowsTogether(f *fixture) {
	actions(f, f.load(userRow("ada", "x"), userRow("ADA", "y"), userRow("ADA", "y"), groupRow("eng"), memberRow("eng", "ada@contoso.example"), memberRow("ENG", "ada@contoso.example")),
		store.ImportCreated, store.ImportUpdated, store.ImportUnchanged, store.ImportCreated, store.ImportCreated, store.ImportUnchanged)
	ada, err := f.Object(f.Context(), f.tenant, store.Ref{Property: "userPrincipalName", Value: "ada@contoso.example"})
	f.succeed(err)
	equal(f, ada.Attributes.String("department"), "y", "department")
	f.same(related(f, ada, directory.Members, true, store.Query{}), []string{"eng"}, "groups")
}

func referencesImported(f *fixture) {
	g, ada, boss := f.group("eng"), f.user("ada"), f.user("boss")
	actions(f, f.load(
		memberRow(string(g.ID), "ADA@contoso.example"),
		memberRow("Eng", string(boss.ID)),
		store.ImportRow{From: "ada@contoso.example", Relation: directory.Manager, To: string(boss.ID)},
	), store.ImportCreated, store.ImportCreated, store.ImportCreated)
	f.same(related(f, g, directory.Members, false, store.Query{}), []string{"ada", "boss"}, "members")
	f.same(related(f, ada, directory.Manager, false, store.Query{}), []string{"boss"}, "manager")
	for _, o := range []directory.Object{g, ada, boss} {
		f.holds(f.again(o).Sequence > o.Sequence, "every end changed")
	}
}

func managersImported(f *fixture) {
	g, ada, bob, eve, boss := f.group("eng"), f.user("ada"), f.user("bob"), f.user("eve"), f.user("boss")
	f.relate(ada, directory.Manager, eve)
	f.relate(bob, directory.Manager, boss)
	f.relate(eve, directory.Manager, boss)
	manager := func(of, is directory.Object) store.ImportRow {
		return store.ImportRow{From: string(of.ID), Relation: directory.Manager, To: string(is.ID)}
	}
	actions(f, f.load(
		manager(ada, boss), memberRow("eng", string(bob.ID)), manager(bob, eve), memberRow("eng", string(bob.ID)), manager(eve, boss), manager(bob, ada),
	), store.ImportCreated, store.ImportCreated, store.ImportCreated, store.ImportUnchanged, store.ImportUnchanged, store.ImportCreated)
	f.same(related(f, ada, directory.Manager, false, store.Query{}), []string{"boss"}, "one that had another")
	f.same(related(f, bob, directory.Manager, false, store.Query{}), []string{"ada"}, "one who got two")
	f.same(related(f, eve, directory.Manager, false, store.Query{}), []string{"boss"}, "one who has him already")
	f.same(related(f, g, directory.Members, false, store.Query{}), []string{"bob"}, "members")
}

func namesPassedOn(f *fixture) {
	users := []directory.Object{f.user("ada"), f.user("bob"), f.user("eve")}
	rename := func(o directory.Object, name string) store.ImportRow {
		r := userRow(name, "Sales")
		r.ID = o.ID
		return r
	}
	other := f.user("mallory")
	actions(f, f.load(rename(users[2], "zoe"), rename(users[1], "eve"), rename(other, "mallory"), rename(users[0], "bob"), userRow("ada", "Sales")),
		store.ImportUpdated, store.ImportUpdated, store.ImportUpdated, store.ImportUpdated, store.ImportCreated)
	for n, name := range []string{"bob", "eve", "zoe"} {
		equal(f, f.again(users[n]).Attributes.String("userPrincipalName"), name+"@contoso.example", "name")
	}
	equal(f, f.again(other).Attributes.String("department"), "Sales", "department")
}

func ambiguousName(f *fixture) {
	f.group("twin")
	f.group("Twin")
	f.user("ada")
	results := f.load(memberRow("twin", "ada@contoso.example"), groupRow("twin"))
	f.fail(results[0].Err, errs.Conflict)
	f.fail(results[1].Err, errs.Conflict)
}

func attributesStay(f *fixture) {
	u := f.user("ada")
	row := store.ImportRow{ID: u.ID, Kind: directory.User, Attributes: directory.Attributes{"department": "x", "accountEnabled": nil}}
	actions(f, f.load(row), store.ImportUpdated)
	f.same(f.again(u).Attributes, directory.Attributes{
		"userPrincipalName": "ada@contoso.example", "displayName": "ada", "department": "x",
	}, "attributes")
}

func applicationsImported(f *fixture) {
	row := store.ImportRow{Kind: directory.ServicePrincipal, Attributes: directory.Attributes{"appId": "a", "displayName": "one"}}
	clash := store.ImportRow{Kind: directory.Application, ID: f.id(), Attributes: directory.Attributes{"appId": "b"}}
	actions(f, f.load(row, clash), store.ImportCreated, store.ImportCreated)
	row.Attributes = directory.Attributes{"appId": "a", "displayName": "two"}
	row.NewID = ""
	actions(f, f.load(row), store.ImportUpdated)
	clash.ID = f.id()
	results := f.load(clash, row)
	f.fail(results[0].Err, errs.Conflict)
	f.succeed(results[1].Err)
}

func emptyImport(f *fixture) {
	actions(f, f.load())
}
