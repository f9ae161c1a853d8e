package mapping_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/synchronization"
)

// faults are the paths and messages of what is wrong with a schema.
func faults(t *testing.T, s synchronization.Schema) map[string]string {
	t.Helper()
	_, err := mapping.Compile(s)
	if err == nil {
		return map[string]string{}
	}
	fault, ok := errors.AsType[*errs.Error](err)
	require.True(t, ok, "%v", err)
	all := map[string]string{}
	for _, d := range fault.Details {
		all[d.Target] += d.Message
	}
	return all
}

// TestWhatIsRefusedOnSave: one fault each, with its path and words that help.
func TestWhatIsRefusedOnSave(t *testing.T) {
	t.Parallel()
	type maps = synchronization.AttributeMapping
	plain := func(name string) *expression.Source {
		return &expression.Source{Expression: "[" + name + "]", Name: name, Type: expression.AttributeSource}
	}
	const at = "synchronizationRules[0].objectMappings[0]."
	one := func(am maps) func(*synchronization.Schema) {
		return func(s *synchronization.Schema) {
			om := &s.Rules[0].ObjectMappings[0]
			om.AttributeMappings = append(om.AttributeMappings, am)
		}
	}
	filter := func(c synchronization.FilterClause) func(*synchronization.Schema) {
		return func(s *synchronization.Schema) {
			s.Rules[0].ObjectMappings[0].Scope = &synchronization.Filter{Groups: []synchronization.FilterGroup{{Clauses: []synchronization.FilterClause{c}}}}
		}
	}
	const clauseAt = at + "scope.groups[0].clauses[0].sourceOperandName"
	for name, test := range map[string]struct {
		spoil    func(*synchronization.Schema)
		at, says string
	}{
		"unknown source attribute":    {one(maps{TargetAttributeName: "title", Source: source("[departmnt]")}), at + "attributeMappings[1].source.expression", "did you mean [department]"},
		"with a caret":                {one(maps{TargetAttributeName: "title", Source: source("Append([x], [nope])")}), at + "attributeMappings[1].source.expression", "\n                ^"},
		"unknown function":            {one(maps{TargetAttributeName: "title", Source: source("Apend([x], \"\")")}), at + "attributeMappings[1].source.expression", "Append"},
		"unknown target attribute":    {one(maps{TargetAttributeName: "shoeSize", Source: source("[x]")}), at + "attributeMappings[1].targetAttributeName", "discover the directory"},
		"unknown enterprise one":      {one(maps{TargetAttributeName: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:shoe", Source: source("[x]")}), at + "attributeMappings[1].targetAttributeName", "not an attribute of user"},
		"unknown one of an extension": {one(maps{TargetAttributeName: "urn:example:2.0:User:other", Source: source("[x]")}), at + "attributeMappings[1].targetAttributeName", "not an attribute"},
		"read only":                   {one(maps{TargetAttributeName: "sealed", Source: source("[x]")}), at + "attributeMappings[1].targetAttributeName", "ReadOnly"},
		"flow type":                   {one(maps{TargetAttributeName: "title", Source: source("[x]"), FlowType: "Sometimes"}), at + "attributeMappings[1].flowType", "ObjectAddOnly"},
		"flow behavior":               {one(maps{TargetAttributeName: "title", Source: source("[x]"), FlowBehavior: "Never"}), at + "attributeMappings[1].flowBehavior", "FlowWhenChanged"},
		"default value":               {one(maps{TargetAttributeName: "flag", DefaultValue: new("maybe")}), at + "attributeMappings[1].defaultValue", "Boolean"},
		"default number":              {one(maps{TargetAttributeName: "count", DefaultValue: new("1.5")}), at + "attributeMappings[1].defaultValue", "Integer"},
		"priority taken":              {one(maps{TargetAttributeName: "title", Source: source("[x]"), MatchingPriority: 1}), at + "attributeMappings[1].matchingPriority", "another attribute"},
		"priority negative":           {one(maps{TargetAttributeName: "title", Source: source("[x]"), MatchingPriority: -1}), at + "attributeMappings[1].matchingPriority", "negative"},
		"matching by a reference":     {one(maps{TargetAttributeName: "boss", Source: plain("manager"), MatchingPriority: 2}), at + "attributeMappings[1].matchingPriority", "refers"},
		"matching by a list":          {one(maps{TargetAttributeName: "many", Source: source("[x]"), MatchingPriority: 2}), at + "attributeMappings[1].matchingPriority", "several values"},
		"matching by nothing":         {one(maps{TargetAttributeName: "title", MatchingPriority: 2}), at + "attributeMappings[1].matchingPriority", "no source"},
		"reference onto text":         {one(maps{TargetAttributeName: "title", Source: plain("manager")}), at + "attributeMappings[1].targetAttributeName", "type Reference"},
		"reference in an expression":  {one(maps{TargetAttributeName: "title", Source: source("Join(\",\", [manager])")}), at + "attributeMappings[1].source", "as it is, [manager]"},
		"list onto one value":         {one(maps{TargetAttributeName: "title", Source: plain("proxyAddresses")}), at + "attributeMappings[1].source", "Item([proxyAddresses], 1)"},
		"unknown in a filter":         {filter(clause("departmnt", "EQUALS", "x")), clauseAt, "not an attribute of User"},
		"list in a filter":            {filter(clause("proxyAddresses", "EQUALS", "x")), clauseAt, "several values"},
		"reference in a filter":       {filter(clause("manager", "IS NULL")), clauseAt, "refers"},
		"roles in a filter":           {filter(clause("appRoleAssignments", "EQUALS", "x")), clauseAt, "cannot be filtered"},
		"user type in a filter":       {filter(clause("userType", "EQUALS", "Guest")), clauseAt, "cannot be filtered"},
		"the scope in a filter":       {filter(clause("IsSoftDeleted", "IS FALSE")), clauseAt, "accountEnabled"},
		"date in a filter":            {filter(clause("createdDateTime", "IS NULL")), clauseAt, "DateTime"},
		"flag compared as text":       {filter(clause("accountEnabled", "EQUALS", "True")), clauseAt, "Boolean"},
		"text compared as number":     {filter(clause("department", "Greater_Than", "5")), clauseAt, "String"},
		"text compared as flag":       {filter(clause("department", "IS TRUE")), clauseAt, "String"},
		"no such directory":           {func(s *synchronization.Schema) { s.Rules[0].TargetDirectoryName = "elsewhere" }, "synchronizationRules[0].targetDirectoryName", `"elsewhere"`},
		"no such target object":       {func(s *synchronization.Schema) { s.Rules[0].ObjectMappings[0].TargetObjectName = "device" }, at + "targetObjectName", `"device"`},
		"directory twice":             {func(s *synchronization.Schema) { s.Directories = append(s.Directories, s.Directories[1]) }, "directories[2].name", "another directory"},
		"nameless directory": {func(s *synchronization.Schema) {
			s.Directories = append(s.Directories, synchronization.DirectoryDefinition{})
		}, "directories[2].name", "needs a name"},
		"object twice":   {func(s *synchronization.Schema) { d := &s.Directories[1]; d.Objects = append(d.Objects, d.Objects[0]) }, "directories[1].objects[1].name", "another object"},
		"attribute type": {func(s *synchronization.Schema) { s.Directories[1].Objects[0].Attributes[0].Type = "Text" }, "directories[1].objects[0].attributes[0].type", "String"},
		"rule twice":     {func(s *synchronization.Schema) { s.Rules[0].ID = "r"; s.Rules = append(s.Rules, s.Rules[0]) }, "synchronizationRules[1].id", "another rule"},
		"group filter": {func(s *synchronization.Schema) {
			s.Rules[0].GroupFilter = &synchronization.GroupFilter{IncludedGroups: []string{"g"}}
		}, "synchronizationRules[0].groupFilter", "cloud sync"},
		"container filter": {func(s *synchronization.Schema) {
			s.Rules[0].ContainerFilter = &synchronization.ContainerFilter{IncludedContainers: []string{"ou"}}
		}, "synchronizationRules[0].containerFilter", "cloud sync"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := schema([]synchronization.AttributeDefinition{
				{Name: "title", Type: "String"},
				{Name: "sealed", Type: "String", Mutability: "ReadOnly"},
				{Name: "flag", Type: "Boolean"},
				{Name: "count", Type: "Integer"},
				{Name: "boss", Type: "Reference"},
				{Name: "many", Type: "String", Multivalued: true},
				{Name: "urn:example:2.0:User:badge", Type: "String"},
			})
			require.Empty(t, faults(t, s))
			test.spoil(&s)
			found := faults(t, s)
			require.Contains(t, found, test.at)
			require.Contains(t, found[test.at], test.says)
		})
	}
}

// TestWhatIsTaken: names that a schema need not list, and spellings.
func TestWhatIsTaken(t *testing.T) {
	t.Parallel()
	s := schema(
		[]synchronization.AttributeDefinition{{Name: "title", Type: "String"}, {Name: "many", Type: "String", Multivalued: true}, {Name: "urn:example:2.0:User:badge", Type: "String"}},
		synchronization.AttributeMapping{TargetAttributeName: "title", Source: source("[extension_0123456789abcdef0123456789abcdef_Title]")},
		synchronization.AttributeMapping{TargetAttributeName: `emails[type eq "home"].value`, Source: source("Coalesce([mail], [Department])")},
		synchronization.AttributeMapping{TargetAttributeName: "URN:example:2.0:User:Badge", Source: source("[employeeOrgData.costCenter]")},
		synchronization.AttributeMapping{TargetAttributeName: "urn:other:2.0:User:badge", Source: source(`"x"`)},
		synchronization.AttributeMapping{TargetAttributeName: "urn:ietf:params:scim:schemas:core:2.0:User:nickName", Source: source("[y]")},
		synchronization.AttributeMapping{TargetAttributeName: "many", Source: &expression.Source{Expression: "[proxyAddresses]", Name: "proxyAddresses", Type: expression.AttributeSource}},
		synchronization.AttributeMapping{TargetAttributeName: "locale"}, // portal: None
	)
	s.Rules[0].ObjectMappings[0].Scope = &synchronization.Filter{Groups: []synchronization.FilterGroup{{Clauses: []synchronization.FilterClause{
		clause("extension_0123456789abcdef0123456789abcdef_Title", "IS NOT NULL"), clause("DEPARTMENT", "EQUALS", "R&D"), clause("accountEnabled", "IS TRUE"), clause("level", "Less_Than", "9"),
	}}}}
	require.Empty(t, faults(t, s))
	m := compile(t, s)
	a := directory.Attributes{"extension_0123456789abcdef0123456789abcdef_Title": "Dr", "department": "R&D", "accountEnabled": true, "level": 3.0, "employeeOrgData": map[string]any{"costCenter": "C1"}}
	require.True(t, m.Scope(user(a), mapping.Assigned).InScope, "names are found whatever their case")
	require.Equal(t, "C1", values(evaluate(t, m, user(a)))["URN:example:2.0:User:Badge"])
}

// TestForeignRules: a schema of another kind of job is kept and checked, and not run.
func TestForeignRules(t *testing.T) {
	t.Parallel()
	s := synchronization.Schema{
		Rules: []synchronization.Rule{{
			SourceDirectoryName: "Workday", TargetDirectoryName: "Azure Active Directory",
			ObjectMappings: []synchronization.ObjectMapping{{
				Enabled: true, SourceObjectName: "Worker", TargetObjectName: "User",
				AttributeMappings: []synchronization.AttributeMapping{
					{TargetAttributeName: "employeeId", MatchingPriority: 1, Source: source("[WorkerID]")},
					{TargetAttributeName: "displayName", Source: source("[PreferredNameData]")},
				},
			}},
		}},
		Directories: []synchronization.DirectoryDefinition{
			{Name: "Workday", Objects: []synchronization.ObjectDefinition{{Name: "Worker", Attributes: []synchronization.AttributeDefinition{{Name: "WorkerID"}, {Name: "PreferredNameData"}}}}},
			{Name: "Azure Active Directory", Objects: []synchronization.ObjectDefinition{{Name: "User", Attributes: []synchronization.AttributeDefinition{{Name: "employeeId"}, {Name: "displayName"}}}}},
		},
	}
	mappings, err := mapping.Compile(s)
	require.NoError(t, err)
	require.Empty(t, mappings)
	err = mapping.Runnable(s)
	require.True(t, errs.Is(err, errs.Invalid), "%v", err)
	require.ErrorContains(t, err, `from "Workday" into "Azure Active Directory"`)
	s.Rules[0].ObjectMappings[0].AttributeMappings[1].Source = source("[Nothing]")
	s.Rules[0].ObjectMappings[0].AttributeMappings[0].TargetAttributeName = "employeeNumber"
	require.Len(t, faults(t, s), 2, "what the schema itself tells is checked")
	require.NoError(t, mapping.Runnable(schema(nil)))
	require.ErrorContains(t, mapping.Runnable(synchronization.Schema{}), "no synchronization rule")
}

// TestTemplatesCompile: what a job starts with has no fault.
func TestTemplatesCompile(t *testing.T) {
	t.Parallel()
	for _, template := range synchronization.Templates() {
		mappings, err := mapping.Compile(template.Schema)
		require.NoError(t, err, template.ID)
		if template.ID == synchronization.InboundTemplateID {
			require.Empty(t, mappings)
			require.ErrorContains(t, mapping.Runnable(template.Schema), "cannot be started")
			continue
		}
		require.Len(t, mappings, 2)
		require.NoError(t, mapping.Runnable(template.Schema))
	}
}
