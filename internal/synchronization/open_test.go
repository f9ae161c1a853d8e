package synchronization_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/synchronization"
)

func read(t *testing.T, text string) synchronization.Schema {
	t.Helper()
	var s synchronization.Schema
	require.NoError(t, json.Unmarshal([]byte(text), &s))
	return s
}

// TestMembersWeDoNotKnowComeBack: byte for byte, at every depth; and null stays null.
func TestMembersWeDoNotKnowComeBack(t *testing.T) {
	t.Parallel()
	const given = `{"id":"x","version":"6.0","synchronizationRules":[{"id":"r","name":null,"priority":1,"editable":false,
		"sourceDirectoryName":"a","targetDirectoryName":"b","containerFilter":null,"groupFilter":{"includedGroups":["g"],"more":[1.50,"é\u00e9"]},"metadata":null,
		"objectMappings":[{"name":"m","enabled":true,"flowTypes":"Add","sourceObjectName":"User","targetObjectName":"User","scope":null,"metadata":[{"key":"K","value":null,"x":{}}],
		"attributeMappings":[{"defaultValue":null,"exportMissingReferences":true,"flowBehavior":"FlowAlways","flowType":"ObjectAddOnly","matchingPriority":1,
		"source":{"expression":"[a]","name":"a","type":"Attribute","parameters":[]},"targetAttributeName":"t","@odata.type":"#microsoft.graph.attributeMapping"}]}],"futureMember":12345678901234567890}],
		"directories":[{"id":"d","name":"a","version":null,"discoveryDateTime":null,"discoverabilities":"None","readOnly":true,"objects":[],"domains":{"b":1,"a":2}}],
		"provisioningTaskIdentifier":"p"}`
	out, err := json.Marshal(read(t, given))
	require.NoError(t, err)
	require.JSONEq(t, given, string(out))
	require.Contains(t, string(out), `[1.50,"é\u00e9"]`, "not even numbers and escapes are written anew")
	require.Contains(t, string(out), `12345678901234567890`)
	require.Contains(t, string(out), `{"b":1,"a":2}`)
	again, err := json.Marshal(read(t, string(out)))
	require.NoError(t, err)
	require.Equal(t, string(out), string(again))
}

// TestSourcesComeBackAsTheyWere: with the annotations of an export with full metadata,
// unless the source was changed.
func TestSourcesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	const source = `{"@odata.type":"#microsoft.graph.attributeMappingSource","expression":"[a]","name":"a","type":"Attribute","parameters@odata.type":"#Collection(x)","parameters":[]}`
	s := read(t, `{"synchronizationRules":[{"objectMappings":[{"attributeMappings":[{"source":`+source+`}]}]}]}`)
	m := &s.Rules[0].ObjectMappings[0].AttributeMappings[0]
	text, err := json.Marshal(m)
	require.NoError(t, err)
	require.Contains(t, string(text), `"source":`+source)
	m.Source = &expression.Source{Expression: "[b]", Name: "b", Type: expression.AttributeSource}
	text, err = json.Marshal(m)
	require.NoError(t, err)
	require.Contains(t, string(text), `"source":{"expression":"[b]","name":"b","type":"Attribute","parameters":[]}`)
}

// TestAnswerOfAnExportIsNoData: context and type are those of the answer in which the schema
// was exported.
func TestAnswerOfAnExportIsNoData(t *testing.T) {
	t.Parallel()
	s := read(t, `{"@odata.type":"#microsoft.graph.synchronizationSchema","@odata.context":"https://graph.microsoft.com/v1.0/$metadata#x","directories@odata.context":"y","directories":[],"synchronizationRules":[]}`)
	require.Equal(t, synchronization.Unread{"directories@odata.context": json.RawMessage(`"y"`)}, s.Unread)
}

