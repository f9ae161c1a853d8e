package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/synchronization"
)

// patch is the body that a dialect makes of all differences.
func patch(t *testing.T, dialect scim.Dialect, d *mapping.Desired, current scim.Resource) string {
	t.Helper()
	var ops []scim.PatchOp
	for _, diff := range d.Differences(current) {
		ops = append(ops, diff.Op)
	}
	if len(ops) == 0 {
		return ""
	}
	body, err := dialect.EncodePatch(ops)
	require.NoError(t, err)
	return string(body)
}

func patchOf(operations string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`
}

// TestFlowOfAnAttribute: each flow type and behaviour against a target that lacks the
// value, has another one, and has the same.
func TestFlowOfAnAttribute(t *testing.T) {
	t.Parallel()
	lacks, other, same := scim.Resource{}, scim.Resource{"title": "b"}, scim.Resource{"title": "a"}
	for name, test := range map[string]struct {
		am                    synchronization.AttributeMapping
		def                   synchronization.AttributeDefinition
		x                     any
		onLack, onOther, same []string
	}{
		"always":               {x: "a", onLack: []string{"title add a"}, onOther: []string{"title replace a"}},
		"object add only":      {am: synchronization.AttributeMapping{FlowType: "ObjectAddOnly"}, x: "a"},
		"value add only":       {am: synchronization.AttributeMapping{FlowType: "ValueAddOnly"}, x: "a", onLack: []string{"title add a"}},
		"attribute add only":   {am: synchronization.AttributeMapping{FlowType: "AttributeAddOnly"}, x: "a", onLack: []string{"title add a"}},
		"additions, one value": {am: synchronization.AttributeMapping{FlowType: "MultiValueAddOnly"}, x: "a", onLack: []string{"title add a"}, onOther: []string{"title replace a"}},
		"flow always":          {am: synchronization.AttributeMapping{FlowBehavior: "FlowAlways"}, x: "a", onLack: []string{"title add a"}, onOther: []string{"title replace a"}, same: []string{"title replace a"}},
		"flow always, null":    {am: synchronization.AttributeMapping{FlowBehavior: "FlowAlways"}},
		"taken once":           {def: synchronization.AttributeDefinition{Mutability: "Immutable"}, x: "a"},
		"never shown":          {def: synchronization.AttributeDefinition{Mutability: "WriteOnly"}, x: "a"},
		"null":                 {},
		"null flows":           {def: synchronization.AttributeDefinition{FlowNullValues: true}, onOther: []string{"title remove <nil>"}, same: []string{"title remove <nil>"}},
		"null of a list":       {def: synchronization.AttributeDefinition{FlowNullValues: true, Multivalued: true}},
		"null has a default":   {am: synchronization.AttributeMapping{DefaultValue: new("d")}, def: synchronization.AttributeDefinition{FlowNullValues: true}, onOther: []string{"title remove <nil>"}, same: []string{"title remove <nil>"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.am.TargetAttributeName, test.am.Source, test.def.Name = "title", source("[x]"), "title"
			m := compile(t, schema([]synchronization.AttributeDefinition{test.def}, test.am))
			for current, want := range map[*scim.Resource][]string{&lacks: test.onLack, &other: test.onOther, &same: test.same} {
				now := current.Clone()
				now["userName"] = "ada@example.com"
				require.Equal(t, want, changes(evaluate(t, m, user(directory.Attributes{"x": test.x})).Differences(now)), "%v", now)
			}
		})
	}
}

// TestNullFlowsByTheSourceToo: the flag on the attribute that is mapped as it is
// suffices; a null of an expression that says "leave it" is none.
func TestNullFlowsByTheSourceToo(t *testing.T) {
	t.Parallel()
	s := schema(nil,
		synchronization.AttributeMapping{TargetAttributeName: `emails[type eq "work"].value`, Source: source("[x]")},
		synchronization.AttributeMapping{TargetAttributeName: "title", Source: source("IgnoreFlowIfNullOrEmpty([x])")},
	)
	attributes := s.Directories[0].Objects[0].Attributes
	attributes[0].FlowNullValues = true
	m := compile(t, s)
	current := scim.Resource{"userName": "ada@example.com", "title": "Dr", "emails": []any{map[string]any{"type": "work", "value": "w"}}}
	d := evaluate(t, m, user(nil))
	require.JSONEq(t, patchOf(`{"op":"Remove","path":"emails[type eq \"work\"].value"}`), patch(t, scim.Entra, d, current))
	require.Empty(t, d.Differences(scim.Resource{"userName": "ada@example.com"}), "there is nothing to take away")
	require.NotEqual(t, evaluate(t, m, user(directory.Attributes{"x": "w"})).Digest(), d.Digest(), "the loss of a value is a change")
}

// TestListsOfComplexValues: plain values of the source become what SCIM has there.
func TestListsOfComplexValues(t *testing.T) {
	t.Parallel()
	m := compile(t, schema(
		[]synchronization.AttributeDefinition{{Name: "emails", Multivalued: true}, {Name: "urn:example:2.0:User:aliases", Multivalued: true}, {Name: "photos", Multivalued: true}},
		synchronization.AttributeMapping{TargetAttributeName: "emails", Source: source("[otherMails]")},
		synchronization.AttributeMapping{TargetAttributeName: "urn:example:2.0:User:aliases", Source: source("[otherMails]")},
		synchronization.AttributeMapping{TargetAttributeName: "photos", Source: source(`"https://example.com/a.png"`)},
	))
	d := evaluate(t, m, user(directory.Attributes{"otherMails": []any{"a@x", "b@x"}}))
	r := resource(t, d)
	require.Equal(t, []any{map[string]any{"value": "a@x"}, map[string]any{"value": "b@x"}}, r["emails"])
	require.Equal(t, map[string]any{"aliases": []any{"a@x", "b@x"}}, r["urn:example:2.0:User"])
	require.Equal(t, []any{map[string]any{"value": "https://example.com/a.png"}}, r["photos"])
	require.Empty(t, d.Differences(r))
}

// TestPathsOfTheCoreSchema: its URN is the same as none, on both sides.
func TestPathsOfTheCoreSchema(t *testing.T) {
	t.Parallel()
	m := compile(t, schema(nil,
		synchronization.AttributeMapping{TargetAttributeName: "urn:ietf:params:scim:schemas:core:2.0:User:name.givenName", Source: source("[givenName]")},
		synchronization.AttributeMapping{TargetAttributeName: "urn:ietf:params:scim:schemas:extension:Badges:2.0:User:badge", Source: source("[x]")},
		synchronization.AttributeMapping{TargetAttributeName: `addresses[type eq "work"].formatted`, Source: source("[officeLocation]")},
	))
	d := evaluate(t, m, user(directory.Attributes{"givenName": "Ada", "x": "7", "officeLocation": "B1"}))
	r := resource(t, d)
	require.Equal(t, scim.Resource{
		"userName": "ada@example.com", "name": map[string]any{"givenName": "Ada"},
		"urn:ietf:params:scim:schemas:extension:Badges:2.0:User": map[string]any{"badge": "7"},
		"addresses": []any{map[string]any{"type": "work", "formatted": "B1"}},
	}, r)
	require.Empty(t, d.Differences(r), "read back from where it was written")
	require.Empty(t, d.Differences(scim.Resource{
		"userName": "ADA@example.com", "name": map[string]any{"givenName": "ADA"}, "urn:ietf:params:scim:schemas:extension:badges:2.0:User": map[string]any{"Badge": "7"},
		"addresses": []any{map[string]any{"type": "WORK", "formatted": "b1"}},
	}), "whatever the case, as nothing is exact")
}

// TestRolesInThreeForms: as Microsoft's examples show them on the wire.
func TestRolesInThreeForms(t *testing.T) {
	t.Parallel()
	roles := mapping.NewAppRoles([]any{
		map[string]any{"id": "1", "value": "Admin", "displayName": "Admin"}, map[string]any{"id": "2", "value": "User", "displayName": "User"},
	})
	desired := func(grants []directory.AppRoleGrant, mappings ...synchronization.AttributeMapping) *mapping.Desired {
		m := compile(t, schema([]synchronization.AttributeDefinition{{Name: "roles", Type: "String", Multivalued: true}}, mappings...))
		c := user(nil)
		c.AppRoles = grants
		d, err := m.Evaluate(c, mapping.Inputs{Now: now(), AppRoles: roles})
		require.NoError(t, err)
		return d
	}
	both := []directory.AppRoleGrant{{AppRoleID: "1"}, {AppRoleID: "2"}}
	bare := scim.Resource{"userName": "ada@example.com"}

	single := desired(both,
		synchronization.AttributeMapping{TargetAttributeName: `roles[primary eq "True"].value`, Source: source("SingleAppRoleAssignment([appRoleAssignments])")},
		synchronization.AttributeMapping{TargetAttributeName: `roles[primary eq "True"].type`, Source: source(`"WindowsAzureActiveDirectoryRole"`)},
	)
	body, err := scim.Entra.EncodeCreate(scim.UserType, resource(t, single))
	require.NoError(t, err)
	require.Contains(t, string(body), `"roles":[{"primary":true,"type":"WindowsAzureActiveDirectoryRole","value":"Admin"}]`)

	added := desired(both, synchronization.AttributeMapping{TargetAttributeName: "roles", Source: source("AppRoleAssignmentsComplex([appRoleAssignments])")})
	const texts = `{"op":"Add","path":"roles","value":[{"value":"{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"Admin\"}"},{"value":"{\"id\":\"2\",\"value\":\"User\",\"displayName\":\"User\"}"}]}`
	require.JSONEq(t, patchOf(texts), patch(t, scim.Entra, added, bare))
	const objects = `{"op":"add","path":"roles","value":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"Admin","value":"Admin"},{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"User","value":"User"}]}`
	for _, dialect := range []scim.Dialect{scim.EntraSCIM062020, scim.RFC7644} {
		require.JSONEq(t, patchOf(objects), patch(t, dialect, added, bare), dialect)
	}
	kept := scim.Resource{"userName": "ada@example.com", "roles": []any{
		map[string]any{"value": `{"id":"1","value":"Admin","displayName":"Admin"}`}, map[string]any{"value": "Retired"},
	}}
	require.JSONEq(t, patchOf(`{"op":"Add","path":"roles","value":[{"value":"{\"id\":\"2\",\"value\":\"User\",\"displayName\":\"User\"}"}]}`),
		patch(t, scim.Entra, added, kept), "what was added as a text is there, and nothing is taken away")

	asserted := []synchronization.AttributeMapping{{TargetAttributeName: "roles", Source: source("AssertiveAppRoleAssignmentsComplex([appRoleAssignments])")}}
	require.JSONEq(t, patchOf(`{"op":"replace","path":"roles","value":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"User","value":"User"}]}`),
		patch(t, scim.RFC7644, desired(both[1:], asserted...), kept))
	require.JSONEq(t, patchOf(`{"op":"replace","path":"roles","value":[]}`), patch(t, scim.RFC7644, desired(nil, asserted...), kept), "without a role the list is empty")
	require.Empty(t, patch(t, scim.RFC7644, desired(nil, asserted...), bare))
}
