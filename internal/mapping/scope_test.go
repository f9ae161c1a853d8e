package mapping_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/synchronization"
)

func clause(name, operator string, operands ...string) synchronization.FilterClause {
	c := synchronization.FilterClause{SourceOperandName: name, OperatorName: operator}
	if operands != nil {
		c.TargetOperand = &synchronization.FilterOperand{Values: operands}
	}
	return c
}

func scoped(tb testing.TB, f *synchronization.Filter) *mapping.Mapping {
	tb.Helper()
	s := schema(nil)
	s.Rules[0].ObjectMappings[0].Scope = f
	return compile(tb, s)
}

// TestFilterOperators: what each passes. The rows with null and empty are the rule
// that only IS NULL passes them.
func TestFilterOperators(t *testing.T) {
	t.Parallel()
	type row struct {
		operator string
		operands []string
		passes   []any
		fails    []any
	}
	for _, test := range []row{
		{"EQUALS", []string{"Sales"}, []any{"Sales"}, []any{"sales", "Sales ", "Sale", nil, "", true}},
		{"EQUALS", []string{"1", "2"}, []any{"1", "2", 2.0}, []any{"3", 12.0, nil, ""}},
		{"EQUALS", []string{""}, nil, []any{"x", nil, ""}},
		{"NOT EQUALS", []string{"Sales"}, []any{"sales", "HR", 3.0}, []any{"Sales", nil, ""}},
		{"NOT EQUALS", []string{"a", "b"}, []any{"c"}, []any{"a", "b", nil, ""}},
		{"IS TRUE", nil, []any{true, "true", "True"}, []any{false, "1", nil, ""}},
		{"IS FALSE", nil, []any{false, "false", "False"}, []any{true, "0", nil, ""}},
		{"IS NULL", nil, []any{nil, "", []any{}}, []any{"x", " ", 0.0, false}},
		{"IS NOT NULL", nil, []any{"x", " ", 0.0, false}, []any{nil, "", []any{}}},
		{"REGEX MATCH", []string{`.*\@domain.com`}, []any{"a@domain.com", "a@domain.com.au"}, []any{"a@other.com", "A@DOMAIN.COM", nil, ""}},
		{"REGEX MATCH", []string{`(1[0-9][0-9][0-9][0-9][0-9][0-9])`}, []any{"1000000", 1999999.0}, []any{"2000000", "999999", nil}},
		{"REGEX MATCH", []string{`^(?<y>a)(?=b)`}, []any{"ab"}, []any{"ac"}}, // .NET's syntax
		{"REGEX MATCH", []string{`^a$`, `^b$`}, []any{"a", "b"}, []any{"ab", ""}},
		{"NOT REGEX MATCH", []string{`^a`}, []any{"b"}, []any{"a", nil, ""}},
		{"NOT REGEX MATCH", []string{`^$`}, []any{"b"}, []any{nil, ""}},
		{"Greater_Than", []string{"10"}, []any{11.0, "11", " 12 "}, []any{10.0, "9", "ten", 10.5, nil, "", "99999999999999999999"}},
		{"Greater_Than_OR_EQUALS", []string{" 10 "}, []any{10.0, "11"}, []any{"9", nil, ""}},
		{"Less_Than", []string{"10"}, []any{9.0, "-1"}, []any{10.0, nil, ""}},
		{"Less_Than_OR_EQUALS", []string{"10"}, []any{10.0, "9"}, []any{11.0, nil, ""}},
		{"Includes", []string{"ale"}, []any{"Sales"}, []any{"SALES", nil, ""}},
		{"Includes", []string{""}, []any{"x"}, []any{nil, ""}},
		{"ENDS_WITH", []string{"@a.com", "@b.com"}, []any{"x@a.com", "x@b.com"}, []any{"x@A.com", "@a.com ", nil, ""}},
		{"&", []string{"2"}, []any{2.0, "3"}, []any{"1", 4.0, nil, ""}},
		{"!&", []string{"2"}, []any{1.0, "4"}, []any{"2", 3.0, nil, "", "x"}},
	} {
		m := scoped(t, &synchronization.Filter{Groups: []synchronization.FilterGroup{{Name: "g", Clauses: []synchronization.FilterClause{clause("x", test.operator, test.operands...)}}}})
		for _, v := range test.passes {
			require.True(t, m.Scope(user(directory.Attributes{"x": v}), mapping.Assigned).InScope, "%s %q passes %#v", test.operator, test.operands, v)
		}
		for _, v := range test.fails {
			verdict := m.Scope(user(directory.Attributes{"x": v}), mapping.Assigned)
			require.False(t, verdict.InScope, "%s %q fails %#v", test.operator, test.operands, v)
			require.True(t, verdict.Assigned)
			require.Contains(t, verdict.Reason, test.operator)
		}
	}
}

