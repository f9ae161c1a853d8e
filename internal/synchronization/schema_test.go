package synchronization_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/synchronization"
)

var update = flag.Bool("update", false, "write what the tests got into their golden files")

// TestDefaultSchemaShape: the members of every resource as clients decode them, and
// what is mapped onto what.
func TestDefaultSchemaShape(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(synchronization.DefaultSchema())
	require.NoError(t, err)
	var schema any
	require.NoError(t, json.Unmarshal(text, &schema))
	shapes := map[string]bool{}
	shape("schema", schema, shapes)
	lines := make([]string, 0, len(shapes))
	for line := range shapes {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	golden(t, "default_schema.txt", strings.Join(lines, "\n")+"\n\n"+mappings(synchronization.DefaultSchema()))
}

// shape notes the JSON type of every member under its path; elements of a list
// share one.
func shape(path string, v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			shape(path+"."+name, member, into)
		}
	case []any:
		if len(v) == 0 {
			into[path+" []"] = true
		}
		for _, element := range v {
			shape(path+"[]", element, into)
		}
	case nil:
		into[path+" null"] = true
	default:
		into[fmt.Sprintf("%s %T", path, v)] = true
	}
}

// mappings writes the attribute mappings and the definitions of their directories,
// a line each.
func mappings(s synchronization.Schema) string {
	var b strings.Builder
	for _, rule := range s.Rules {
		for _, om := range rule.ObjectMappings {
			fmt.Fprintf(&b, "%s.%s -> %s.%s (%s)\n", rule.SourceDirectoryName, om.SourceObjectName, rule.TargetDirectoryName, om.TargetObjectName, om.FlowTypes)
			for _, am := range om.AttributeMappings {
				fmt.Fprintf(&b, "\t%s -> %s %s match %d\n", am.Source.Expression, am.TargetAttributeName, am.FlowType, am.MatchingPriority)
			}
		}
	}
	for _, d := range s.Directories {
		for _, o := range d.Objects {
			fmt.Fprintf(&b, "%s.%s\n", d.Name, o.Name)
			for _, a := range o.Attributes {
				fmt.Fprintf(&b, "\t%s %s anchor=%t caseExact=%t multivalued=%t required=%t %s\n", a.Name, a.Type, a.Anchor, a.CaseExact, a.Multivalued, a.Required, a.Mutability)
			}
		}
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "go test -update writes it anew")
}

// TestEveryMappedAttributeIsDefined: a portal could not show it otherwise.
func TestEveryMappedAttributeIsDefined(t *testing.T) {
	t.Parallel()
	s := synchronization.DefaultSchema()
	defined := map[string]bool{}
	for _, d := range s.Directories {
		for _, o := range d.Objects {
			for _, a := range o.Attributes {
				require.False(t, defined[d.Name+o.Name+a.Name], "%s twice", a.Name)
				defined[d.Name+o.Name+a.Name] = true
			}
		}
	}
	for _, om := range s.Rules[0].ObjectMappings {
		for _, am := range om.AttributeMappings {
			require.True(t, defined[synchronization.TargetDirectory+om.TargetObjectName+am.TargetAttributeName], "%s", am.TargetAttributeName)
			if am.Source.Name != "" && len(am.Source.Parameters) == 0 {
				require.True(t, defined[synchronization.SourceDirectory+om.SourceObjectName+am.Source.Name], "%s", am.Source.Name)
			}
		}
	}
}

// TestTemplates: each gives a copy of its own, so that an edit of one job's schema
// is no edit of another's.
func TestTemplates(t *testing.T) {
	t.Parallel()
	templates := synchronization.Templates()
	require.Equal(t, "scim", templates[0].ID)
	require.True(t, templates[0].Default)
	for _, template := range templates {
		found, ok := synchronization.TemplateNamed(strings.ToUpper(template.ID))
		require.True(t, ok)
		require.Equal(t, template, found)
		found.Schema.Rules[0].ObjectMappings[0].AttributeMappings[0].TargetAttributeName = "changed"
		again, _ := synchronization.TemplateNamed(template.ID)
		require.Equal(t, template, again)
	}
	_, ok := synchronization.TemplateNamed("nonsense")
	require.False(t, ok)
}
