package scim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/scim"
)

const base = `{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
	"id": "u1", "userName": "ann", "title": "Dr", "active": true,
	"name": {"givenName": "Ann", "familyName": "Lee"},
	"emails": [{"type": "work", "value": "w@x", "primary": true}, {"type": "home", "value": "h@x"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "D0", "manager": {"value": "m0"}}
}`

// applyTest changes base by ops.  want names what must be found afterwards, by
// path; nil means no value.
type applyTest struct {
	name     string
	ops      string
	mode     scim.Mode
	want     map[string]any
	scimType string // of the error, where one is due
	same     bool   // whether the resource must stay as it is
}

func TestApply(t *testing.T) {
	t.Parallel()

	user := scim.NewUserType()
	for _, tt := range append(standardCases(), append(strictCases(), tolerantCases()...)...) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			ops, err := scim.DecodePatch([]byte(`{"schemas": ["` + scim.PatchOpURN + `"], "Operations": [` + tt.ops + `]}`))
			if err != nil {
				t.Fatal(err)
			}
			before := mustResource(t, base)
			after, changed, err := scim.Apply(before, ops, user, tt.mode)
			if diff := cmp.Diff(mustResource(t, base), before); diff != "" {
				t.Fatalf("Apply changed its argument:\n%s", diff)
			}
			if tt.scimType != "" {
				wantScimType(t, err, tt.scimType)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if changed == tt.same {
				t.Errorf("changed = %t", changed)
			}
			for path, want := range tt.want {
				got, _ := after.Get(path)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s:\n%s", path, diff)
				}
			}
		})
	}
}

func obj(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1] //nolint:forcetypeassert,errcheck // keys are literals
	}
	return m
}