func TestGroupsAreAlternativesAndClausesAreNot(t *testing.T) {
	t.Parallel()
	m := scoped(t, &synchronization.Filter{Groups: []synchronization.FilterGroup{
		{Name: "both", Clauses: []synchronization.FilterClause{clause("a", "EQUALS", "1"), clause("b", "EQUALS", "1")}},
		{Name: "or c", Clauses: []synchronization.FilterClause{clause("c", "EQUALS", "1")}},
		{Name: "empty groups are no alternative"},
	}})
	for values, want := range map[string]bool{"1 1 0": true, "1 0 0": false, "0 1 0": false, "0 0 1": true, "1 1 1": true, "0 0 0": false} {
		var a, b, c string
		_, err := fmt.Sscan(values, &a, &b, &c)
		require.NoError(t, err)
		require.Equal(t, want, m.Scope(user(directory.Attributes{"a": a, "b": b, "c": c}), mapping.Assigned).InScope, values)
	}
	for _, f := range []*synchronization.Filter{nil, {}, {Groups: []synchronization.FilterGroup{{Name: "empty"}}}} {
		require.True(t, scoped(t, f).Scope(user(nil), mapping.Assigned).InScope, "no filter passes everything")
	}
}

func TestEntitlement(t *testing.T) {
	t.Parallel()
	m := scoped(t, &synchronization.Filter{
		Groups:            []synchronization.FilterGroup{{Name: "sales", Clauses: []synchronization.FilterClause{clause("department", "EQUALS", "Sales")}}},
		InputFilterGroups: []synchronization.FilterGroup{{Name: "members", Clauses: []synchronization.FilterClause{clause("employeeType", "EQUALS", "Member")}}},
	})
	for _, test := range []struct {
		assigned         bool
		who              mapping.Entitlement
		department, kind string
		want             mapping.Verdict
		reason           string
	}{
		{true, mapping.Assigned, "Sales", "Member", mapping.Verdict{InScope: true, Assigned: true}, "assigned"},
		{false, mapping.Assigned, "Sales", "Member", mapping.Verdict{}, "not assigned"},
		{false, mapping.Everyone, "Sales", "Member", mapping.Verdict{InScope: true, Assigned: true}, "all users"},
		{true, mapping.Assigned, "HR", "Member", mapping.Verdict{Assigned: true}, `"sales" is not met: department EQUALS ["Sales"]`},
		{false, mapping.Assigned, "HR", "Member", mapping.Verdict{}, "not assigned"},
		{true, mapping.Everyone, "Sales", "Guest", mapping.Verdict{Ignored: true}, `"members" drops it`},
		{false, mapping.Assigned, "HR", "Guest", mapping.Verdict{Ignored: true}, "drops it"},
	} {
		c := user(directory.Attributes{"department": test.department, "employeeType": test.kind})
		c.Assigned = test.assigned
		got := m.Scope(c, test.who)
		require.Contains(t, got.Reason, test.reason)
		got.Reason = ""
		require.Equal(t, test.want, got)
	}
}
