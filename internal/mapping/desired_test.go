package mapping_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/synchronization"
)

// TestSourceAttributes: every name that a schema's source has and the property of
// Graph behind it.
func TestSourceAttributes(t *testing.T) {
	t.Parallel()
	a := directory.Attributes{
		"officeLocation": "B1", "businessPhones": []any{"+41 1", "+41 2"}, "mobilePhone": "+41 7", "faxNumber": "+41 9",
		"onPremisesSyncEnabled": true, "onPremisesImmutableId": "imm", "userPrincipalName": "ada_home.example#EXT#@tenant.example",
		"onPremisesExtensionAttributes": map[string]any{"extensionAttribute3": "three"}, "department": "R&D",
		"extension_0123456789abcdef0123456789abcdef_badge": "b7", "proxyAddresses": []any{"SMTP:a@x", "smtp:b@x"},
	}
	for name, want := range map[string]any{
		"objectId": "00000000-0000-4000-8000-00000000000a", "id": "00000000-0000-4000-8000-00000000000a",
		"physicalDeliveryOfficeName": "B1", "officeLocation": "B1", "telephoneNumber": "+41 1", "mobile": "+41 7", "mobilePhone": "+41 7",
		"facsimileTelephoneNumber": "+41 9", "dirSyncEnabled": "True", "immutableId": "imm",
		"userPrincipalName": "ada@home.example", "originalUserPrincipalName": "ada_home.example#EXT#@tenant.example",
		"extensionAttribute3": "three", "extensionAttribute4": nil, "department": "R&D", "Department": "R&D", "IsSoftDeleted": "False",
		"extension_0123456789abcdef0123456789abcdef_badge": "b7", "appRoleAssignments": nil,
		"proxyAddresses": []any{"SMTP:a@x", "smtp:b@x"},
	} {
		require.Equal(t, want, one(t, synchronization.AttributeDefinition{Name: "title", Type: "String"}, "["+name+"]", a), name)
	}
	for upn, want := range map[string]any{
		"ada@example.com": "ada@example.com", "a_b_c.example#EXT#@t": "a_b@c.example", "noalias#EXT#@t": "noalias#EXT#@t", "": "",
	} {
		require.Equal(t, want, one(t, synchronization.AttributeDefinition{Name: "title"}, "[userPrincipalName]", directory.Attributes{"userPrincipalName": upn}), upn)
	}
	require.Nil(t, one(t, synchronization.AttributeDefinition{Name: "title"}, "[telephoneNumber]", directory.Attributes{"businessPhones": []any{}}))
	require.Equal(t, "flat", one(t, synchronization.AttributeDefinition{Name: "title"}, "[extensionAttribute1]", directory.Attributes{"extensionAttribute1": "flat"}))
}

func TestValuesTakeTheTypeOfTheTarget(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind, text  string
		multivalued bool
		in, want    any
	}{
		{kind: "String", in: "x", want: "x"},
		{kind: "String", in: "", want: ""},
		{kind: "String", in: true, want: "True"},
		{kind: "String", in: 7.0, want: "7"},
		{kind: "String", in: 1234567890123.0, want: "1234567890123"},
		{kind: "String", in: nil, want: nil},
		{kind: "Boolean", in: "True", want: true},
		{kind: "Boolean", in: "false", want: false},
		{kind: "Boolean", in: "1", want: true},
		{kind: "Boolean", in: "perhaps", want: "perhaps"},
		{kind: "Boolean", in: true, want: true},
		{kind: "Integer", in: "42", want: 42.0},
		{kind: "Integer", in: "4.2", want: "4.2"},
		{kind: "Integer", in: 42.0, want: 42.0},
		{kind: "", in: true, want: true},
		{kind: "", in: 7.5, want: 7.5},
		{kind: "String", multivalued: true, in: "x", want: []any{"x"}},
		{kind: "String", multivalued: true, in: nil, want: nil},
		{kind: "String", multivalued: true, in: []any{"x", "y"}, want: []any{"x", "y"}},
		{kind: "String", in: []any{"x", "y"}, want: []any{"x", "y"}},
		{kind: "Boolean", text: `Switch([x], , "False", "True", "True", "False")`, in: false, want: true},
		{kind: "Boolean", text: `Switch([x], , "False", "True", "True", "False")`, in: nil, want: nil},
	} {
		text := test.text
		if text == "" {
			text = "[x]"
		}
		def := synchronization.AttributeDefinition{Name: "t", Type: test.kind, Multivalued: test.multivalued}
		require.Equal(t, test.want, one(t, def, text, directory.Attributes{"x": test.in}), "%+v", test)
	}
}