// standardCases hold in both modes; they run strictly.
func standardCases() []applyTest {
	return []applyTest{
		{name: "replace", ops: `{"op": "replace", "path": "title", "value": "Prof"}`, want: map[string]any{"title": "Prof"}},
		{name: "replace with the same", ops: `{"op": "replace", "path": "title", "value": "Dr"}`, same: true},
		{name: "replace what was not there", ops: `{"op": "replace", "path": "nickName", "value": "A"}`, want: map[string]any{"nickName": "A"}},
		{name: "capital op, other case of path", ops: `{"op": "Replace", "path": "TITLE", "value": "Prof"}`, want: map[string]any{"title": "Prof"}},
		{name: "core URN", ops: `{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:title", "value": "P"}`, want: map[string]any{"title": "P"}},
		{name: "null unassigns", ops: `{"op": "replace", "path": "title", "value": null}`, want: map[string]any{"title": nil}},
		{name: "add null", ops: `{"op": "add", "path": "title", "value": null}`, same: true},
		{name: "remove", ops: `{"op": "remove", "path": "title"}`, want: map[string]any{"title": nil}},
		{name: "remove what is not there", ops: `{"op": "remove", "path": "nickName"}`, same: true},
		{name: "sub-attribute", ops: `{"op": "replace", "path": "name.givenName", "value": "A"}`, want: map[string]any{"name": obj("givenName", "A", "familyName", "Lee")}},
		{name: "complex add merges", ops: `{"op": "add", "path": "name", "value": {"middleName": "M"}}`, want: map[string]any{"name": obj("givenName", "Ann", "familyName", "Lee", "middleName", "M")}},
		{name: "null part of a complex value", ops: `{"op": "replace", "path": "name", "value": {"givenName": null, "middleName": "M"}}`, want: map[string]any{"name": obj("familyName", "Lee", "middleName", "M")}},
		{name: "last sub-attributes", ops: `{"op": "remove", "path": "name.givenName"}, {"op": "remove", "path": "name.familyName"}`, want: map[string]any{"name": nil}},
		{name: "add to a list", ops: `{"op": "add", "path": "emails", "value": [{"type": "other", "value": "o@x"}]}`, want: map[string]any{"emails.value": []any{"w@x", "h@x", "o@x"}}},
		{name: "add a lone object", ops: `{"op": "add", "path": "emails", "value": {"type": "other", "value": "o@x"}}`, want: map[string]any{"emails.value": []any{"w@x", "h@x", "o@x"}}},
		{name: "add what is there", ops: `{"op": "add", "path": "emails", "value": [{"type": "home", "value": "h@x"}]}`, same: true},
		{name: "a new primary demotes the old", ops: `{"op": "add", "path": "emails", "value": [{"type": "other", "value": "o@x", "primary": true}]}`, want: map[string]any{
			`emails[primary eq true].value`: "o@x", `emails[type eq "work"].primary`: false,
		}},
		{name: "primary by path", ops: `{"op": "add", "path": "emails[type eq \"home\"].primary", "value": true}`, want: map[string]any{`emails[primary eq true].value`: "h@x"}},
		{name: "replace a list", ops: `{"op": "replace", "path": "emails", "value": [{"type": "other", "value": "o@x"}]}`, want: map[string]any{"emails.value": []any{"o@x"}}},
		{name: "replace a list by nothing", ops: `{"op": "replace", "path": "emails", "value": []}`, want: map[string]any{"emails": nil}},
		{name: "replace one value", ops: `{"op": "replace", "path": "emails[type eq \"home\"]", "value": {"value": "n@x"}}`, want: map[string]any{"emails": []any{
			obj("type", "work", "value", "w@x", "primary", true), obj("value", "n@x"),
		}}},
		{name: "add to one value", ops: `{"op": "add", "path": "emails[type eq \"home\"]", "value": {"display": "H"}}`, want: map[string]any{`emails[type eq "home"]`: obj("type", "home", "value", "h@x", "display", "H")}},
		{name: "replace a part of one value", ops: `{"op": "replace", "path": "emails[type eq \"home\"].value", "value": "n@x"}`, want: map[string]any{`emails[type eq "home"].value`: "n@x", `emails[type eq "work"].value`: "w@x"}},
		{name: "a part of every value", ops: `{"op": "replace", "path": "emails.display", "value": "E"}`, want: map[string]any{"emails.display": []any{"E", "E"}}},
		{name: "remove one value", ops: `{"op": "remove", "path": "emails[type eq \"home\"]"}`, want: map[string]any{"emails.value": []any{"w@x"}}},
		{name: "remove every value", ops: `{"op": "remove", "path": "emails[type pr]"}`, want: map[string]any{"emails": nil}},
		{name: "remove a part of one value", ops: `{"op": "remove", "path": "emails[type eq \"work\"].primary"}`, want: map[string]any{`emails[type eq "work"].primary`: nil}},
		{name: "extension", ops: `{"op": "replace", "path": "` + enterprise + `:department", "value": "D1"}`, want: map[string]any{enterprise + ":department": "D1"}},
		{name: "whole extension", ops: `{"op": "add", "path": "` + enterprise + `", "value": {"division": "X"}}`, want: map[string]any{enterprise + ":division": "X", enterprise + ":department": "D0"}},
		{name: "remove an extension", ops: `{"op": "remove", "path": "` + enterprise + `"}`, want: map[string]any{enterprise: nil, "schemas": []any{scim.UserURN}}},
		{name: "empty an extension", ops: `{"op": "remove", "path": "` + enterprise + `:department"}, {"op": "remove", "path": "` + enterprise + `:manager"}`, want: map[string]any{enterprise: nil, "schemas": []any{scim.UserURN}}},
		{name: "no path", ops: `{"op": "replace", "value": {"title": "Prof", "name": {"givenName": "A"}, "id": "u1", "schemas": [], "` + enterprise + `": {"department": "D1"}}}`, want: map[string]any{
			"title": "Prof", "name": obj("givenName", "A", "familyName", "Lee"), enterprise + ":department": "D1", enterprise + ":manager.value": "m0",
		}},
		{name: "one operation sees the one before", ops: `{"op": "add", "path": "emails", "value": [{"type": "other", "value": "o@x"}]}, {"op": "replace", "path": "emails[type eq \"other\"].value", "value": "p@x"}`, want: map[string]any{`emails[type eq "other"].value`: "p@x"}},
		{name: "unknown attribute of an extension", ops: `{"op": "add", "path": "` + enterprise + `:nose", "value": "x"}`, scimType: scim.InvalidPath},
		{name: "read-only", ops: `{"op": "replace", "path": "id", "value": "x"}`, scimType: scim.Mutability},
		{name: "read-only part", ops: `{"op": "add", "path": "` + enterprise + `:manager.displayName", "value": "x"}`, scimType: scim.Mutability},
		{name: "groups", ops: `{"op": "add", "path": "groups", "value": [{"value": "g"}]}`, scimType: scim.Mutability},
		{name: "remove a required attribute", ops: `{"op": "remove", "path": "userName"}`, scimType: scim.Mutability},
		{name: "null for a required attribute", ops: `{"op": "replace", "path": "userName", "value": null}`, scimType: scim.InvalidValue},
		{name: "empty required attribute", ops: `{"op": "replace", "path": "userName", "value": ""}`, scimType: scim.InvalidValue},
		{name: "wrong type", ops: `{"op": "replace", "path": "title", "value": 7}`, scimType: scim.InvalidValue},
		{name: "text for a complex attribute", ops: `{"op": "replace", "path": "name.givenName", "value": {"a": 1}}`, scimType: scim.InvalidValue},
		{name: "filter on one value", ops: `{"op": "replace", "path": "name[givenName pr].familyName", "value": "x"}`, scimType: scim.InvalidPath},
		{name: "remove without path", ops: `{"op": "remove"}`, scimType: scim.NoTarget},
		{name: "no path and no object", ops: `{"op": "add", "value": "x"}`, scimType: scim.InvalidValue},
		{name: "a later failure undoes all", ops: `{"op": "replace", "path": "title", "value": "Prof"}, {"op": "remove", "path": "userName"}`, scimType: scim.Mutability},
	}
}

