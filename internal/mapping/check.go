package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/synchronization"
)

// directories checks what the rest of the schema refers to by name.
func (c *compiler) directories() {
	seen := map[string]bool{}
	for i, d := range c.schema.Directories {
		c.at = fmt.Sprintf("directories[%d]", i)
		switch {
		case d.Name == "":
			c.fault("name", "a directory needs a name, by which rules refer to it")
		case seen[d.Name]:
			c.fault("name", "%q is the name of another directory of the schema", d.Name)
		}
		seen[d.Name] = true
		objects := map[string]bool{}
		for k, o := range d.Objects {
			at := fmt.Sprintf("objects[%d]", k)
			if objects[o.Name] {
				c.fault(at+".name", "%q is the name of another object of the directory", o.Name)
			}
			objects[o.Name] = true
			c.attributeWords(o, at)
		}
	}
}

// attributeWords checks the enumerations of attribute definitions.
func (c *compiler) attributeWords(o synchronization.ObjectDefinition, at string) {
	for i, a := range o.Attributes {
		here := fmt.Sprintf("%s.attributes[%d]", at, i)
		if a.Name == "" {
			c.fault(here+".name", "an attribute needs a name")
		}
		c.word(a.Type, synchronization.AttributeTypes(), here+".type")
		c.word(a.Mutability, synchronization.Mutabilities(), here+".mutability")
	}
}

// word refuses a value that an enumeration does not have; an empty one is the default.
func (c *compiler) word(value string, known []string, at string) {
	if value != "" && !slices.Contains(known, value) {
		c.fault(at, "%q is not a value here; it takes %s", value, strings.Join(known, ", "))
	}
}

// rule checks a rule apart from its object mappings.
func (c *compiler) rule(rule synchronization.Rule, i int) {
	c.at = fmt.Sprintf("synchronizationRules[%d]", i)
	before := c.schema.Rules[:i]
	if rule.ID != "" && slices.ContainsFunc(before, func(r synchronization.Rule) bool { return r.ID == rule.ID }) {
		c.fault("id", "%q is the id of another rule", rule.ID)
	}
	c.named("sourceDirectoryName", rule.SourceDirectoryName)
	c.named("targetDirectoryName", rule.TargetDirectoryName)
	if !runs(c.schema, rule) {
		return
	}
	if rule.GroupFilter != nil && len(rule.GroupFilter.IncludedGroups) > 0 {
		c.fault("groupFilter", "it scopes jobs of cloud sync only; assign the groups to the application, or use objectMappings[].scope")
	}
	if rule.ContainerFilter != nil && len(rule.ContainerFilter.IncludedContainers) > 0 {
		c.fault("containerFilter", "it scopes jobs of cloud sync only; use objectMappings[].scope")
	}
}

// named checks that a directory of the name exists. A schema without any is short for
// one whose directories nobody described.
func (c *compiler) named(member, name string) {
	exists := func(d synchronization.DirectoryDefinition) bool { return d.Name == name }
	if len(c.schema.Directories) > 0 && !slices.ContainsFunc(c.schema.Directories, exists) {
		c.fault(member, "the schema has no directory of the name %q", name)
	}
}

// words checks the enumerations of an attribute mapping.
func (c *compiler) words(am synchronization.AttributeMapping, at string) {
	c.word(am.FlowType, synchronization.AttributeFlowTypes(), at+".flowType")
	c.word(am.FlowBehavior, synchronization.AttributeFlowBehaviors(), at+".flowBehavior")
}

// path reads the target attribute's name, which no other mapping may have. A foreign
// directory has names of its own.
func (c *compiler) path(name string, before []scim.Path, at string, foreign bool) (scim.Path, bool) {
	path, err := scim.ParsePath(name)
	switch {
	case err != nil && foreign && name != "":
		return scim.Path{}, true
	case err != nil:
		c.fault(at+".targetAttributeName", "%v", err)
	case strings.EqualFold(path.String(), "id"):
		c.fault(at+".targetAttributeName", "id is the target's anchor and cannot be mapped")
	case !path.IsZero() && slices.ContainsFunc(before, path.Equal):
		c.fault(at+".targetAttributeName", "%s is mapped already", name)
	default:
		return path, true
	}
	return scim.Path{}, false
}

// targetAttribute checks a mapping against what the target says of the attribute.
func (c *compiler) targetAttribute(target definitions, am synchronization.AttributeMapping, path scim.Path, at string) synchronization.AttributeDefinition {
	def, known := target.written(am.TargetAttributeName, path)
	switch {
	case !known:
		c.fault(at+".targetAttributeName", "%s is not an attribute of %s in the directory %q; add it to the object's attributes, or discover the directory", am.TargetAttributeName, target.object, target.directory)
	case def.Mutability == "ReadOnly":
		c.fault(at+".targetAttributeName", "%s is written by the target itself (ReadOnly)", am.TargetAttributeName)
	}
	if am.DefaultValue != nil && *am.DefaultValue != "" {
		c.defaultValue(*am.DefaultValue, def, at)
	}
	return def
}

