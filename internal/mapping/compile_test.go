package mapping_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/synchronization"
)

func TestDefaultSchemaCompiles(t *testing.T) {
	t.Parallel()
	mappings, err := mapping.Compile(synchronization.DefaultSchema())
	require.NoError(t, err)
	require.Len(t, mappings, 2)
	groups, users := mappings[0], mappings[1]
	require.Equal(t, directory.Group, groups.Kind)
	require.Equal(t, scim.GroupType, groups.ResourceType)
	require.False(t, groups.Disables, "a group has nothing to disable")
	require.Equal(t, []directory.Relation{directory.Members}, relations(groups))
	require.Equal(t, "displayName", groups.MatchingPath().String())
	require.Equal(t, directory.User, users.Kind)
	require.Equal(t, scim.UserType, users.ResourceType)
	require.True(t, users.Disables)
	require.Equal(t, synchronization.FlowAll, users.Flow)
	require.Equal(t, []directory.Relation{directory.Manager}, relations(users))
	require.Equal(t, "userName", users.MatchingPath().String())
}

func relations(m *mapping.Mapping) []directory.Relation {
	var all []directory.Relation
	for _, r := range m.References {
		all = append(all, r.Relation)
	}
	return all
}

func TestDisabledMappingIsLeftOut(t *testing.T) {
	t.Parallel()
	s := synchronization.DefaultSchema()
	s.Rules[0].ObjectMappings[0].Enabled = false
	s.Rules[0].ObjectMappings[0].SourceObjectName = "Nonsense" // not looked at either
	mappings, err := mapping.Compile(s)
	require.NoError(t, err)
	require.Len(t, mappings, 1)
	require.Equal(t, directory.User, mappings[0].Kind)
}

// TestFaultsAreAllNamed: each with the JSON path at which to look.
func TestFaultsAreAllNamed(t *testing.T) {
	t.Parallel()
	const at = "synchronizationRules[0].objectMappings[0]."
	attribute := func(target, text string) func(*synchronization.ObjectMapping) {
		return func(om *synchronization.ObjectMapping) {
			om.AttributeMappings = append(om.AttributeMappings, synchronization.AttributeMapping{TargetAttributeName: target, Source: source(text)})
		}
	}
	clause := func(name, operator string, operands ...string) func(*synchronization.ObjectMapping) {
		return func(om *synchronization.ObjectMapping) {
			om.Scope = &synchronization.Filter{Groups: []synchronization.FilterGroup{
				{}, // empty: no clause to go wrong
				{Name: "g", Clauses: []synchronization.FilterClause{
					{SourceOperandName: "department", OperatorName: "IS NOT NULL"},
					{SourceOperandName: name, OperatorName: operator, TargetOperand: &synchronization.FilterOperand{Values: operands}},
				}},
			}}
		}
	}
	for name, test := range map[string]struct {
		spoil   func(*synchronization.ObjectMapping)
		targets []string
		says    string
	}{
		"object":               {func(om *synchronization.ObjectMapping) { om.SourceObjectName = "Device" }, []string{at + "sourceObjectName"}, `"Device"`},
		"no matching":          {func(om *synchronization.ObjectMapping) { om.AttributeMappings[0].MatchingPriority = 0 }, []string{at + "attributeMappings"}, "matchingPriority"},
		"path":                 {attribute("a b", "[mail]"), []string{at + "attributeMappings[1].targetAttributeName"}, "a b"},
		"no path":              {attribute("", "[mail]"), []string{at + "attributeMappings[1].targetAttributeName"}, "path"},
		"id":                   {attribute("ID", "[mail]"), []string{at + "attributeMappings[1].targetAttributeName"}, "anchor"},
		"twice":                {attribute("urn:ietf:params:scim:schemas:core:2.0:User:USERNAME", "[mail]"), []string{at + "attributeMappings[1].targetAttributeName"}, "mapped already"},
		"expression":           {attribute("title", "Nonsense([mail])"), []string{at + "attributeMappings[1].source.expression"}, "Nonsense"},
		"unfinished":           {attribute("title", `Join("`), []string{at + "attributeMappings[1].source.expression"}, ""},
		"operator":             {clause("mail", "LIKE", "x"), []string{at + "scope.groups[1].clauses[1].operatorName"}, `"LIKE"`},
		"no attribute":         {clause("", "EQUALS", "x"), []string{at + "scope.groups[1].clauses[1].sourceOperandName"}, "missing"},
		"no operand":           {clause("mail", "EQUALS"), []string{at + "scope.groups[1].clauses[1].targetOperand"}, "empty"},
		"no operand, negated":  {clause("mail", "NOT EQUALS"), []string{at + "scope.groups[1].clauses[1].targetOperand"}, "empty"},
		"not an integer":       {clause("level", "Greater_Than", "ten"), []string{at + "scope.groups[1].clauses[1].targetOperand.values[0]"}, `"ten"`},
		"two integers":         {clause("level", "&", "1", "2"), []string{at + "scope.groups[1].clauses[1].targetOperand"}, "one integer"},
		"pattern":              {clause("mail", "REGEX MATCH", "("), []string{at + "scope.groups[1].clauses[1].targetOperand.values[0]"}, "regular expression"},
		"multi-valued operand": {clause("proxyAddresses", "EQUALS", "x"), []string{at + "scope.groups[1].clauses[1].sourceOperandName"}, "several values"},
		"reference operand":    {clause("manager", "IS NULL"), []string{at + "scope.groups[1].clauses[1].sourceOperandName"}, "refers"},
		"unique value to match by": {func(om *synchronization.ObjectMapping) {
			om.AttributeMappings[0].Source = source(`SelectUniqueValue([mail], [userPrincipalName])`)
		}, []string{at + "attributeMappings[0].source", at + "attributeMappings"}, "SelectUniqueValue"},
		"several": {func(om *synchronization.ObjectMapping) {
			om.SourceObjectName = "Device"
			attribute("id", "[mail]")(om)
			attribute("title", "[")(om)
		}, []string{at + "sourceObjectName", at + "attributeMappings[1].targetAttributeName", at + "attributeMappings[2].source.expression"}, "3 fault(s)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := schema(nil)
			test.spoil(&s.Rules[0].ObjectMappings[0])
			_, err := mapping.Compile(s)
			fault, ok := errors.AsType[*errs.Error](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, errs.Invalid, fault.Kind)
			var targets []string
			for _, d := range fault.Details {
				require.NotEmpty(t, d.Message)
				require.Equal(t, "RequestParameterInvalid", d.Code)
				targets = append(targets, d.Target)
			}
			require.Equal(t, test.targets, targets)
			require.ErrorContains(t, err, test.says)
		})
	}
}