func strictCases() []applyTest {
	return []applyTest{
		{name: "strict: unknown attribute", ops: `{"op": "add", "path": "nose", "value": "x"}`, scimType: scim.InvalidPath},
		{name: "strict: unknown extension", ops: `{"op": "add", "path": "urn:x:y:nose", "value": "x"}`, scimType: scim.InvalidPath},
		{name: "strict: group's URN", ops: `{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:displayName", "value": "x"}`, scimType: scim.InvalidPath},
		{name: "strict: add where no value matches", ops: `{"op": "add", "path": "emails[type eq \"other\"].value", "value": "x"}`, scimType: scim.NoTarget},
		{name: "strict: replace where no value matches", ops: `{"op": "replace", "path": "emails[type eq \"other\"]", "value": {"value": "x"}}`, scimType: scim.NoTarget},
		{name: "strict: remove where no value matches", ops: `{"op": "remove", "path": "emails[type eq \"other\"]"}`, scimType: scim.NoTarget},
		{name: "strict: remove with value", ops: `{"op": "remove", "path": "emails", "value": [{"value": "h@x"}]}`, scimType: scim.InvalidValue},
		{name: "strict: Boolean in words", ops: `{"op": "replace", "path": "active", "value": "False"}`, scimType: scim.InvalidValue},
		{name: "strict: bare manager", ops: `{"op": "replace", "path": "` + enterprise + `:manager", "value": "m1"}`, scimType: scim.InvalidValue},
		{name: "strict: unknown sub-attribute", ops: `{"op": "replace", "path": "name", "value": {"nose": "x"}}`, scimType: scim.InvalidValue},
		{name: "strict: dotted key", ops: `{"op": "replace", "value": {"name.givenName": "x"}}`, scimType: scim.InvalidPath},
		{name: "strict: other id without path", ops: `{"op": "replace", "value": {"id": "u2"}}`, scimType: scim.Mutability},
		{name: "strict: two primaries", ops: `{"op": "replace", "path": "emails", "value": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}`, scimType: scim.InvalidValue},
	}
}