// TestDirectReadEqualsExpression: the short way past the expression gives what the
// expression would.
func TestDirectReadEqualsExpression(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(
			rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil), rapid.Int32().AsAny(),
			rapid.SliceOfN(rapid.String(), 0, 3).AsAny(),
		).Draw(t, "value")
		if n, ok := v.(int32); ok {
			v = float64(n)
		}
		if list, ok := v.([]string); ok {
			items := []any{}
			for _, s := range list {
				items = append(items, s)
			}
			v = items
		}
		def := synchronization.AttributeDefinition{Name: "t", Type: rapid.SampledFrom([]string{"", "String", "Boolean", "Integer"}).Draw(t, "type")}
		other := def
		other.Name = "u"
		s := schema(
			[]synchronization.AttributeDefinition{def, other},
			synchronization.AttributeMapping{TargetAttributeName: "t", Source: source("[x]")},
			synchronization.AttributeMapping{TargetAttributeName: "u", Source: source(`IIF([x] = "never this", [x], [x])`)},
		)
		mappings, err := mapping.Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		d, err := mappings[0].Evaluate(user(directory.Attributes{"x": v}), mapping.Inputs{Now: now()})
		if err != nil {
			t.Skip("the comparison takes no lists")
		}
		got := values(d)
		if fmt.Sprint(got["t"]) != fmt.Sprint(got["u"]) {
			t.Fatalf("%#v: %#v directly, %#v by an expression", v, got["t"], got["u"])
		}
	})
}

func TestEvaluationFaultNamesTheAttributeAndTheObject(t *testing.T) {
	t.Parallel()
	m := compile(t, schema(nil, synchronization.AttributeMapping{TargetAttributeName: "title", Source: source(`Mid([x], 1, "y")`)}))
	_, err := m.Evaluate(user(directory.Attributes{"x": "abc"}), mapping.Inputs{Now: now()})
	require.True(t, errs.Is(err, errs.Invalid), "%v", err)
	require.ErrorContains(t, err, "AttributeValidationFailed")
	require.ErrorContains(t, err, "title")
	require.ErrorContains(t, err, "user 00000000-0000-4000-8000-00000000000a")
}

func TestMatchesByPriority(t *testing.T) {
	t.Parallel()
	s := schema(
		[]synchronization.AttributeDefinition{{Name: "externalId", Type: "String", CaseExact: true}},
		synchronization.AttributeMapping{TargetAttributeName: `emails[type eq "work"].value`, MatchingPriority: 2, Source: source("[mail]")},
		synchronization.AttributeMapping{TargetAttributeName: "externalId", MatchingPriority: 1, Source: source("[employeeId]")},
		synchronization.AttributeMapping{TargetAttributeName: "title", Source: source("[jobTitle]")},
	)
	s.Rules[0].ObjectMappings[0].AttributeMappings[0].MatchingPriority = 3
	m := compile(t, s)
	require.Equal(t, "externalId", m.MatchingPath().String())
	for _, test := range []struct {
		a    directory.Attributes
		want []string
	}{
		{directory.Attributes{"mail": "m", "employeeId": "E1"}, []string{"externalId=E1 true", `emails[type eq "work"].value=m false`, "userName=ada@example.com false"}},
		{directory.Attributes{"mail": "", "employeeId": 7.0}, []string{"externalId=7 true", "userName=ada@example.com false"}},
		{directory.Attributes{"userPrincipalName": nil}, nil},
	} {
		d := evaluate(t, m, user(test.a))
		var got []string
		for _, match := range d.Matches() {
			got = append(got, fmt.Sprintf("%s=%s %t", match.Path, match.Value, match.CaseExact))
		}
		require.Equal(t, test.want, got)
		require.Equal(t, len(test.want) > 0, d.Matchable())
	}
}

