package scim_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/scim"
)

const enterprise = scim.EnterpriseUserURN

func mustPath(tb testing.TB, s string) scim.Path {
	tb.Helper()
	p, err := scim.ParsePath(s)
	if err != nil {
		tb.Fatalf("ParsePath(%q): %v", s, err)
	}
	return p
}

func mustResource(tb testing.TB, s string) scim.Resource {
	tb.Helper()
	r, err := scim.DecodeResource([]byte(s))
	if err != nil {
		tb.Fatalf("DecodeResource(%s): %v", s, err)
	}
	return r
}

func wantScimType(tb testing.TB, err error, want string) {
	tb.Helper()
	e, ok := errors.AsType[*scim.Error](err)
	if !ok || e.ScimType != want {
		tb.Fatalf("got the error %v, want scimType %s", err, want)
	}
}

func TestParsePath(t *testing.T) {
	t.Parallel()

	tests := []struct {
		in, extension, attribute, filter, sub string
		printed                               string // where it differs from in
	}{
		{in: "userName", attribute: "userName"},
		{in: "name.givenName", attribute: "name", sub: "givenName"},
		{in: "members.$ref", attribute: "members", sub: "$ref"},
		{in: `emails[type eq "work"].value`, attribute: "emails", filter: `type eq "work"`, sub: "value"},
		{in: `emails[type eq "work"]`, attribute: "emails", filter: `type eq "work"`},
		{in: `emails[type eq "a]b\"c"].value`, attribute: "emails", filter: `type eq "a]b\"c"`, sub: "value"},
		{
			in: `emails[TYPE EQ "work" AND not(primary eq true)].value`, attribute: "emails",
			filter: `TYPE eq "work" and not (primary eq true)`, sub: "value",
			printed: `emails[TYPE eq "work" and not (primary eq true)].value`,
		},
		{in: `roles[primary eq "True"].value`, attribute: "roles", filter: `primary eq "True"`, sub: "value"},
		{in: enterprise + ":department", extension: enterprise, attribute: "department"},
		{in: enterprise + ":manager.value", extension: enterprise, attribute: "manager", sub: "value"},
		{in: enterprise, extension: enterprise},
		{in: scim.UserURN + ":name.givenName", attribute: "name", sub: "givenName"},
		{
			in: enterprise + ".manager", extension: enterprise, attribute: "manager",
			printed: enterprise + ":manager",
		},
		{
			in:        "urn:scim:schemas:extension:enterprise:1.0.department",
			extension: "urn:scim:schemas:extension:enterprise:1.0", attribute: "department",
		},
		{
			in:        "urn:scim:schemas:extension:enterprise:1.0:department",
			extension: "urn:scim:schemas:extension:enterprise:1.0", attribute: "department",
			printed: "urn:scim:schemas:extension:enterprise:1.0.department",
		},
		{
			in:        "urn:ietf:params:scim:schemas:extension:Acme:2.0:User:CustomAttribute",
			extension: "urn:ietf:params:scim:schemas:extension:Acme:2.0:User", attribute: "CustomAttribute",
		},
		{in: "urn:example:hr:grade", extension: "urn:example:hr", attribute: "grade"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()

			p := mustPath(t, tt.in)
			got := []string{p.Extension(), p.Attribute(), p.Filter().String(), p.SubAttribute()}
			want := []string{tt.extension, tt.attribute, tt.filter, tt.sub}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if tt.printed == "" {
				tt.printed = tt.in
			}
			if p.String() != tt.printed {
				t.Errorf("String() = %s, want %s", p, tt.printed)
			}
		})
	}
}

func TestParsePathRefuses(t *testing.T) {
	t.Parallel()

	for _, in := range []string{
		"", " ", "a b", "a.", ".a", "a.b.c", "1a", "a[", "a[]", `a[type eq "x"`, `a[type eq x]`, `a[type eq "x"]value`,
		`a[type eq "x"].`, `a.b[type eq "x"]`, `a[b[c eq "x"] and d eq 1]`, "a]", "urn:a", "urn:", "urn:a:b c:d",
		enterprise + ":", enterprise + ".", `urn:x:1.0[type eq "x"]`,
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()

			p, err := scim.ParsePath(in)
			if err == nil {
				t.Fatalf("ParsePath(%q) = %s, want an error", in, p)
			}
			wantScimType(t, err, scim.InvalidPath)
		})
	}
}

