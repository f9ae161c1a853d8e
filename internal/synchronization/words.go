package synchronization

import (
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/expression"
)

// AttributeTypes returns the values of the enumeration attributeType.
func AttributeTypes() []string {
	return []string{"String", "Integer", "Reference", "Binary", "Boolean", "DateTime"}
}

// Mutabilities returns the values of the enumeration mutability.
func Mutabilities() []string { return []string{"ReadWrite", "ReadOnly", "Immutable", "WriteOnly"} }

// AttributeFlowTypes returns the values of the enumeration attributeFlowType.
func AttributeFlowTypes() []string {
	return []string{FlowAlways, FlowObjectAddOnly, FlowMultiValueAddOnly, FlowValueAddOnly, FlowAttributeAddOnly}
}

// AttributeFlowBehaviors returns the values of the enumeration attributeFlowBehavior.
func AttributeFlowBehaviors() []string { return []string{FlowWhenChanged, FlowAlwaysBehavior} }

// The values of attributeMapping.flowBehavior.
const (
	FlowWhenChanged    = "FlowWhenChanged" // written when the source's value changed
	FlowAlwaysBehavior = "FlowAlways"      // written whenever the object is, different or not
)

// Discoverabilities returns the flags of the enumeration
// directoryDefinitionDiscoverabilities.
func Discoverabilities() []string {
	return []string{"None", "AttributeNames", "AttributeDataTypes", "AttributeReadOnly", "ReferenceAttributes"}
}

// spelling returns the canonical spelling of a value of an enumeration; what is none
// of its values stays for validation to refuse.
func spelling(value string, known []string) string {
	i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, strings.TrimSpace(value)) })
	if i < 0 {
		return value
	}
	return known[i]
}

// preset gives the members of a resource whose default is not their zero value that
// default: absent and null mean it.
func preset(resource any) {
	switch r := resource.(type) {
	case *Rule:
		r.Editable = true
	case *ObjectMapping:
		r.FlowTypes = FlowAll
	case *AttributeMapping:
		r.FlowBehavior, r.FlowType = FlowWhenChanged, FlowAlways
	case *DirectoryDefinition:
		r.Discoverabilities = "None"
	case *AttributeDefinition:
		r.Type, r.Mutability = "String", "ReadWrite"
	}
}

// canonicalize gives the enumerations of a resource the one spelling in which they are
// written.
func canonicalize(resource any) {
	switch r := resource.(type) {
	case *AttributeMapping:
		r.FlowBehavior = spelling(r.FlowBehavior, AttributeFlowBehaviors())
		r.FlowType = spelling(r.FlowType, AttributeFlowTypes())
		r.Source = completed(r.Source)
	case *DirectoryDefinition:
		r.Discoverabilities = flags(r.Discoverabilities)
	case *AttributeDefinition:
		r.Type, r.Mutability = spelling(r.Type, AttributeTypes()), spelling(r.Mutability, Mutabilities())
	}
}

// flags writes a list of flags without blanks: some generated clients split at commas
// without trimming.
func flags(text string) string {
	var list []string
	for flag := range strings.SplitSeq(text, ",") {
		list = append(list, spelling(flag, Discoverabilities()))
	}
	return strings.Join(list, ",")
}

// completed gives a source that came as text or as tree only the other as well. {},
// which a published sample has, is no source; a text that cannot be parsed stays for
// validation to refuse.
func completed(s *expression.Source) *expression.Source {
	switch {
	case s == nil, s.Expression == "" && s.Name == "" && s.Type == "" && len(s.Parameters) == 0:
		return nil
	case s.Expression == "":
		s.Expression = s.Text()
	case s.Type == "" && s.Name == "":
		if tree, err := expression.Parse(s.Expression); err == nil {
			tree.Expression = s.Expression
			return tree
		}
	}
	return s
}