// TestDefaultsStandInOnCreationOnly, except where there is no source at all.
func TestDefaultsStandInOnCreationOnly(t *testing.T) {
	t.Parallel()
	m := compile(t, schema(
		[]synchronization.AttributeDefinition{{Name: "userType", Type: "String"}, {Name: "level", Type: "Integer"}},
		synchronization.AttributeMapping{TargetAttributeName: "userType", DefaultValue: new("Employee"), Source: source("[employeeType]")},
		synchronization.AttributeMapping{TargetAttributeName: "level", DefaultValue: new("3")}, // portal: None
		synchronization.AttributeMapping{TargetAttributeName: "nickName", DefaultValue: new("none"), Source: source("IgnoreFlowIfNullOrEmpty([mailNickname])")},
		synchronization.AttributeMapping{TargetAttributeName: "title", DefaultValue: new(""), Source: source("[jobTitle]")},
	))
	d := evaluate(t, m, user(nil))
	require.Equal(t, scim.Resource{"userName": "ada@example.com", "userType": "Employee", "level": 3.0}, resource(t, d))
	require.Equal(t, []string{"level add 3"}, changes(d.Differences(scim.Resource{"userName": "ada@example.com"})), "no source: an empty attribute is filled")
	require.Empty(t, d.Differences(scim.Resource{"userName": "ada@example.com", "level": 5.0, "userType": "Guest"}))
	full := evaluate(t, m, user(directory.Attributes{"employeeType": "Contractor", "mailNickname": "ada", "jobTitle": ""}))
	require.Equal(t, scim.Resource{"userName": "ada@example.com", "userType": "Contractor", "level": 3.0, "nickName": "ada", "title": ""}, resource(t, full))
}

func TestResourceFoldsPaths(t *testing.T) {
	t.Parallel()
	mappings, err := mapping.Compile(synchronization.DefaultSchema())
	require.NoError(t, err)
	d, err := mappings[1].Evaluate(user(directory.Attributes{
		"accountEnabled": true, "displayName": "Ada", "givenName": "Ada", "surname": "Lovelace", "mail": "ada@example.com", "department": "Engines",
		"city": "London", "businessPhones": []any{"+44 1"},
	}), mapping.Inputs{Now: now()})
	require.NoError(t, err)
	require.Equal(t, scim.Resource{
		"userName": "ada@example.com", "active": true, "displayName": "Ada", "externalId": "00000000-0000-4000-8000-00000000000a",
		"name":         map[string]any{"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"},
		"emails":       []any{map[string]any{"type": "work", "value": "ada@example.com"}},
		"addresses":    []any{map[string]any{"type": "work", "locality": "London"}},
		"phoneNumbers": []any{map[string]any{"type": "work", "value": "+44 1"}},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": map[string]any{"department": "Engines"},
	}, resource(t, d))
}