func TestPathEqual(t *testing.T) {
	t.Parallel()

	if p, q := mustPath(t, "USERNAME"), mustPath(t, scim.UserURN+":userName"); !p.Equal(q) {
		t.Errorf("%s and %s name the same attribute", p, q)
	}
	if p, q := mustPath(t, `emails[type eq "work"].value`), mustPath(t, `emails[type eq "home"].value`); p.Equal(q) {
		t.Errorf("%s and %s name different values", p, q)
	}
}

const someone = `{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "1", "UserName": "ann", "active": false, "nickName": null,
	"name": {"givenName": "Ann", "familyName": null},
	"emails": [{"type": "home", "value": "h@x"}, {"Type": "work", "VALUE": "w@x", "primary": true}],
	"roles": [], "addresses": {"type": "work", "country": "DE"},
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:user": {"Department": "D1", "manager": {"value": "m1"}}
}`

func TestLookup(t *testing.T) {
	t.Parallel()

	tests := []struct {
		path string
		want any // nil for no value
	}{
		{"userName", "ann"},
		{"active", false},
		{"nickName", nil},
		{"title", nil},
		{"name.GIVENNAME", "Ann"},
		{"name.familyName", nil},
		{"userName.sub", nil},
		{`emails[type eq "work"].value`, "w@x"},
		{`emails[primary eq "True"].value`, "w@x"},
		{`emails[primary eq true].type`, "work"},
		{`emails[type eq "other"].value`, nil},
		{`emails[type eq "home"]`, map[string]any{"type": "home", "value": "h@x"}},
		{"emails.value", []any{"h@x", "w@x"}},
		{"emails.display", nil},
		{"roles", nil},
		{`addresses[type eq "work"].country`, "DE"},
		{enterprise + ":department", "D1"},
		{enterprise + ":manager.value", "m1"},
		{"urn:example:other:thing", nil},
		{scim.UserURN + ":userName", "ann"},
	}
	r := mustResource(t, someone)
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()

			got, ok := mustPath(t, tt.path).Lookup(r)
			if ok != (tt.want != nil) {
				t.Fatalf("Lookup = %v, %t", got, ok)
			}
			if diff := cmp.Diff(tt.want, got); ok && diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSetFolds(t *testing.T) {
	t.Parallel()

	r := scim.Resource{}
	for _, set := range []struct {
		path  string
		value any
	}{
		{"userName", "ann"},
		{"USERNAME", "anna"},
		{"title", nil},
		{"name.givenName", "Ann"},
		{"name.familyName", "Lee"},
		{`emails[type eq "work"].value`, "w@x"},
		{`emails[type eq "home"].value`, "h@x"},
		{`emails[type eq "work"].display`, "Work"},
		{`roles[primary eq "True"].value`, "Admin"},
		{enterprise + ":department", "D1"},
		{"tags", []string{"a", "b"}},
	} {
		if err := mustPath(t, set.path).Set(r, set.value); err != nil {
			t.Fatalf("Set(%s): %v", set.path, err)
		}
	}
	want := scim.Resource{
		"userName": "anna",
		"name":     map[string]any{"givenName": "Ann", "familyName": "Lee"},
		"emails": []any{
			map[string]any{"type": "work", "value": "w@x", "display": "Work"},
			map[string]any{"type": "home", "value": "h@x"},
		},
		"roles":    []any{map[string]any{"primary": true, "value": "Admin"}},
		enterprise: map[string]any{"department": "D1"},
		"tags":     []any{"a", "b"},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()

	tests := []struct{ resource, path, scimType string }{
		{`{}`, `emails[type co "work"].value`, scim.InvalidPath},
		{`{}`, `emails[type eq "work" or type eq "home"].value`, scim.InvalidPath},
		{`{"name": "text"}`, "name.givenName", scim.InvalidValue},
		{`{"emails": ["text"]}`, `emails[value eq "text"].type`, scim.InvalidValue},
		{`{}`, enterprise, scim.InvalidValue},
		{`{}`, `emails[type eq "work"].type`, scim.InvalidValue},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()

			wantScimType(t, mustPath(t, tt.path).Set(mustResource(t, tt.resource), "x"), tt.scimType)
		})
	}
}