func tolerantCases() []applyTest {
	cases := []applyTest{
		{name: "unknown attribute", ops: `{"op": "add", "path": "nose", "value": "x"}`, same: true},
		{name: "unknown extension", ops: `{"op": "add", "path": "urn:x:y:nose", "value": "x"}`, want: map[string]any{
			"urn:x:y:nose": "x", "schemas": []any{scim.UserURN, enterprise, "urn:x:y"},
		}},
		{name: "unknown extension emptied", ops: `{"op": "add", "path": "urn:x:y:nose", "value": "x"}, {"op": "remove", "path": "urn:x:y:nose"}`, same: true},
		{name: "add where no value matches", ops: `{"op": "Add", "path": "emails[type eq \"other\"].value", "value": "x"}`, want: map[string]any{`emails[type eq "other"]`: obj("type", "other", "value", "x")}},
		{name: "replace where no value matches", ops: `{"op": "Replace", "path": "phoneNumbers[type eq \"fax\"].value", "value": "1"}`, want: map[string]any{"phoneNumbers": []any{obj("type", "fax", "value", "1")}}},
		{name: "role by primary in words", ops: `{"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "Admin"}`, want: map[string]any{"roles": []any{obj("primary", true, "value", "Admin")}}},
		{name: "remove where no value matches", ops: `{"op": "Remove", "path": "emails[type eq \"other\"]"}`, same: true},
		{name: "remove with value", ops: `{"op": "Remove", "path": "emails", "value": [{"value": "h@x"}]}`, want: map[string]any{"emails.value": []any{"w@x"}}},
		{name: "Boolean in words", ops: `{"op": "Replace", "path": "active", "value": "False"}`, want: map[string]any{"active": false}},
		{name: "part in words", ops: `{"op": "Add", "path": "emails[type eq \"home\"].primary", "value": "true"}`, want: map[string]any{`emails[type eq "home"].primary`: true, `emails[type eq "work"].primary`: false}},
		{name: "nonsense for a Boolean", ops: `{"op": "Replace", "path": "active", "value": "maybe"}`, scimType: scim.InvalidValue},
		{name: "bare manager", ops: `{"op": "Replace", "path": "` + enterprise + `:manager", "value": "m1"}`, want: map[string]any{enterprise + ":manager": obj("value", "m1")}},
		{name: "manager removed by the empty string", ops: `{"op": "Replace", "path": "` + enterprise + `:manager", "value": ""}`, want: map[string]any{enterprise + ":manager": nil}},
		{name: "manager without URN in a list", ops: `{"op": "Add", "path": "manager", "value": [{"$ref": "x", "value": "m1"}]}`, want: map[string]any{enterprise + ":manager.value": "m1"}},
		{name: "dotted and URN keys", ops: `{"op": "replace", "value": {"displayName": "A", "name.givenName": "G", "` + enterprise + `:department": "D1", "nose": 1}}`, want: map[string]any{
			"displayName": "A", "name.givenName": "G", "name.familyName": "Lee", enterprise + ":department": "D1",
		}},
		{name: "other id without path", ops: `{"op": "replace", "value": {"id": "u2"}}`, same: true},
	}
	for i := range cases {
		cases[i].mode = scim.Tolerant
		cases[i].name = "tolerant: " + cases[i].name
	}
	return cases
}

func TestApplyToMembers(t *testing.T) {
	t.Parallel()

	group := scim.NewGroupType()
	for _, tt := range []struct {
		ops      []scim.PatchOp
		mode     scim.Mode
		want     []string
		scimType string
	}{
		{ops: []scim.PatchOp{scim.AddMembers("c", "a", "c")}, want: []string{"a", "b", "c"}},
		{ops: []scim.PatchOp{scim.RemoveMembers("a", "x")}, mode: scim.Tolerant, want: []string{"b"}},
		{ops: []scim.PatchOp{scim.RemoveMembers("a")}, scimType: scim.InvalidValue},
		{ops: []scim.PatchOp{{Op: scim.Remove, Path: mustPath(t, `members[value eq "a"]`)}}, want: []string{"b"}},
		{ops: []scim.PatchOp{{Op: scim.Remove, Path: mustPath(t, `members[value eq "A"]`)}}, scimType: scim.NoTarget},
		{ops: []scim.PatchOp{{Op: scim.Remove, Path: mustPath(t, "members")}}, want: []string{}},
		{ops: []scim.PatchOp{{Op: scim.Replace, Path: mustPath(t, `members[value eq "a"].value`), Value: "z"}}, scimType: scim.Mutability},
		{ops: []scim.PatchOp{{Op: scim.Replace, Path: mustPath(t, `members[value eq "a"]`), Value: obj("value", "z")}}, scimType: scim.Mutability},
	} {
		r := mustResource(t, `{"displayName": "g", "members": [{"value": "a"}, {"value": "b"}]}`)
		got, _, err := scim.Apply(r, tt.ops, group, tt.mode)
		if tt.scimType != "" {
			wantScimType(t, err, tt.scimType)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got.MemberIDs()); diff != "" {
			t.Errorf("%v:\n%s", tt.ops, diff)
		}
	}
}