// changes writes differences as name, operation and new value, with ? where the
// element is absent.
func changes(diffs []mapping.Difference) []string {
	var lines []string
	for _, d := range diffs {
		absent := ""
		if d.Op.Absent {
			absent = "?"
		}
		lines = append(lines, fmt.Sprintf("%s %s%s %v", d.Name, d.Op.Op, absent, d.New))
	}
	return lines
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	type attributes = directory.Attributes
	for name, test := range map[string]struct {
		def     synchronization.AttributeDefinition // its name is the target attribute
		flow    string
		text    string // [x] when empty
		x       any
		current scim.Resource
		want    []string
	}{
		"equal":                      {x: "a", current: scim.Resource{"title": "a"}},
		"another":                    {x: "b", current: scim.Resource{"title": "a"}, want: []string{"title replace b"}},
		"lacking":                    {x: "b", current: scim.Resource{}, want: []string{"title add b"}},
		"null at the target":         {x: "b", current: scim.Resource{"title": nil}, want: []string{"title add b"}},
		"null flows nothing":         {x: nil, current: scim.Resource{"title": "a"}},
		"empty clears":               {x: "", current: scim.Resource{"title": "a"}, want: []string{"title replace "}},
		"empty and lacking":          {x: "", current: scim.Resource{}},
		"empty and null":             {x: "", current: scim.Resource{"title": nil}},
		"case, not exact":            {x: "JOHN", current: scim.Resource{"title": "john"}},
		"case, exact":                {def: synchronization.AttributeDefinition{CaseExact: true}, x: "JOHN", current: scim.Resource{"title": "john"}, want: []string{"title replace JOHN"}},
		"spelled otherwise":          {x: "a", current: scim.Resource{"TITLE": "a"}},
		"Boolean as string":          {def: synchronization.AttributeDefinition{Name: "active", Type: "Boolean"}, x: true, current: scim.Resource{"active": "true"}},
		"Boolean as string, exact":   {def: synchronization.AttributeDefinition{Name: "active", Type: "Boolean", CaseExact: true}, x: true, current: scim.Resource{"active": "TRUE"}},
		"Boolean as string, other":   {def: synchronization.AttributeDefinition{Name: "active", Type: "Boolean"}, x: false, current: scim.Resource{"active": "True"}, want: []string{"active replace false"}},
		"number as string":           {def: synchronization.AttributeDefinition{Name: "level", Type: "Integer"}, x: "7", current: scim.Resource{"level": "7"}},
		"number":                     {def: synchronization.AttributeDefinition{Name: "level", Type: "Integer"}, x: "8", current: scim.Resource{"level": 7.0}, want: []string{"level replace 8"}},
		"sub-attribute":              {def: synchronization.AttributeDefinition{Name: "name.givenName"}, x: "Ada", current: scim.Resource{"name": map[string]any{"givenName": "Ida"}}, want: []string{"name.givenName replace Ada"}},
		"sub-attribute, no object":   {def: synchronization.AttributeDefinition{Name: "name.givenName"}, x: "Ada", current: scim.Resource{}, want: []string{"name.givenName add Ada"}},
		"element":                    {def: synchronization.AttributeDefinition{Name: `emails[type eq "work"].value`}, x: "w", current: scim.Resource{"emails": []any{map[string]any{"type": "work", "value": "v"}}}, want: []string{`emails[type eq "work"].value replace w`}},
		"element without the value":  {def: synchronization.AttributeDefinition{Name: `emails[type eq "work"].value`}, x: "w", current: scim.Resource{"emails": []any{map[string]any{"type": "work"}}}, want: []string{`emails[type eq "work"].value add w`}},
		"no such element":            {def: synchronization.AttributeDefinition{Name: `emails[type eq "work"].value`}, x: "w", current: scim.Resource{"emails": []any{map[string]any{"type": "home", "value": "w"}}}, want: []string{`emails[type eq "work"].value add? w`}},
		"no elements":                {def: synchronization.AttributeDefinition{Name: `emails[type eq "work"].value`}, x: "w", current: scim.Resource{}, want: []string{`emails[type eq "work"].value add? w`}},
		"extension":                  {def: synchronization.AttributeDefinition{Name: "urn:example:2.0:User:badge"}, x: "7", current: scim.Resource{"urn:example:2.0:User": map[string]any{"badge": "7"}}},
		"only on creation":           {flow: synchronization.FlowObjectAddOnly, x: "b", current: scim.Resource{"title": "a"}},
		"only on creation, lacking":  {flow: synchronization.FlowObjectAddOnly, x: "b", current: scim.Resource{}},
		"only when empty":            {flow: synchronization.FlowValueAddOnly, x: "b", current: scim.Resource{"title": "a"}},
		"only when empty, lacking":   {flow: synchronization.FlowValueAddOnly, x: "b", current: scim.Resource{}, want: []string{"title add b"}},
		"list":                       {def: synchronization.AttributeDefinition{Name: "tags", Multivalued: true}, x: []any{"a", "b"}, current: scim.Resource{"tags": []any{"a"}}, want: []string{"tags replace [a b]"}},
		"list in another order":      {def: synchronization.AttributeDefinition{Name: "tags", Multivalued: true}, x: []any{"a", "b"}, current: scim.Resource{"tags": []any{"B", "A"}}},
		"list of complex values":     {def: synchronization.AttributeDefinition{Name: "tags", Multivalued: true}, x: []any{"a"}, current: scim.Resource{"tags": []any{map[string]any{"value": "a", "type": "x"}}}},
		"list, one twice":            {def: synchronization.AttributeDefinition{Name: "tags", Multivalued: true}, x: []any{"a", "a"}, current: scim.Resource{"tags": []any{"a", "b"}}, want: []string{"tags replace [a a]"}},
		"list, only additions":       {def: synchronization.AttributeDefinition{Name: "tags", Multivalued: true}, flow: synchronization.FlowMultiValueAddOnly, x: []any{"a", "b"}, current: scim.Resource{"tags": []any{"a", "c"}}, want: []string{"tags add [b]"}},
		"list, nothing to add":       {def: synchronization.AttributeDefinition{Name: "tags", Multivalued: true}, flow: synchronization.FlowMultiValueAddOnly, x: []any{"a"}, current: scim.Resource{"tags": []any{"a", "c"}}},
		"one value for a list":       {def: synchronization.AttributeDefinition{Name: "tags", Multivalued: true}, x: "a", current: scim.Resource{"tags": []any{"a"}}},
		"scalar where a list is":     {x: "a", current: scim.Resource{"title": []any{"a"}}, want: []string{"title replace a"}},
		"random, only on creation":   {text: "Guid()", current: scim.Resource{}},
		"redacted":                   {text: "Redact([x])", x: "secret", current: scim.Resource{"title": "old"}, want: []string{"title replace [Redact]"}},
		"taken out of the flow":      {text: "IgnoreFlowIfNullOrEmpty([x])", x: "", current: scim.Resource{"title": "a"}},
		"not taken out of the flow":  {text: "IgnoreFlowIfNullOrEmpty([x])", x: "b", current: scim.Resource{"title": "a"}, want: []string{"title replace b"}},
		"complex value is an object": {x: map[string]any{"value": "7"}, current: scim.Resource{"title": map[string]any{"value": "7", "display": "Seven"}}},
		"complex value, another":     {x: map[string]any{"value": "7"}, current: scim.Resource{"title": map[string]any{"value": "8"}}, want: []string{"title replace map[value:7]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.def.Name == "" {
				test.def.Name = "title"
			}
			if test.text == "" {
				test.text = "[x]"
			}
			test.current["userName"] = "ada@example.com"
			m := compile(t, schema([]synchronization.AttributeDefinition{test.def}, synchronization.AttributeMapping{
				TargetAttributeName: test.def.Name, FlowType: test.flow, Source: source(test.text),
			}))
			diffs := evaluate(t, m, user(attributes{"x": test.x})).Differences(test.current)
			require.Equal(t, test.want, changes(diffs))
			for _, d := range diffs {
				require.NotEqual(t, "secret", d.New)
				require.NotEqual(t, "old", d.Old, "a redacted value is not shown")
			}
		})
	}
}

