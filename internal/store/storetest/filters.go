package storetest

import (
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

func filterChecks() []check {
	return []check{
		{"a filter finds what it describes", filtered},
		{"a random filter finds what it matches", filterMatches},
		{"a filter over dates compares instants", filteredByDate},
		{"any asks about the members of a collection", filteredByMember},
		{"a property that cannot be filtered is invalid and named", filterRefused},
		{"a literal of another type is invalid", literalRefused},
		{"a filter may be long but not endless", filterBounded},
	}
}

func is(p odata.Property, v odata.Literal) odata.Expr {
	return odata.Compare{Property: p, Op: odata.Eq, Value: v}
}

func compared(p odata.Property, op odata.CompareOp, v odata.Literal) odata.Expr {
	return odata.Compare{Property: p, Op: op, Value: v}
}

func called(function string, p odata.Property, v string) odata.Expr {
	return odata.Call{Function: function, Property: p, Value: v}
}

// people fills the directory that the filters below are asked of.
func people(f *fixture) {
	f.Helper()
	for _, a := range []directory.Attributes{
		{"displayName": "Ada", "userPrincipalName": "ada@x.example", "mail": "Ada@x.example", "accountEnabled": true, "department": "R%D", "surname": "Lovelace", "employeeId": "7"},
		{"displayName": "Bob", "userPrincipalName": "bob@x.example", "accountEnabled": false, "department": "R_D", "surname": "Övre", "employeeId": "70"},
		{"displayName": "Cid", "userPrincipalName": "cid@y.example", "mail": "cid@y.example", "department": "RxD"},
		{"displayName": "Ölaf", "userPrincipalName": "olaf@y.example", "accountEnabled": true, "onPremisesExtensionAttributes": map[string]any{"extensionAttribute3": "North"}},
	} {
		f.create(directory.User, a)
	}
}

func filtered(f *fixture) {
	people(f)
	for _, c := range []struct {
		name   string
		filter odata.Expr
		want   string
	}{
		{"eq ignores case", is("displayName", "ADA"), "Ada"},
		{"eq ignores case beyond ASCII", is("displayName", "öLAF"), "Ölaf"},
		{"eq by mail", is("mail", "ada@X.example"), "Ada"},
		{"property names in any case", is("userprincipalname", "cid@y.example"), "Cid"},
		{"eq true", is("accountEnabled", true), "Ada Ölaf"},
		{"ne finds what has no value", compared("accountEnabled", odata.Ne, true), "Bob Cid"},
		{"eq null", is("mail", nil), "Bob Ölaf"},
		{"ne null", compared("mail", odata.Ne, nil), "Ada Cid"},
		{"gt", compared("employeeId", odata.Gt, "7"), "Bob"},
		{"ge and le", odata.And{Left: compared("employeeId", odata.Ge, "7"), Right: compared("employeeId", odata.Le, "7")}, "Ada"},
		{"lt", compared("displayName", odata.Lt, "bob"), "Ada"},
		{"startswith", called("startswith", "userPrincipalName", "OLAF@"), "Ölaf"},
		{"startswith beyond ASCII", called("startswith", "displayName", "Ö"), "Ölaf"},
		{"endswith", called("endswith", "userPrincipalName", "@Y.example"), "Cid Ölaf"},
		{"endswith of a longer text", called("endswith", "displayName", "a long way to Ada"), ""},
		{"contains takes signs as they are", called("contains", "department", "r%"), "Ada"},
		{"contains an underline", called("contains", "department", "_"), "Bob"},
		{"startswith of a sign", called("startswith", "department", "r_"), "Bob"},
		{"in", odata.In{Property: "displayName", Values: []odata.Literal{"ada", "CID", "x"}}, "Ada Cid"},
		{"search for words of other properties", odata.Or{Left: called(odata.Search, "surname", "öv"), Right: called(odata.Search, "mail", "CID")}, "Bob Cid"},
		{"search for the middle of a word", called(odata.Search, "displayName", "da"), ""},
		{"in with null", odata.In{Property: "mail", Values: []odata.Literal{"cid@y.example", nil}}, "Bob Cid Ölaf"},
		{"or", odata.Or{Left: is("displayName", "ada"), Right: is("mail", "cid@y.example")}, "Ada Cid"},
		{"not", odata.Not{Expr: called("startswith", "mail", "ada")}, "Bob Cid Ölaf"},
		{"not not", odata.Not{Expr: odata.Not{Expr: called("startswith", "mail", "ada")}}, "Ada"},
		{"from the document", is("surname", "LOVELACE"), "Ada"},
		{"startswith from the document", called("startswith", "surname", "Öv"), "Bob"},
		{"inside the document", is("onPremisesExtensionAttributes/extensionAttribute3", "north"), "Ölaf"},
		{"missing in the document", odata.And{Left: is("surname", nil), Right: compared("mail", odata.Ne, nil)}, "Cid"},
	} {
		got := strings.Join(all(f, store.Query{Kind: directory.User, Filter: c.filter}), " ")
		equal(f, got, c.want, c.name)
	}
}

func filteredByDate(f *fixture) {
	start := f.now
	for _, name := range []string{"a", "b", "c"} {
		f.user(name)
		f.now = f.now.Add(time.Hour)
	}
	f.same(all(f, store.Query{Kind: directory.User, Filter: compared("createdDateTime", odata.Ge, start.Add(time.Hour))}), []string{"b", "c"}, "ge")
	f.same(all(f, store.Query{Kind: directory.User, Filter: is("createdDateTime", start.In(time.FixedZone("", 3600)))}), []string{"a"}, "eq in another zone")
}

func filteredByMember(f *fixture) {
	f.create(directory.User, directory.Attributes{"displayName": "guest", "userPrincipalName": "guest", "identities": []any{
		map[string]any{"signInType": "federated", "issuer": "Google.com", "issuerAssignedId": "G-1"},
		map[string]any{"signInType": "emailAddress", "issuer": "contoso.example", "issuerAssignedId": "guest@mail.example"},
	}})
	identity := func(e odata.Expr) string {
		return strings.Join(all(f, store.Query{Kind: directory.User, Filter: odata.Any{Collection: "identities", Variable: "i", Expr: e}}), " ")
	}
	both := odata.And{Left: is("i/issuerAssignedId", "g-1"), Right: is("i/issuer", "google.com")}
	equal(f, identity(both), "guest", "identity")
	both.Right = is("i/issuer", "contoso.example")
	equal(f, identity(both), "", "an identity of two")
	equal(f, identity(is("i/issuerAssignedId", "g-1")), "guest", "identity of any issuer")
	equal(f, identity(is("i/issuerAssignedId", "g-")), "", "the beginning of an identity")
	equal(f, identity(nil), "guest", "any identity")
	f.create(directory.ServicePrincipal, directory.Attributes{"displayName": "one", "appId": "1", "tags": []any{"HideApp", "x"}, "servicePrincipalNames": []any{"https://one"}})
	f.create(directory.ServicePrincipal, directory.Attributes{"displayName": "two", "appId": "2", "tags": []any{"hide"}})
	three := f.create(directory.ServicePrincipal, directory.Attributes{"displayName": "three", "appId": "3", "tags": []any{}})
	ask := func(e odata.Expr) string {
		return strings.Join(all(f, store.Query{Kind: directory.ServicePrincipal, Filter: e}), " ")
	}
	anyTag := func(e odata.Expr) odata.Expr { return odata.Any{Collection: "tags", Variable: "t", Expr: e} }
	equal(f, ask(anyTag(is("t", "hideapp"))), "one", "eq")
	equal(f, ask(anyTag(called("startswith", "t", "hide"))), "one two", "startswith")
	equal(f, ask(anyTag(odata.Or{Left: is("t", "x"), Right: is("t", "hide")})), "one two", "or inside")
	equal(f, ask(anyTag(nil)), "one two", "not empty")
	equal(f, ask(odata.Not{Expr: anyTag(nil)}), "three", "empty")
	equal(f, ask(odata.Any{Collection: "servicePrincipalNames", Variable: "n", Expr: is("n", "https://ONE")}), "one", "names")
	_, err := f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: three.ID}, f.now, replaceBy(directory.Attributes{"displayName": "three", "tags": []any{"x"}}))
	f.succeed(err)
	equal(f, ask(anyTag(is("t", "x"))), "one three", "after an update")
}