// TestEnumerationsHaveOneSpelling: and what is absent or null has the default of the
// original service.
func TestEnumerationsHaveOneSpelling(t *testing.T) {
	t.Parallel()
	s := read(t, `{"DIRECTORIES":[{"discoverabilities":"attributenames, AttributeReadOnly","objects":[{"name":"o","attributes":[{"type":"string","mutability":"readwrite"},{"type":"datetime","mutability":null},{}]}]}, {}],
		"synchronizationRules":[{"objectMappings":[{"flowTypes":"update, ADD","attributeMappings":[{"flowType":"objectaddonly","flowBehavior":"flowalways"},{"flowType":null},{"flowType":"Sometimes"}]},{}]}]}`)
	d := s.Directories[0]
	require.Equal(t, "AttributeNames,AttributeReadOnly", d.Discoverabilities)
	require.Equal(t, "None", s.Directories[1].Discoverabilities)
	for i, want := range [][2]string{{"String", "ReadWrite"}, {"DateTime", "ReadWrite"}, {"String", "ReadWrite"}} {
		a := d.Objects[0].Attributes[i]
		require.Equal(t, want, [2]string{a.Type, a.Mutability})
	}
	rule := s.Rules[0]
	require.True(t, rule.Editable)
	require.Equal(t, synchronization.FlowAdd|synchronization.FlowUpdate, rule.ObjectMappings[0].FlowTypes)
	require.Equal(t, synchronization.FlowAll, rule.ObjectMappings[1].FlowTypes)
	for i, want := range [][2]string{{"ObjectAddOnly", "FlowAlways"}, {"Always", "FlowWhenChanged"}, {"Sometimes", "FlowWhenChanged"}} {
		m := rule.ObjectMappings[0].AttributeMappings[i]
		require.Equal(t, want, [2]string{m.FlowType, m.FlowBehavior}, "what is no value stays for validation")
	}
}

// TestSourcesAreCompleted: whoever gives the text or the tree reads both back.
func TestSourcesAreCompleted(t *testing.T) {
	t.Parallel()
	s := read(t, `{"synchronizationRules":[{"objectMappings":[{"attributeMappings":[
		{"source":{"expression":"Not([a])"}},
		{"source":{"name":"Not","type":"Function","parameters":[{"key":"source","value":{"name":"a","type":"Attribute"}}]}},
		{"source":{"expression":"Not(("}},
		{"source":{}},
		{"source":null}]}]}]}`)
	m := s.Rules[0].ObjectMappings[0].AttributeMappings
	require.Equal(t, "Not", m[0].Source.Name)
	require.Equal(t, "[a]", m[0].Source.Parameters[0].Value.Expression)
	require.Equal(t, "Not([a])", m[1].Source.Expression)
	require.Equal(t, &expression.Source{Expression: "Not(("}, m[2].Source)
	require.Nil(t, m[3].Source)
	require.Nil(t, m[4].Source)
}

// TestEveryWrongTypeIsNamed: with the path at which it stands.
func TestEveryWrongTypeIsNamed(t *testing.T) {
	t.Parallel()
	var s synchronization.Schema
	err := json.Unmarshal([]byte(`{"version":6,"directories":{},"synchronizationRules":[{"priority":1.5,"objectMappings":[{"enabled":"yes","flowTypes":"Purge","scope":[],"attributeMappings":[7,{"source":{"parameters":5}}]}]}]}`), &s)
	fault, ok := errors.AsType[*errs.Error](err)
	require.True(t, ok, "%v", err)
	var targets []string
	for _, d := range fault.Details {
		targets = append(targets, d.Target)
	}
	const m = "synchronizationRules[0].objectMappings[0]."
	require.ElementsMatch(t, []string{
		"version", "directories", "synchronizationRules[0].priority", m + "enabled", m + "flowTypes", m + "scope", m + "attributeMappings[0]", m + "attributeMappings[1].source",
	}, targets)
	require.Contains(t, fault.Message, "and 7 more")
	require.ErrorContains(t, json.Unmarshal([]byte(`[]`), &s), "schema")
}

// FuzzSchema: reading and writing is a fixed point, whatever is given.
func FuzzSchema(f *testing.F) {
	f.Add(`{"version":"v1","synchronizationRules":[{"metadata":null,"objectMappings":[{"flowTypes":"Add","scope":{"groups":[]},"attributeMappings":[{"source":{"expression":"[a]","x":1}}]}]}]}`)
	f.Add(`{"directories":[{"objects":[{"attributes":[{"x":1,"metadata":[{"value":null}]}]}]}],"y":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		var s synchronization.Schema
		if json.Unmarshal([]byte(text), &s) != nil {
			return
		}
		once, err := json.Marshal(s)
		require.NoError(t, err)
		twice, err := json.Marshal(read(t, string(once)))
		require.NoError(t, err)
		require.Equal(t, string(once), string(twice))
	})
}