// TestDeprovisioningWritesNothingElse: contract point 7.
func TestDeprovisioningWritesNothingElse(t *testing.T) {
	t.Parallel()
	mappings, err := mapping.Compile(synchronization.DefaultSchema())
	require.NoError(t, err)
	d, err := mappings[1].Evaluate(user(directory.Attributes{"displayName": "New", "department": "New", "mail": "new@example.com"}), mapping.Inputs{Now: now(), SoftDeleted: true})
	require.NoError(t, err)
	current := scim.Resource{"userName": "old", "active": true, "displayName": "Old"}
	require.Equal(t, []string{"active replace false"}, changes(d.Deprovisioning(current)))
	require.True(t, mapping.Deactivates(d.Deprovisioning(current)))
	require.Greater(t, len(d.Differences(current)), 3)
	current["active"] = false
	require.Empty(t, d.Deprovisioning(current))
	require.False(t, mapping.Deactivates(d.Differences(current)))
}

func TestIgnoreObjectFlowWithholdsTheObject(t *testing.T) {
	t.Parallel()
	m := compile(t, schema(nil, synchronization.AttributeMapping{
		TargetAttributeName: "title", Source: source(`Switch([jobTitle], [jobTitle], "secret", IgnoreObjectFlow)`),
	}))
	require.Equal(t, "title", evaluate(t, m, user(directory.Attributes{"jobTitle": "secret"})).Withheld())
	require.Empty(t, evaluate(t, m, user(directory.Attributes{"jobTitle": "x"})).Withheld())
}

func TestUniqueValuesAreAskedForOnCreationOnly(t *testing.T) {
	t.Parallel()
	m := compile(t, schema(nil, synchronization.AttributeMapping{
		TargetAttributeName: "nickName", Source: source(`SelectUniqueValue([mailNickname], Append([mailNickname], "2"))`),
	}))
	d := evaluate(t, m, user(directory.Attributes{"mailNickname": "ada"}))
	require.Empty(t, d.Differences(scim.Resource{"userName": "ada@example.com"}), "never on an update")
	var asked []string
	r, err := d.Resource(func(path scim.Path, candidate string) (bool, error) {
		asked = append(asked, path.String()+"="+candidate)
		return candidate == "ada2", nil
	})
	require.NoError(t, err)
	require.Equal(t, "ada2", r["nickName"])
	require.Equal(t, []string{"nickName=ada", "nickName=ada2"}, asked)
	require.Equal(t, "ada2", values(d)["nickName"])

	silence := errors.New("no answer")
	_, err = evaluate(t, m, user(directory.Attributes{"mailNickname": "ada"})).Resource(func(scim.Path, string) (bool, error) { return false, silence })
	require.ErrorIs(t, err, silence, "a look-up that failed never means free")
	_, err = evaluate(t, m, user(directory.Attributes{"mailNickname": "ada"})).Resource(func(scim.Path, string) (bool, error) { return false, nil })
	require.True(t, errs.Is(err, errs.Invalid), "all taken: %v", err)
}