// TestApplyIsAtomic runs random operations: an error leaves the resource as it was,
// a success is a resource that the schema accepts, and doing the same again, where
// nothing depends on what was there, changes nothing.
func TestApplyIsAtomic(t *testing.T) {
	t.Parallel()

	user := scim.NewUserType()
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]scim.Mode{scim.Strict, scim.Tolerant}).Draw(t, "mode")
		ops := rapid.SliceOfN(rapid.Custom(drawOp), 1, 5).Draw(t, "operations")
		before, err := scim.DecodeResource([]byte(base))
		if err != nil {
			t.Fatal(err)
		}
		kept := before.Clone()
		after, changed, err := scim.Apply(before, ops, user, mode)
		if diff := cmp.Diff(kept, before); diff != "" {
			t.Fatalf("the argument changed:\n%s", diff)
		}
		if err != nil || !changed {
			if diff := cmp.Diff(kept, after); diff != "" || changed {
				t.Fatalf("changed = %t with %v:\n%s", changed, err, diff)
			}
			return
		}
		clean, err := user.Normalize(after, mode)
		if err != nil {
			t.Fatalf("the result is not valid: %v", err)
		}
		clean["id"] = after["id"]
		if diff := cmp.Diff(clean, after); diff != "" {
			t.Fatalf("the result is not normal:\n%s", diff)
		}
	})
}

func drawOp(t *rapid.T) scim.PatchOp {
	path := rapid.SampledFrom([]string{
		"title", "userName", "active", "name", "name.givenName", "emails", `emails[type eq "work"]`, `emails[type eq "work"].value`,
		`emails[type eq "other"].value`, `emails[type eq "other"].primary`, "emails.display", enterprise, enterprise + ":department",
		enterprise + ":manager", "urn:x:y:z", "id", "nose", "password",
	}).Draw(t, "path")
	value := rapid.SampledFrom([]any{
		nil, "", "text", true, "True", 7.0,
		[]any{},
		obj(), obj("value", "v"), obj("givenName", "G", "familyName", nil),
		[]any{obj("type", "work", "value", "a", "primary", true), obj("type", "home", "value", "b")},
		[]any{nil, "x"},
		obj("department", "D", "division", nil),
	}).Draw(t, "value")
	op := rapid.SampledFrom([]scim.Op{scim.Add, scim.Replace, scim.Remove}).Draw(t, "op")
	if rapid.IntRange(0, 9).Draw(t, "path-less") == 0 {
		return scim.PatchOp{Op: op, Value: obj(path, value)}
	}
	return scim.PatchOp{Op: op, Path: mustDraw(t, path), Value: value}
}

func FuzzApply(f *testing.F) {
	for _, tt := range append(standardCases(), append(strictCases(), tolerantCases()...)...) {
		f.Add(tt.ops, tt.mode == scim.Tolerant)
	}
	user := scim.NewUserType()
	f.Fuzz(func(t *testing.T, text string, tolerant bool) {
		ops, err := scim.DecodePatch([]byte(`{"schemas": ["` + scim.PatchOpURN + `"], "Operations": [` + text + `]}`))
		if err != nil {
			return
		}
		mode := scim.Strict
		if tolerant {
			mode = scim.Tolerant
		}
		before := mustResource(t, base)
		after, changed, err := scim.Apply(before, ops, user, mode)
		if diff := cmp.Diff(mustResource(t, base), before); diff != "" {
			t.Fatalf("the argument changed:\n%s", diff)
		}
		if changed == cmp.Equal(before, after) || changed && err != nil {
			t.Fatalf("changed = %t, error = %v, after = %v", changed, err, after)
		}
		if name := after["userName"]; name == nil || name == "" {
			t.Fatal("the required userName is gone")
		}
	})
}