func (c *compiler) defaultValue(value string, def synchronization.AttributeDefinition, at string) {
	var err error
	switch def.Type {
	case "Boolean":
		_, err = strconv.ParseBool(strings.ToLower(value))
	case "Integer":
		_, err = strconv.ParseInt(value, 10, 64)
	}
	if err != nil {
		c.fault(at+".defaultValue", "%.60q is not a value of type %s, which %s has", value, def.Type, def.Name)
	}
}

// newReference reads when references flow.
func newReference(r directory.Relation, am synchronization.AttributeMapping, path scim.Path, def synchronization.AttributeDefinition) Reference {
	flow := flowOf(am.FlowType, def.Mutability)
	return Reference{Relation: r, Path: path, Once: flow == onCreation, AddsOnly: flow == onCreation || flow == whenMissing}
}

// reference checks a mapping whose source is a relation. What a target refers to is known
// by the record of what was written and is not read, so a flow that depends on it is
// refused.
func (c *compiler) reference(am synchronization.AttributeMapping, def synchronization.AttributeDefinition, r directory.Relation, at string) {
	if am.MatchingPriority > 0 {
		c.fault(at+".matchingPriority", "%s refers to other objects; objects cannot be matched by it", am.TargetAttributeName)
	}
	if def.Type != "" && def.Type != "Reference" {
		c.fault(at+".targetAttributeName", "%s is of type %s; [%s] refers to other objects and needs an attribute of type Reference", am.TargetAttributeName, def.Type, am.Source.Name)
	}
	switch am.FlowType {
	case synchronization.FlowValueAddOnly, synchronization.FlowAttributeAddOnly:
		c.fault(at+".flowType", "%s refers to other objects, and what the target has of it is not read; it takes Always, ObjectAddOnly or, where there can be several, MultiValueAddOnly", am.TargetAttributeName)
	case synchronization.FlowMultiValueAddOnly:
		if r.Single() {
			c.fault(at+".flowType", "%s refers to one object; it takes Always or ObjectAddOnly", am.TargetAttributeName)
		}
	}
}

// plural refuses a list that is mapped as it is onto an attribute with one value.
func (c *compiler) plural(a attribute, am synchronization.AttributeMapping, source definitions, at string) {
	if a.direct < 0 || a.kind == "" || a.plural {
		return
	}
	if def, ok := source.attribute(am.Source.Name); ok && def.Multivalued {
		c.fault(at+".source", "%s has several values, and %s takes one; choose one by an expression such as Item([%s], 1)", def.Name, am.TargetAttributeName, def.Name)
	}
}

// matching are the attributes by which objects are matched.
type matching struct {
	attributes []int // indexes in the mapping
	priorities []int32
}

// join takes an attribute that has a priority into the matching.
func (c *compiler) join(m *matching, am synchronization.AttributeMapping, def synchronization.AttributeDefinition, index int, at string) {
	at += ".matchingPriority"
	switch p := am.MatchingPriority; {
	case p < 0:
		c.fault(at, "%d is negative; 0 means that the attribute does not match, and 1 is tried first", p)
	case p == 0:
	case slices.Contains(m.priorities, p):
		c.fault(at, "%d is the priority of another attribute; each needs its own, as one is tried after the other", p)
	case def.Multivalued:
		c.fault(at, "%s has several values; objects are matched by one", am.TargetAttributeName)
	case am.Source == nil:
		c.fault(at, "%s has no source, so there is no value to match by", am.TargetAttributeName)
	default:
		m.attributes, m.priorities = append(m.attributes, index), append(m.priorities, p)
	}
}

// order returns the indexes of the attributes, the lowest priority first.
func (m *matching) order() []int {
	priority := make(map[int]int32, len(m.attributes))
	for i, index := range m.attributes {
		priority[index] = m.priorities[i]
	}
	order := slices.Clone(m.attributes)
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(priority[a], priority[b]) })
	return order
}

// operand checks that an operator can be applied to a source attribute.
func (c *compiler) operand(op Operator, name, at string, source definitions) {
	def, defined := source.attribute(name)
	switch {
	case name == "":
		c.fault(at, "it is missing")
	case !source.knows(name):
		c.fault(at, "%s is not an attribute of %s in the directory %q", name, source.object, source.directory)
	case name == SoftDeleted:
		c.fault(at, "%s follows from the scope, so the scope cannot depend on it; use accountEnabled", name)
	case name == "userType" || name == appRoleAssignments:
		c.fault(at, "%s cannot be filtered by, as in Entra; use another attribute, such as a directory extension", name)
	case defined && def.Multivalued:
		c.fault(at, "%s has several values, which filters cannot compare", name)
	case defined && def.Type == "Reference":
		c.fault(at, "%s refers to other objects, which filters cannot compare", name)
	case defined && def.Type != "" && !slices.Contains(op.Types, def.Type):
		c.fault(at, "%s is of type %s; %s compares %s", name, def.Type, op.Name, strings.Join(op.Types, " and "))
	}
}