func TestAppRoles(t *testing.T) {
	t.Parallel()
	roles := mapping.NewAppRoles([]any{
		map[string]any{"id": "2", "value": "Admin", "displayName": "Administrator"}, map[string]any{"id": "1", "value": "User", "displayName": "User"}, "nonsense", map[string]any{},
	})
	require.Empty(t, mapping.NewAppRoles(nil))
	m := compile(t, schema(
		[]synchronization.AttributeDefinition{{Name: "roles", Type: "String", Multivalued: true}},
		synchronization.AttributeMapping{TargetAttributeName: `roles[primary eq "True"].value`, Source: source("SingleAppRoleAssignment([appRoleAssignments])")},
		synchronization.AttributeMapping{TargetAttributeName: "roles", Source: source("AssertiveAppRoleAssignmentsComplex([appRoleAssignments])")},
		synchronization.AttributeMapping{TargetAttributeName: "entitlements", Source: source("AppRoleAssignmentsComplex([appRoleAssignments])")},
	))
	c := user(nil)
	c.AppRoles = []directory.AppRoleGrant{{AppRoleID: "2"}, {AppRoleID: "1", ViaGroup: true}, {AppRoleID: "1"}, {AppRoleID: directory.DefaultAppRole}}
	d, err := m.Evaluate(c, mapping.Inputs{Now: now(), AppRoles: roles})
	require.NoError(t, err)
	complexRole := func(value, display string) map[string]any {
		return map[string]any{"primary": false, "type": "WindowsAzureActiveDirectoryRole", "value": value, "display": display}
	}
	both := []any{complexRole("User", "User"), complexRole("Admin", "Administrator")}
	require.Equal(t, both, values(d)["roles"])
	require.Equal(t, "User", values(d)[`roles[primary eq "True"].value`])
	current := scim.Resource{"userName": "ada@example.com", "roles": []any{
		map[string]any{"value": "Admin", "display": "Administrator", "type": "WindowsAzureActiveDirectoryRole", "primary": "False"},
		map[string]any{"value": "User", "display": "User", "type": "WindowsAzureActiveDirectoryRole"},
	}, "entitlements": []any{complexRole("User", "User"), complexRole("Other", "Other")}}
	require.Equal(t, []string{
		`roles[primary eq "True"].value add? User`,
		fmt.Sprintf("entitlements add %v", []any{complexRole("Admin", "Administrator")}),
	}, changes(d.Differences(current)), "roles that are there in another order are the same; additions take nothing away")
	unknown, err := m.Evaluate(c, mapping.Inputs{Now: now()})
	require.NoError(t, err)
	require.Equal(t, []any{complexRole("1", "1"), complexRole("2", "2")}, values(unknown)["roles"])
}

