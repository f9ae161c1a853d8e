package synchronization

import (
	"maps"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/scim"
)

// BuiltIn reports whether the directory is the one that this service keeps.
func (d DirectoryDefinition) BuiltIn() bool {
	return strings.EqualFold(d.ID, sourceDirectoryID) || strings.EqualFold(d.Name, SourceDirectory) || strings.EqualFold(d.Name, "Microsoft Entra ID")
}

// Object returns an object of the directory by its name, ignoring case.
func (d DirectoryDefinition) Object(name string) (ObjectDefinition, bool) {
	for _, o := range d.Objects {
		if strings.EqualFold(o.Name, name) {
			return o, true
		}
	}
	return ObjectDefinition{}, false
}

// Directory returns a directory by its id or, as people write it, by its name. The
// error is errs.NotFound and names those there are.
func (s Schema) Directory(id string) (DirectoryDefinition, error) {
	if i := s.directoryIndex(id); i >= 0 {
		return s.Directories[i], nil
	}
	var known []string
	for _, d := range s.Directories {
		known = append(known, d.ID+" ("+d.Name+")")
	}
	return DirectoryDefinition{}, errs.New(errs.NotFound, "Request_ResourceNotFound",
		"The schema %s has no directory %.200q; it has %s.", s.ID, id, orNone(strings.Join(known, ", ")))
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func (s Schema) directoryIndex(id string) int {
	if i := slices.IndexFunc(s.Directories, func(d DirectoryDefinition) bool { return id != "" && strings.EqualFold(d.ID, id) }); i >= 0 {
		return i
	}
	return slices.IndexFunc(s.Directories, func(d DirectoryDefinition) bool { return id != "" && strings.EqualFold(d.Name, id) })
}

// AddDirectory returns the schema with one more directory. It must have an id that no
// other has, and a name of its own: errs.Invalid or errs.Conflict.
func (s Schema) AddDirectory(d DirectoryDefinition) (Schema, error) {
	if d.ID == "" || d.Name == "" {
		return s, errs.New(errs.Invalid, "RequestParameterInvalid", "A directory needs an id and a name.")
	}
	for _, taken := range []string{d.ID, d.Name} {
		if s.directoryIndex(taken) >= 0 {
			return s, errs.New(errs.Conflict, "Conflict", "The schema %s has a directory %q already. PATCH that one, or choose another name.", s.ID, taken)
		}
	}
	s.Directories = append(slices.Clone(s.Directories), d)
	return s, nil
}

// WithDirectory returns the schema with d in the place of the directory of the same
// id. errs.NotFound when there is none; errs.Conflict when its name is taken by
// another, errs.Invalid when rules use the name that it gives up.
func (s Schema) WithDirectory(d DirectoryDefinition) (Schema, error) {
	before, err := s.Directory(d.ID)
	if err != nil {
		return s, err
	}
	at := s.directoryIndex(d.ID)
	if other := s.directoryIndex(d.Name); other >= 0 && other != at {
		return s, errs.New(errs.Conflict, "Conflict", "The schema %s has another directory of the name %q.", s.ID, d.Name)
	}
	if rule, used := s.ruleUsing(before.Name); used && before.Name != d.Name {
		return s, errs.New(errs.Invalid, "RequestParameterInvalid",
			"The rule %q names the directory %q, so it cannot become %q. PUT the whole schema to change both.", rule, before.Name, d.Name)
	}
	s.Directories = slices.Clone(s.Directories)
	s.Directories[at] = d
	return s, nil
}

// WithoutDirectory returns the schema without a directory. errs.NotFound when there
// is none; errs.Invalid when a rule uses it.
func (s Schema) WithoutDirectory(id string) (Schema, error) {
	d, err := s.Directory(id)
	if err != nil {
		return s, err
	}
	if rule, used := s.ruleUsing(d.Name); used {
		return s, errs.New(errs.Invalid, "RequestParameterInvalid",
			"The rule %q synchronizes the directory %q, so it cannot be deleted. PUT the whole schema to change both.", rule, d.Name)
	}
	at := s.directoryIndex(id)
	s.Directories = slices.Delete(slices.Clone(s.Directories), at, at+1)
	return s, nil
}

func (s Schema) ruleUsing(directoryName string) (string, bool) {
	for _, r := range s.Rules {
		if r.SourceDirectoryName == directoryName || r.TargetDirectoryName == directoryName {
			return r.Name, true
		}
	}
	return "", false
}

// TargetObjectName returns the name under which the directory has a resource type:
// that of a mapping onto it, else that of an object that is called after one of its
// schemas or after the type, else the URN that the default schema would use.
func (s Schema) TargetObjectName(d DirectoryDefinition, resourceType string, o SCIMObject) string {
	urns := []string{resourceType, o.Core.ID}
	name := o.Core.ID
	for _, e := range o.Extensions {
		urns = append(urns, e.ID)
		if strings.EqualFold(e.ID, scim.EnterpriseUserURN) {
			name = scim.EnterpriseUserURN
		}
	}
	stands := func(object string) bool {
		return slices.ContainsFunc(urns, func(u string) bool { return strings.EqualFold(u, object) })
	}
	for _, r := range s.Rules {
		for _, m := range r.ObjectMappings {
			if r.TargetDirectoryName == d.Name && stands(m.TargetObjectName) {
				return m.TargetObjectName
			}
		}
	}
	for _, have := range d.Objects {
		if stands(have.Name) {
			return have.Name
		}
	}
	return name
}

// BuiltInObjects returns what the built-in directory has: users and groups with every
// attribute that a mapping or a filter may name, but directory extensions.
func BuiltInObjects() []ObjectDefinition { return []ObjectDefinition{sourceUser(), sourceGroup()} }

// IsDirectoryExtension reports whether a source attribute is a directory extension by
// its form, extension_<appId without dashes>_<name>.
func IsDirectoryExtension(name string) bool {
	rest, ok := strings.CutPrefix(name, "extension_")
	app, attribute, two := strings.Cut(rest, "_")
	return ok && two && app != "" && attribute != ""
}

// ExtensionAttributes describes directory extensions, each by one value that it has,
// in the order of their names.
func ExtensionAttributes(values map[string]any) []AttributeDefinition {
	var attributes []AttributeDefinition
	for _, name := range slices.Sorted(maps.Keys(values)) {
		a := typed(name, "String")
		switch values[name].(type) {
		case bool:
			a.Type = "Boolean"
		case float64:
			a.Type = "Integer"
		case []any:
			a.Multivalued = true
		}
		a.Metadata = []MetadataEntry{{Key: "IsCustomerDefined", Value: "true"}}
		attributes = append(attributes, a)
	}
	return attributes
}
