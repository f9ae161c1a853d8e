package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/synchronization"
)

// TestExplainScope: every clause is shown with what it compared, and the one that
// decided is marked.
func TestExplainScope(t *testing.T) {
	t.Parallel()
	m := scoped(t, &synchronization.Filter{
		InputFilterGroups: []synchronization.FilterGroup{{Name: "members", Clauses: []synchronization.FilterClause{clause("kind", "EQUALS", "Member")}}},
		Groups: []synchronization.FilterGroup{
			{Name: "empty"},
			{Name: "sales in Paris", Clauses: []synchronization.FilterClause{clause("department", "EQUALS", "Sales", "Presales"), clause("city", "EQUALS", "Paris")}},
			{Name: "with a number", Clauses: []synchronization.FilterClause{clause("employeeId", "IS NOT NULL")}},
		},
	})
	of := func(assigned bool, a directory.Attributes) mapping.Explanation {
		c := user(a)
		c.Assigned = assigned
		x := m.ExplainScope(c, mapping.Assigned)
		v := m.Scope(c, mapping.Assigned)
		require.Equal(t, v, mapping.Verdict{InScope: x.InScope, Assigned: x.Assigned, Ignored: x.Ignored, Reason: x.Reason}, "the explanation is of the verdict")
		return x
	}

	x := of(true, directory.Attributes{"kind": "Member", "department": "Sales", "city": "Rome"})
	require.False(t, x.InScope)
	require.Equal(t, "synchronizationRules[0].objectMappings[0]", x.Path)
	require.Equal(t, "scope.groups[2].clauses[0]", x.DecidedBy, "the last alternative")
	require.Equal(t, []mapping.ClauseVerdict{
		{Path: "scope.groups[1].clauses[0]", Attribute: "department", Operator: "EQUALS", Operands: []string{"Sales", "Presales"}, Values: []string{"Sales"}, Passed: true},
		{Path: "scope.groups[1].clauses[1]", Attribute: "city", Operator: "EQUALS", Operands: []string{"Paris"}, Values: []string{"Rome"}, Decided: true},
	}, x.Groups[0].Clauses)
	require.Equal(t, mapping.GroupVerdict{
		Name: "with a number", Path: "scope.groups[2]", Decided: true,
		Clauses: []mapping.ClauseVerdict{{Path: "scope.groups[2].clauses[0]", Attribute: "employeeId", Operator: "IS NOT NULL", Operands: []string{}, Values: []string{}, Decided: true}},
	}, x.Groups[1])

	x = of(true, directory.Attributes{"kind": "Member", "department": "Sales", "city": "Paris"})
	require.True(t, x.InScope)
	require.Equal(t, "scope.groups[1]", x.DecidedBy)
	require.True(t, x.Groups[0].Decided)
	require.False(t, x.Groups[1].Decided)

	x = of(false, directory.Attributes{"kind": "Member", "department": "Sales", "city": "Paris"})
	require.Equal(t, "assignment", x.DecidedBy)
	require.True(t, x.Groups[0].Passed, "the filters are shown although they decided nothing")

	x = of(true, directory.Attributes{"kind": "Guest", "employeeId": "7"})
	require.True(t, x.Ignored)
	require.Equal(t, "scope.inputFilterGroups[0].clauses[0]", x.DecidedBy)
	require.True(t, x.InputFilterGroups[0].Clauses[0].Decided)
	require.Equal(t, []string{"Guest"}, x.InputFilterGroups[0].Clauses[0].Values)

	everything := scoped(t, nil).ExplainScope(user(nil), mapping.Everyone)
	require.True(t, everything.InScope)
	require.Equal(t, "syncAll", everything.DecidedBy)
	require.True(t, everything.SyncAll)
	require.NotNil(t, everything.Groups, "written as [] for those who read JSON")
}

// TestCategoryFilter: what another mapping is for does not exist for this one.
func TestCategoryFilter(t *testing.T) {
	t.Parallel()
	m := scoped(t, &synchronization.Filter{
		CategoryFilterGroups: []synchronization.FilterGroup{{Name: "contractors", Clauses: []synchronization.FilterClause{clause("employeeType", "EQUALS", "Contractor")}}},
	})
	v := m.Scope(user(directory.Attributes{"employeeType": "Employee"}), mapping.Assigned)
	require.True(t, v.Ignored)
	require.Contains(t, v.Reason, `"contractors" leaves it to another mapping`)
	require.True(t, m.Scope(user(directory.Attributes{"employeeType": "Contractor"}), mapping.Assigned).InScope)
	require.Equal(t, "scope.categoryFilterGroups[0].clauses[0]", m.ExplainScope(user(nil), mapping.Assigned).DecidedBy)
}

// TestFilterOperatorsAsGraphAnswersThem: the list is made from what evaluates.
func TestFilterOperatorsAsGraphAnswersThem(t *testing.T) {
	t.Parallel()
	listed := mapping.FilterOperators()
	require.Len(t, listed, len(mapping.Operators()))
	byName := map[string]synchronization.FilterOperatorSchema{}
	for _, s := range listed {
		require.Equal(t, s.ID, s.Name)
		require.Equal(t, "All", s.MultivaluedComparisonType)
		op, ok := mapping.OperatorNamed(s.Name)
		require.True(t, ok)
		require.Equal(t, op.Types, s.SupportedAttributeTypes)
		require.Equal(t, op.Unary, s.Arity == "Unary")
		byName[s.Name] = s
	}
	require.Equal(t, []string{"Integer", "String"}, byName["REGEX MATCH"].SupportedAttributeTypes)
	require.Equal(t, []string{"Integer", "String", "Binary", "Boolean"}, byName["IS NULL"].SupportedAttributeTypes)
	require.Equal(t, "Unary", byName["IS FALSE"].Arity)
}
