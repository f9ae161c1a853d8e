package mapping

import (
	"errors"
	"fmt"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/synchronization"
)

// Compile checks a schema and compiles the enabled object mappings of the rules that
// can be run here: those from the built-in directory to a SCIM application. Other
// rules, as of a schema that was exported from another service, are checked as far as
// the schema itself tells, and left out; [Runnable] says so.
//
// It returns an errs.Invalid error that lists all faults with their JSON paths.
func Compile(s synchronization.Schema) ([]*Mapping, error) {
	c := compiler{schema: s}
	c.directories()
	var mappings []*Mapping
	for i, rule := range s.Rules {
		at := fmt.Sprintf("synchronizationRules[%d]", i)
		c.rule(rule, i)
		for k, om := range rule.ObjectMappings {
			if !om.Enabled {
				continue
			}
			c.at = fmt.Sprintf("%s.objectMappings[%d]", at, k)
			if m := c.mapping(rule, om); runs(s, rule) {
				mappings = append(mappings, m)
			}
		}
	}
	return mappings, faulty(c.faults)
}

// faulty is the error of a schema that has faults, nil without any.
func faulty(faults []errs.Detail) error {
	if len(faults) == 0 {
		return nil
	}
	first, _, _ := strings.Cut(faults[0].Message, "\n") // without the line and the caret
	return errs.New(errs.Invalid, "RequestParameterInvalid",
		"The schema has %d fault(s); the first: %s: %s.", len(faults), faults[0].Target, first).WithTarget(faults[0].Target).WithDetails(faults...)
}

// Runnable says, as an errs.Invalid error, why a schema that is sound cannot be run
// here; nil when some rule can.
func Runnable(s synchronization.Schema) error {
	for _, rule := range s.Rules {
		if runs(s, rule) {
			return nil
		}
	}
	if len(s.Rules) == 0 {
		return errs.New(errs.Invalid, "RequestParameterInvalid", "The job's schema has no synchronization rule, so there is nothing to do. PUT a schema, or DELETE it to have the default one again.")
	}
	return errs.New(errs.Invalid, "RequestParameterInvalid",
		"The job cannot be started: it synchronizes from %q into %q, and jobs run here from %q to a SCIM application. Its schema can be read and changed.",
		s.Rules[0].SourceDirectoryName, s.Rules[0].TargetDirectoryName, synchronization.SourceDirectory)
}

// runs reports whether a rule goes from the built-in directory to an application;
// cross-tenant synchronization names its target after the source.
func runs(s synchronization.Schema, rule synchronization.Rule) bool {
	target := directoryOf(s, rule.TargetDirectoryName)
	return directoryOf(s, rule.SourceDirectoryName).BuiltIn() && !target.BuiltIn() && !strings.HasPrefix(target.Name, synchronization.SourceDirectory)
}

// directoryOf returns a directory of the schema; one that it does not define has its
// name and nothing else.
func directoryOf(s synchronization.Schema, name string) synchronization.DirectoryDefinition {
	for _, d := range s.Directories {
		if d.Name == name {
			return d
		}
	}
	return synchronization.DirectoryDefinition{Name: name}
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
	m.Kind, m.ResourceType = c.object(rule, om.SourceObjectName)
	source, target := c.source(rule, om), c.target(rule, om)
	m.scope = c.scope(om.Scope, source)
	var targets []scim.Path
	var join matching
	for i, am := range om.AttributeMappings {
		at := fmt.Sprintf("attributeMappings[%d]", i)
		c.words(am, at)
		path, ok := c.path(am.TargetAttributeName, targets, at, !runs(c.schema, rule))
		if !ok {
			continue
		}
		targets = append(targets, path)
		def := c.targetAttribute(target, am, path, at)
		if relation, ok := relationOf(am.Source); ok {
			m.References = append(m.References, newReference(relation, am, path, def))
			c.reference(am, def, relation, at)
			continue
		}
		a, ok := c.attribute(m, am, newAttribute(am, path, def), at, source)
		if !ok {
			continue
		}
		c.join(&join, am, def, len(m.attributes), at)
		m.Disables = m.Disables || a.softDeletion
		m.attributes = append(m.attributes, a)
	}
	if m.matching = join.order(); len(m.matching) == 0 {
		c.fault("attributeMappings", "none of them has a matchingPriority, so no object could ever be found at the target")
	}
	m.sources, m.layout = m.symbols.Names(), layoutOf(m.attributes)
	return m
}

// object returns what the name of a source object stands for on both sides.
func (c *compiler) object(rule synchronization.Rule, name string) (directory.Kind, string) {
	switch {
	case strings.EqualFold(name, "User"):
		return directory.User, scim.UserType
	case strings.EqualFold(name, "Group"):
		return directory.Group, scim.GroupType
	case !runs(c.schema, rule):
		return "", "" // a foreign directory has objects of its own
	default:
		c.fault("sourceObjectName", "%q is not an object of the source directory; it has User and Group", name)
		return "", ""
	}
}

// relationOf recognises a source that is a relation.
func relationOf(s *expression.Source) (directory.Relation, bool) {
	if s == nil || s.Type != expression.AttributeSource {
		return "", false
	}
	return relationNamed(s.Name)
}

func relationNamed(attribute string) (directory.Relation, bool) {
	switch r := directory.Relation(strings.ToLower(attribute)); r {
	case directory.Manager, directory.Members, directory.Owners:
		return r, true
	default:
		return "", false
	}
}

// attribute gives an attribute its program.
func (c *compiler) attribute(m *Mapping, am synchronization.AttributeMapping, a attribute, at string, source definitions) (attribute, bool) {
	if am.Source == nil {
		return a, true
	}
	text := am.Source.Text()
	program, err := expression.Compile(text, expression.Options{Symbols: m.symbols, Attributes: source.names(text)})
	if err != nil {
		c.expressionFaults(at, err)
		return a, false
	}
	for _, name := range program.Attributes() {
		if _, relation := relationNamed(name); relation {
			c.fault(at+".source", "%s refers to other objects; it can be mapped as it is, [%s], and not stand in an expression", name, name)
			return a, false
		}
	}
	if program.Traits().Unique && am.MatchingPriority > 0 {
		c.fault(at+".source", "SelectUniqueValue cannot stand in a matching attribute: its value has to be known before the target is asked")
		return a, false
	}
	a.run(program, m.symbols)
	a.clears = am.MatchingPriority == 0 && !a.plural && (a.clears || source.byName[a.directName(m)].FlowNullValues)
	c.plural(a, am, source, at)
	return a, true
}

// expressionFaults names each fault of an expression with the line and a caret.
func (c *compiler) expressionFaults(at string, err error) {
	faults, ok := errors.AsType[expression.Errors](err)
	if !ok {
		c.fault(at+".source.expression", "%v", err)
		return
	}
	for _, f := range faults {
		c.fault(at+".source.expression", "%s", f.Pretty())
	}
}
