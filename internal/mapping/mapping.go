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

// Mapping is one object mapping, compiled.
type Mapping struct {
	Kind         directory.Kind // source object type
	ResourceType string         // target: scim.UserType or scim.GroupType
	Flow         synchronization.FlowTypes
	// Disables reports that some attribute depends on IsSoftDeleted, so that an
	// account can be disabled by an update.
	Disables bool
	// References are the attributes that point to other objects; they are written
	// after both ends exist.
	References []Reference

	scope      scope
	attributes []attribute
	matching   []int // indexes of attributes, by matching priority
	symbols    *expression.Symbols
	sources    []string // source attribute of each slot
}

// Reference is an attribute mapping whose source is a relation of the directory.
type Reference struct {
	Relation directory.Relation
	Path     scim.Path
}

// attribute is one attribute mapping, compiled.
type attribute struct {
	path         scim.Path
	element      scim.Path // path up to its value filter; meaningful where it has one
	name         string    // path as the schema spells it
	program      *expression.Program
	fallback     any // default value, on create; nil when there is none
	createOnly   bool
	caseExact    bool
	kind         string // attributeType of the target attribute
	multivalued  bool
	softDeletion bool // depends on IsSoftDeleted
}

// Compile compiles the enabled object mappings of every rule of s that reads the
// schema's read-only source directory. It returns an errs.Invalid error that lists
// all faults with their JSON paths.
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
	m := &Mapping{Flow: om.FlowTypes, symbols: expression.NewSymbols()}
	switch {
	case strings.EqualFold(om.SourceObjectName, "User"):
		m.Kind, m.ResourceType = directory.User, scim.UserType
	case strings.EqualFold(om.SourceObjectName, "Group"):
		m.Kind, m.ResourceType = directory.Group, scim.GroupType
	default:
		c.fault("sourceObjectName", "%q is not an object of the source directory; it has User and Group", om.SourceObjectName)
	}
	m.scope = compileScope(om.Scope, c.fault)
	target := c.definitions(rule.TargetDirectoryName, om.TargetObjectName)
	type priority struct {
		rank  int32
		index int
	}
	var matching []priority
	for i, am := range om.AttributeMappings {
		at := fmt.Sprintf("attributeMappings[%d]", i)
		if ref, ok := c.reference(am, at); ok {
			m.References = append(m.References, ref)
			continue
		}
		a, ok := c.attribute(m, am, target, at)
		if !ok {
			continue
		}
		m.Disables = m.Disables || a.softDeletion
		m.attributes = append(m.attributes, a)
		if am.MatchingPriority > 0 {
			matching = append(matching, priority{am.MatchingPriority, len(m.attributes) - 1})
		}
	}
	slices.SortStableFunc(matching, func(a, b priority) int { return cmp.Compare(a.rank, b.rank) })
	for _, p := range matching {
		m.matching = append(m.matching, p.index)
	}
	if len(m.matching) == 0 {
		c.fault("attributeMappings", "none of them has a matchingPriority, so no object could ever be found at the target")
	}
	m.sources = m.symbols.Names()
	return m
}

// definitions returns the attribute definitions of a target object by lower-case
// name; a schema without that directory yields none and types stay as evaluated.
func (c *compiler) definitions(directoryName, object string) map[string]synchronization.AttributeDefinition {
	found := map[string]synchronization.AttributeDefinition{}
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

// reference recognises a mapping whose source is a relation.
func (c *compiler) reference(am synchronization.AttributeMapping, at string) (Reference, bool) {
	if am.Source == nil || am.Source.Type != expression.AttributeSource {
		return Reference{}, false
	}
	var r directory.Relation
	switch am.Source.Name {
	case string(directory.Manager), string(directory.Members), string(directory.Owners):
		r = directory.Relation(am.Source.Name)
	default:
		return Reference{}, false
	}
	path, err := scim.ParsePath(am.TargetAttributeName)
	if err != nil {
		c.fault(at+".targetAttributeName", "%v", err)
	}
	return Reference{Relation: r, Path: path}, true
}

func (c *compiler) attribute(m *Mapping, am synchronization.AttributeMapping, target map[string]synchronization.AttributeDefinition, at string) (attribute, bool) {
	path, err := scim.ParsePath(am.TargetAttributeName)
	if err != nil {
		c.fault(at+".targetAttributeName", "%v", err)
		return attribute{}, false
	}
	def := target[strings.ToLower(am.TargetAttributeName)]
	a := attribute{
		path: path, name: am.TargetAttributeName, createOnly: am.FlowType == synchronization.FlowObjectAddOnly,
		caseExact: def.CaseExact, kind: def.Type, multivalued: def.Multivalued,
	}
	if end := strings.LastIndexByte(am.TargetAttributeName, ']'); end >= 0 {
		a.element, _ = scim.ParsePath(am.TargetAttributeName[:end+1]) // a part of what parsed above
	}
	if strings.EqualFold(am.TargetAttributeName, "id") {
		c.fault(at+".targetAttributeName", "id is the target's anchor and cannot be mapped")
		return attribute{}, false
	}
	if am.DefaultValue != nil && *am.DefaultValue != "" {
		a.fallback = a.coerce(*am.DefaultValue)
	}
	if am.Source == nil {
		return a, true
	}
	program, err := expression.Compile(sourceText(am.Source), expression.Options{Symbols: m.symbols})
	if err != nil {
		c.fault(at+".source", "%v", err)
		return attribute{}, false
	}
	a.program = program
	a.softDeletion = slices.Contains(program.Attributes(), SoftDeleted)
	return a, true
}

// sourceText returns the expression of a source: its text, or the text of the
// tree when a client sent only the tree.
func sourceText(s *expression.Source) string {
	if s.Expression != "" {
		return s.Expression
	}
	return s.Text()
}