func TestSetMakesElementsOfEveryType(t *testing.T) {
	t.Parallel()

	r := scim.Resource{"id": "1", "externalId": "E", "text": "not a number"}
	for path, v := range map[string]any{
		`badges[level eq 7 and current eq true].value`: "b",
		`badges[level eq 8]`:                           map[string]any{"value": "c"},
		"lists":                                        []map[string]any{{"a": "b"}},
		"nested":                                       scim.Resource{"a": "b"},
	} {
		if err := mustPath(t, path).Set(r, v); err != nil {
			t.Fatal(err)
		}
	}
	if r.ID() != "1" || r.ExternalID() != "E" {
		t.Errorf("ids %q and %q", r.ID(), r.ExternalID())
	}
	for path, want := range map[string]any{
		`badges[level eq 7.0].value`: "b", `badges[current eq true].level`: 7.0, `badges[level gt 7].value`: "c",
		"lists.a": []any{"b"}, "nested.a": "b",
	} {
		if got, _ := r.Get(path); !cmp.Equal(want, got) {
			t.Errorf("%s = %v, want %v", path, got, want)
		}
	}
	if v, ok := r.Get("a..b"); ok {
		t.Errorf("a path that is none has the value %v", v)
	}
	if f, err := scim.ParseFilter("text gt 1"); err != nil || f.Match(r, nil) {
		t.Errorf("a text is greater than a number, or %v", err)
	}
	if diff := cmp.Diff(r, r.Clone()); diff != "" || scim.Resource(nil).Clone() != nil {
		t.Error(diff)
	}
}

func TestReferenceID(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct {
		value any
		want  string
	}{
		{"m1", "m1"},
		{map[string]any{"Value": "m1", "$ref": nil}, "m1"},
		{[]any{map[string]any{"value": "m1"}}, "m1"},
		{"", ""},
		{nil, ""},
		{map[string]any{}, ""},
		{[]any{"a", "b"}, ""},
	} {
		got, ok := scim.ReferenceID(tt.value)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("ReferenceID(%v) = %q, %t", tt.value, got, ok)
		}
	}
	group := mustResource(t, `{"members": [{"value": "a"}, "b", {"value": "a"}, {"display": "none"}]}`)
	if diff := cmp.Diff([]string{"a", "b"}, group.MemberIDs()); diff != "" {
		t.Error(diff)
	}
}

func TestPathSetThenLookup(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		p := drawPath(t)
		v := rapid.StringMatching(`.+`).Draw(t, "value")
		r := scim.Resource{}
		if err := p.Set(r, v); err != nil {
			if _, found := p.Lookup(r); found {
				t.Fatalf("%s was set although: %v", p, err)
			}
			return // the value contradicts the filter
		}
		if got, ok := p.Lookup(r); !ok || got != v {
			t.Fatalf("%s: set %q, found %v, %t in %v", p, v, got, ok, r)
		}
	})
}

func TestPathPrintsAndParses(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		p := drawPath(t)
		q, err := scim.ParsePath(p.String())
		if err != nil || !p.Equal(q) || q.String() != p.String() {
			t.Fatalf("%s came back as %s, %v", p, q, err)
		}
	})
}

// drawPath makes a path in every form.
func drawPath(t *rapid.T) scim.Path {
	name := rapid.StringMatching(`[a-zA-Z_][a-zA-Z0-9_-]{0,8}`)
	text := name.Draw(t, "attribute")
	if rapid.Bool().Draw(t, "filtered") {
		filter := scim.Equal(mustDraw(t, name.Draw(t, "filter attribute")), rapid.String().Draw(t, "filter value"))
		text += "[" + filter.String() + "]"
	}
	if rapid.Bool().Draw(t, "sub") || rapid.Bool().Draw(t, "again") {
		text += "." + name.Draw(t, "sub-attribute")
	}
	return mustDraw(t, rapid.SampledFrom([]string{
		"", enterprise + ":", scim.UserURN + ":", "urn:scim:schemas:extension:enterprise:1.0.", "urn:x:y:",
	}).Draw(t, "schema")+text)
}

func mustDraw(t *rapid.T, s string) scim.Path {
	p, err := scim.ParsePath(s)
	if err != nil {
		t.Fatalf("ParsePath(%q): %v", s, err)
	}
	return p
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{
		"userName", "name.givenName", `emails[type eq "work"].value`, enterprise + ":manager.value",
		"urn:scim:schemas:extension:enterprise:1.0.department", `a[b eq "]" and not (c pr)].d`, "urn:x:1.0:User.y",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := scim.ParsePath(s)
		if err != nil {
			return
		}
		q, err := scim.ParsePath(p.String())
		if err != nil || q.String() != p.String() {
			t.Fatalf("%q prints as %q, which parses as %q, %v", s, p, q, err)
		}
		p.Lookup(scim.Resource{"userName": "x", "emails": []any{map[string]any{"type": "work"}, "text", nil}})
	})
}