// TestTreeWithoutTextIsRead: generated clients send the tree only.
func TestTreeWithoutTextIsRead(t *testing.T) {
	t.Parallel()
	tree := &expression.Source{Name: "Append", Type: expression.FunctionSource, Parameters: []expression.Argument{
		{Key: "source", Value: &expression.Source{Name: "mailNickname", Type: expression.AttributeSource}},
		{Key: "suffix", Value: &expression.Source{Name: "@example.org", Type: expression.ConstantSource}},
	}}
	m := compile(t, schema(nil, synchronization.AttributeMapping{TargetAttributeName: "nickName", Source: tree}))
	require.Equal(t, "ada@example.org", values(evaluate(t, m, user(directory.Attributes{"mailNickname": "ada"})))["nickName"])
}

func TestOperatorsAreKnownByEitherSpelling(t *testing.T) {
	t.Parallel()
	for _, op := range mapping.Operators() {
		found, ok := mapping.OperatorNamed(op.Name)
		require.True(t, ok)
		require.Equal(t, op.Name, found.Name)
		require.NotEmpty(t, op.Types)
	}
	for _, name := range []string{"greater_than", "Greater Than", "ends with", "not_regex_match", "includes", "LessThan", "EqualOrLessThan", "EqualOrGreaterThan", "BitAnd", "NotBitAnd"} {
		_, ok := mapping.OperatorNamed(name)
		require.True(t, ok, name)
	}
	for _, name := range []string{"", "IsMemberOf", "=", "NOT"} {
		_, ok := mapping.OperatorNamed(name)
		require.False(t, ok, name)
	}
}

// FuzzCompile: no schema that a client can send brings Compile down, and what
// compiles evaluates.
func FuzzCompile(f *testing.F) {
	small, err := json.Marshal(schema(nil, synchronization.AttributeMapping{TargetAttributeName: `emails[type eq "work"].value`, Source: source("[mail]")}))
	require.NoError(f, err)
	f.Add(string(small))
	f.Add(`{"synchronizationRules":[{"objectMappings":[{"enabled":true,"scope":{"groups":[{"clauses":[{"operatorName":"&"}]}]},"attributeMappings":[{"source":{"type":"Function","name":"*","parameters":[]}}]}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var s synchronization.Schema
		if json.Unmarshal([]byte(text), &s) != nil {
			return
		}
		mappings, err := mapping.Compile(s)
		if err != nil {
			require.True(t, errs.Is(err, errs.Invalid), "%v", err)
			return
		}
		for _, m := range mappings {
			m.Scope(user(nil), mapping.Everyone)
			if d, err := m.Evaluate(user(nil), mapping.Inputs{Now: now()}); err == nil {
				require.Len(t, d.Digest(), 32)
				d.Differences(scim.Resource{})
			}
		}
	})
}