func filterRefused(f *fixture) {
	for _, e := range []odata.Expr{
		is("shoeSize", "44"),
		odata.Not{Expr: called("startswith", "shoeSize", "4")},
		odata.In{Property: "shoeSize", Values: []odata.Literal{"44"}},
		odata.Any{Collection: "shoeSize", Variable: "s", Expr: is("s", "44")},
		odata.Any{Collection: "tags", Variable: "s", Expr: is("shoeSize", "44")},
		odata.And{Left: is("displayName", "x"), Right: is("shoeSize", "44")},
		is("x' OR 1=1 --shoeSize", "44"),
	} {
		_, err := f.Objects(f.Context(), f.tenant, store.Query{Kind: directory.User, Filter: e})
		f.fail(err, errs.Invalid)
		f.holds(strings.Contains(err.Error(), "shoeSize") && strings.Contains(err.Error(), "Request_UnsupportedQuery"), "the error names the property: "+err.Error())
	}
	_, err := f.Objects(f.Context(), f.tenant, store.Query{Kind: directory.User, Filter: is("tags", "x")})
	f.fail(err, errs.Invalid)
}

func literalRefused(f *fixture) {
	for _, e := range []odata.Expr{
		is("accountEnabled", "true"), is("displayName", true), is("displayName", int64(3)), is("createdDateTime", "2025-01-01"),
		compared("accountEnabled", odata.Gt, true), compared("mail", odata.Lt, nil), called("startswith", "accountEnabled", "t"),
		odata.In{Property: "displayName", Values: []odata.Literal{"a", false}},
		called("length", "displayName", "3"),
	} {
		_, err := f.Objects(f.Context(), f.tenant, store.Query{Kind: directory.User, Filter: e})
		f.fail(err, errs.Invalid)
	}
}

func filterBounded(f *fixture) {
	f.user("ada")
	values := make([]odata.Literal, 1000)
	for i := range values {
		values[i] = "ada"
	}
	f.same(all(f, store.Query{Kind: directory.User, Filter: odata.In{Property: "displayName", Values: values}}), []string{"ada"}, "in of a thousand")
	deep := is("displayName", "ada")
	for range 5000 {
		deep = odata.Not{Expr: deep}
	}
	_, err := f.Objects(f.Context(), f.tenant, store.Query{Kind: directory.User, Filter: deep})
	f.fail(err, errs.Invalid)
	_, err = f.Objects(f.Context(), f.tenant, store.Query{Kind: directory.User, Filter: odata.In{Property: "displayName", Values: make([]odata.Literal, 1)}})
	f.succeed(err)
}