// TestDigest: equal where an update would write the same, and else different.
func TestDigest(t *testing.T) {
	t.Parallel()
	s := schema(
		[]synchronization.AttributeDefinition{{Name: "active", Type: "Boolean"}},
		synchronization.AttributeMapping{TargetAttributeName: "title", Source: source("[jobTitle]")},
		synchronization.AttributeMapping{TargetAttributeName: "nickName", Source: source("[mailNickname]")},
		synchronization.AttributeMapping{TargetAttributeName: "externalId", FlowType: synchronization.FlowObjectAddOnly, Source: source("[employeeId]")},
		synchronization.AttributeMapping{TargetAttributeName: "displayName", Source: source("RandomString(8, 1, 1, 1, 1)")},
	)
	m := compile(t, s)
	digest := func(a directory.Attributes) string { return string(evaluate(t, m, user(a)).Digest()) }
	first := digest(directory.Attributes{"jobTitle": "a", "mailNickname": "b", "employeeId": "1"})
	require.Len(t, first, 32)
	require.Equal(t, first, digest(directory.Attributes{"jobTitle": "a", "mailNickname": "b", "employeeId": "2", "city": "Bern"}), "what no update writes does not count")
	seen := map[string]string{first: "the first"}
	for name, a := range map[string]directory.Attributes{
		"exchanged": {"jobTitle": "b", "mailNickname": "a"}, "null": {"mailNickname": "b"}, "empty": {"jobTitle": "", "mailNickname": "b"},
		"run together": {"jobTitle": "ab", "mailNickname": ""}, "number": {"jobTitle": 1.0, "mailNickname": "b"}, "its text": {"jobTitle": "1", "mailNickname": "b"},
		"flag": {"jobTitle": true, "mailNickname": "b"}, "list": {"jobTitle": []any{"a"}, "mailNickname": "b"}, "longer list": {"jobTitle": []any{"a", "b"}},
		"object": {"jobTitle": map[string]any{"a": "b", "c": nil}}, "other object": {"jobTitle": map[string]any{"a": "b", "d": nil}},
	} {
		d := digest(a)
		require.NotContains(t, seen, d, "%s and %s", name, seen[d])
		seen[d] = name
		require.Equal(t, d, digest(a), "stable")
	}
}

// TestWhatWasCreatedNeedsNoUpdate: the differences to the very resource that a
// create sends are none, whatever the values.
func TestWhatWasCreatedNeedsNoUpdate(t *testing.T) {
	t.Parallel()
	mappings, err := mapping.Compile(synchronization.DefaultSchema())
	require.NoError(t, err)
	names := []string{
		"displayName", "jobTitle", "mail", "preferredLanguage", "givenName", "surname", "officeLocation", "streetAddress", "city", "state",
		"postalCode", "country", "mobilePhone", "faxNumber", "employeeId", "department",
	}
	rapid.Check(t, func(t *rapid.T) {
		a := directory.Attributes{"accountEnabled": rapid.Bool().Draw(t, "enabled")}
		for _, name := range names {
			if rapid.Bool().Draw(t, "has "+name) {
				a[name] = rapid.String().Draw(t, name)
			}
		}
		in := mapping.Inputs{Now: now(), SoftDeleted: rapid.Bool().Draw(t, "soft-deleted")}
		d, err := mappings[1].Evaluate(user(a), in)
		if err != nil {
			t.Fatal(err)
		}
		r, err := d.Resource(nil)
		if err != nil {
			t.Fatal(err)
		}
		if diffs := d.Differences(r); len(diffs) > 0 {
			t.Fatalf("%v", changes(diffs))
		}
		again, err := mappings[1].Evaluate(user(a), in)
		if err != nil || string(again.Digest()) != string(d.Digest()) {
			t.Fatal("the digest is not stable")
		}
	})
}

func TestValuesStopsWhenAsked(t *testing.T) {
	t.Parallel()
	d := evaluate(t, compile(t, schema(nil, synchronization.AttributeMapping{TargetAttributeName: "title", Source: source(`"x"`)})), user(nil))
	n := 0
	d.Values(func(string, any) bool {
		n++
		return false
	})
	require.Equal(t, 1, n)
}

// BenchmarkEvaluate is the work on a user of whom nothing has changed.
func BenchmarkEvaluate(b *testing.B) {
	mappings, err := mapping.Compile(synchronization.DefaultSchema())
	require.NoError(b, err)
	m := mappings[1]
	c := user(directory.Attributes{
		"accountEnabled": true, "displayName": "Ada Lovelace", "givenName": "Ada", "surname": "Lovelace", "mail": "ada@example.com",
		"jobTitle": "Countess", "preferredLanguage": "en-GB", "officeLocation": "Ockham Park", "streetAddress": "12 St James's Square",
		"city": "London", "state": "England", "postalCode": "SW1Y", "country": "GB", "businessPhones": []any{"+44 20 1"}, "mobilePhone": "+44 7",
		"employeeId": "1815", "department": "Analytical Engines",
	})
	in := mapping.Inputs{Now: now()}
	b.ReportAllocs()
	for b.Loop() {
		d, err := m.Evaluate(c, in)
		if err != nil || len(d.Digest()) == 0 {
			b.Fatal(err)
		}
	}
}
