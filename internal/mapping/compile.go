package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/synchronization"
)

// Compile compiles the enabled object mappings of every rule of s. It returns an
// errs.Invalid error that lists all faults with their JSON paths.
func Compile(s synchronization.Schema) ([]*Mapping, error) {
	c := compiler{schema: s}
	var mappings []*Mapping
	for i, rule := range s.Rules {
		for k, om := range rule.ObjectMappings {
			if om.Enabled {
				c.at = fmt.Sprintf("synchronizationRules[%d].objectMappings[%d]", i, k)
				mappings = append(mappings, c.mapping(rule, om))
			}
		}
	}
	if len(c.faults) > 0 {
		return nil, errs.New(errs.Invalid, "RequestParameterInvalid",
			"The schema has %d fault(s); the first: %s: %s.", len(c.faults), c.faults[0].Target, c.faults[0].Message).WithDetails(c.faults...)
	}
	return mappings, nil
}

// compiler collects faults while it compiles.
type compiler struct {
	schema synchronization.Schema
	at     string // JSON path of the object mapping
	faults []errs.Detail
}

func (c *compiler) fault(path, format string, args ...any) {
	c.faults = append(c.faults, errs.Detail{Code: "RequestParameterInvalid", Target: c.at + "." + path, Message: fmt.Sprintf(format, args...)})
}

func (c *compiler) mapping(rule synchronization.Rule, om synchronization.ObjectMapping) *Mapping {
	m := &Mapping{RuleID: rule.ID, Name: om.Name, Path: c.at, Flow: om.FlowTypes, symbols: expression.NewSymbols()}
	m.Kind, m.ResourceType = c.object(om.SourceObjectName)
	m.scope = c.scope(om.Scope, c.definitions(rule.SourceDirectoryName, om.SourceObjectName))
	target := c.definitions(rule.TargetDirectoryName, om.TargetObjectName)
	var targets []scim.Path
	var priorities []int32
	for i, am := range om.AttributeMappings {
		at := fmt.Sprintf("attributeMappings[%d]", i)
		path, ok := c.target(am.TargetAttributeName, targets, at)
		if !ok {
			continue
		}
		targets = append(targets, path)
		if relation, ok := relationOf(am.Source); ok {
			m.References = append(m.References, Reference{Relation: relation, Path: path})
			continue
		}
		def, _ := target.attribute(am.TargetAttributeName)
		a, ok := c.attribute(m, am, newAttribute(am, path, def), at)
		if !ok {
			continue
		}
		m.Disables = m.Disables || a.softDeletion
		m.attributes = append(m.attributes, a)
		priorities = append(priorities, am.MatchingPriority)
	}
	if m.matching = byPriority(priorities); len(m.matching) == 0 {
		c.fault("attributeMappings", "none of them has a matchingPriority, so no object could ever be found at the target")
	}
	m.sources = m.symbols.Names()
	return m
}

// object returns what the name of a source object stands for on both sides.
func (c *compiler) object(name string) (directory.Kind, string) {
	switch {
	case strings.EqualFold(name, "User"):
		return directory.User, scim.UserType
	case strings.EqualFold(name, "Group"):
		return directory.Group, scim.GroupType
	default:
		c.fault("sourceObjectName", "%q is not an object of the source directory; it has User and Group", name)
		return "", ""
	}
}

// byPriority returns the indexes of the priorities that count, the lowest first.
func byPriority(priorities []int32) []int {
	var indexes []int
	for i, p := range priorities {
		if p > 0 {
			indexes = append(indexes, i)
		}
	}
	slices.SortStableFunc(indexes, func(i, k int) int { return cmp.Compare(priorities[i], priorities[k]) })
	return indexes
}

// definitions are the attribute definitions of an object by lower-case name.
type definitions map[string]synchronization.AttributeDefinition

func (d definitions) attribute(name string) (synchronization.AttributeDefinition, bool) {
	def, ok := d[strings.ToLower(name)]
	return def, ok
}

// definitions returns those of an object of a directory; a schema without that
// directory yields none and types stay as evaluated.
func (c *compiler) definitions(directoryName, object string) definitions {
	found := definitions{}
	for _, d := range c.schema.Directories {
		for _, o := range d.Objects {
			if d.Name != directoryName || o.Name != object {
				continue
			}
			for _, a := range o.Attributes {
				found[strings.ToLower(a.Name)] = a
			}
		}
	}
	return found
}

// target reads the target attribute's name, which no other mapping may have.
func (c *compiler) target(name string, before []scim.Path, at string) (scim.Path, bool) {
	path, err := scim.ParsePath(name)
	switch {
	case err != nil:
		c.fault(at+".targetAttributeName", "%v", err)
	case strings.EqualFold(path.String(), "id"):
		c.fault(at+".targetAttributeName", "id is the target's anchor and cannot be mapped")
	case slices.ContainsFunc(before, path.Equal):
		c.fault(at+".targetAttributeName", "%s is mapped already", name)
	default:
		return path, true
	}
	return scim.Path{}, false
}

// relationOf recognises a source that is a relation.
func relationOf(s *expression.Source) (directory.Relation, bool) {
	if s == nil || s.Type != expression.AttributeSource {
		return "", false
	}
	switch r := directory.Relation(s.Name); r {
	case directory.Manager, directory.Members, directory.Owners:
		return r, true
	default:
		return "", false
	}
}

// attribute gives an attribute its program.
func (c *compiler) attribute(m *Mapping, am synchronization.AttributeMapping, a attribute, at string) (attribute, bool) {
	if am.Source == nil {
		return a, true
	}
	program, err := expression.Compile(am.Source.Text(), expression.Options{Symbols: m.symbols})
	if err != nil {
		c.fault(at+".source", "%v", err)
		return a, false
	}
	if program.Traits().Unique && am.MatchingPriority > 0 {
		c.fault(at+".source", "SelectUniqueValue cannot stand in a matching attribute: its value has to be known before the target is asked")
		return a, false
	}
	a.run(program, m.symbols)
	return a, true
}

// operand checks that an operator can be applied to a source attribute.
func (c *compiler) operand(op Operator, name, at string, source definitions) {
	def, defined := source.attribute(name)
	switch {
	case name == "":
		c.fault(at, "it is missing")
	case defined && (def.Multivalued || def.Type == "Reference"):
		c.fault(at, "%s has several values or refers to other objects, which filters cannot compare", name)
	case defined && def.Type != "" && !slices.Contains(op.Types, def.Type):
		c.fault(at, "%s is of type %s; %s compares %s", name, def.Type, op.Name, strings.Join(op.Types, " and "))
	}
}
