package mapping

import (
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/synchronization"
)

// definitions are the attributes of one object of a directory.
type definitions struct {
	byName map[string]synchronization.AttributeDefinition
	// open: names that are not among them are allowed, because nobody said which
	// there are.
	open bool
	// object and directory are for messages.
	object, directory string
}

func define(object synchronization.ObjectDefinition, in string) definitions {
	d := definitions{byName: map[string]synchronization.AttributeDefinition{}, object: object.Name, directory: in, open: len(object.Attributes) == 0}
	d.add(object.Attributes)
	return d
}

// add defines what is not defined yet.
func (d definitions) add(attributes []synchronization.AttributeDefinition) {
	for _, a := range attributes {
		if _, defined := d.byName[a.Name]; !defined {
			d.byName[a.Name] = a
		}
	}
}

// spelled returns a name in the spelling of the definitions, in which values are
// looked up; one that they lack stays as it is.
func (d definitions) spelled(name string) string {
	if _, ok := d.byName[name]; ok {
		return name
	}
	for other := range d.byName {
		if strings.EqualFold(other, name) {
			return other
		}
	}
	return name
}

// attribute returns the definition of an attribute.
func (d definitions) attribute(name string) (synchronization.AttributeDefinition, bool) {
	def, ok := d.byName[name]
	return def, ok
}

// knows reports whether the object may have an attribute of the name. Directory
// extensions are known by their form: a schema need not list them.
func (d definitions) knows(name string) bool {
	_, ok := d.byName[name]
	return ok || d.open || synchronization.IsDirectoryExtension(name)
}

// names are the attributes that an expression may use, nil when it may use any.
func (d definitions) names(text string) []string {
	if d.open {
		return nil
	}
	names := make([]string, 0, len(d.byName))
	for name := range d.byName {
		names = append(names, name)
	}
	for part := range strings.SplitSeq(text, "[") {
		if name, _, ok := strings.Cut(part, "]"); ok && synchronization.IsDirectoryExtension(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// source returns the attributes of the mapped object. Those of the built-in directory
// are known whether the schema lists them or not.
func (c *compiler) source(rule synchronization.Rule, om synchronization.ObjectMapping) definitions {
	dir := directoryOf(c.schema, rule.SourceDirectoryName)
	object, defined := dir.Object(om.SourceObjectName)
	if !defined && len(dir.Objects) > 0 && !dir.BuiltIn() {
		c.fault("sourceObjectName", "the directory %q has no object %q", dir.Name, om.SourceObjectName)
	}
	d := define(object, dir.Name)
	if !dir.BuiltIn() {
		return d
	}
	for _, o := range synchronization.BuiltInObjects() {
		if strings.EqualFold(o.Name, om.SourceObjectName) {
			d.add(append(o.Attributes, synchronization.AttributeDefinition{Name: "id", Type: "String"}))
			d.open, d.object = false, o.Name
		}
	}
	return d
}

// target returns the attributes of the object that is written.
func (c *compiler) target(rule synchronization.Rule, om synchronization.ObjectMapping) definitions {
	dir := directoryOf(c.schema, rule.TargetDirectoryName)
	object, defined := dir.Object(om.TargetObjectName)
	if !defined && len(dir.Objects) > 0 {
		c.fault("targetObjectName", "the directory %q has no object %q", dir.Name, om.TargetObjectName)
	}
	return define(object, dir.Name)
}

// written returns the definition of a target attribute. Names are compared as paths.
// What RFC 7643 defines for users and groups need not be listed, nor the attributes of
// an extension of which none is: its URN says whose they are.
func (d definitions) written(name string, path scim.Path) (synchronization.AttributeDefinition, bool) {
	if def, ok := d.byName[name]; ok {
		return def, true
	}
	unlisted := path.Extension() != "" && !strings.EqualFold(path.Extension(), scim.EnterpriseUserURN)
	for other, def := range d.byName {
		p, err := scim.ParsePath(other)
		if err == nil && p.Equal(path) {
			return def, true
		}
		unlisted = unlisted && (err != nil || !strings.EqualFold(p.Extension(), path.Extension()))
	}
	return synchronization.AttributeDefinition{}, d.open || unlisted || standard(path)
}

// standard reports whether RFC 7643 defines the attribute that a path names.
func standard(path scim.Path) bool {
	for _, t := range []*scim.Type{scim.NewUserType(), scim.NewGroupType()} {
		if _, ok := t.Attribute(path); ok {
			return true
		}
	}
	return false
}
