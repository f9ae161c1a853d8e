package mapping_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/synchronization"
)

// now is the instant of every test.
func now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// source is an expression by its text.
func source(text string) *expression.Source {
	return &expression.Source{Expression: text, Type: expression.FunctionSource}
}

// schema maps users by userName and the given attributes, onto
// a target that defines the given ones.
func schema(defs []synchronization.AttributeDefinition, mappings ...synchronization.AttributeMapping) synchronization.Schema {
	key := synchronization.AttributeMapping{
		TargetAttributeName: "userName", MatchingPriority: 1,
		Source: &expression.Source{Expression: "[userPrincipalName]", Name: "userPrincipalName", Type: expression.AttributeSource},
	}
	return synchronization.Schema{
		Rules: []synchronization.Rule{{
			SourceDirectoryName: synchronization.SourceDirectory, TargetDirectoryName: "target",
			ObjectMappings: []synchronization.ObjectMapping{{
				Enabled: true, FlowTypes: synchronization.FlowAll, SourceObjectName: "User", TargetObjectName: "user",
				AttributeMappings: append([]synchronization.AttributeMapping{key}, mappings...),
			}},
		}},
		Directories: []synchronization.DirectoryDefinition{
			{Name: synchronization.SourceDirectory, Objects: []synchronization.ObjectDefinition{{Name: "User", Attributes: letters()}}},
			{Name: "target", Objects: []synchronization.ObjectDefinition{{Name: "user", Attributes: defs}}},
		},
	}
}

// letters are source attributes that no directory has, for values of every type.
func letters() []synchronization.AttributeDefinition {
	var all []synchronization.AttributeDefinition
	for name := range strings.FieldsSeq("x y a b c kind") {
		all = append(all, synchronization.AttributeDefinition{Name: name})
	}
	return append(all, synchronization.AttributeDefinition{Name: "level", Type: "Integer"})
}

func compile(t testing.TB, s synchronization.Schema) *mapping.Mapping { //nolint:thelper // short names in one-liners
	t.Helper()
	mappings, err := mapping.Compile(s)
	require.NoError(t, err)
	require.Len(t, mappings, 1)
	return mappings[0]
}

// user is a live, assigned user with the given attributes.
func user(a directory.Attributes) directory.Change {
	if a == nil {
		a = directory.Attributes{}
	}
	if _, ok := a["userPrincipalName"]; !ok {
		a["userPrincipalName"] = "ada@example.com"
	}
	return directory.Change{
		Object:   directory.Object{ID: "00000000-0000-4000-8000-00000000000a", Kind: directory.User, Attributes: a},
		Assigned: true,
	}
}

func evaluate(tb testing.TB, m *mapping.Mapping, c directory.Change) *mapping.Desired {
	tb.Helper()
	d, err := m.Evaluate(c, mapping.Inputs{Now: now()})
	require.NoError(tb, err)
	return d
}

func resource(tb testing.TB, d *mapping.Desired) scim.Resource {
	tb.Helper()
	r, err := d.Resource(nil)
	require.NoError(tb, err)
	return r
}

// values collects what the log is shown.
func values(d *mapping.Desired) map[string]any {
	all := map[string]any{}
	d.Values(func(name string, v any) bool {
		all[name] = v
		return true
	})
	return all
}

// one evaluates one expression into one attribute of the given type.
func one(tb testing.TB, def synchronization.AttributeDefinition, text string, a directory.Attributes) any {
	tb.Helper()
	m := compile(tb, schema([]synchronization.AttributeDefinition{def}, synchronization.AttributeMapping{TargetAttributeName: def.Name, Source: source(text)}))
	return values(evaluate(tb, m, user(a)))[def.Name]
}
