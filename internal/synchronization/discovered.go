package synchronization

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/scim"
)

// Discovered is what was found out about a directory, object by object.
type Discovered struct {
	Objects []ObjectDefinition
	// Activity names the discovery in the version of the directory.
	Activity string
	At       time.Time
}

// allDiscoverable are the discoverabilities of a directory that describes itself.
// No blanks: some generated clients split at commas without trimming.
const allDiscoverable = "AttributeNames,AttributeDataTypes,AttributeReadOnly,ReferenceAttributes"

// Merge returns the directory with what was discovered. Of an attribute that both
// have the discovery tells type, mutability, case, need, number and references; what
// an administrator added and the directory does not tell stays.
func (d DirectoryDefinition) Merge(found Discovered) DirectoryDefinition {
	at := found.At.UTC()
	version := fmt.Sprintf("Date:%s, ActivityId:%s", at.Format("2006-01-02T15:04:05.0000000Z"), found.Activity)
	d.Version, d.DiscoveryDateTime = &version, &at
	if d.Discoverabilities == "" || d.Discoverabilities == "None" {
		d.Discoverabilities = allDiscoverable
	}
	d.Objects = slices.Clone(d.Objects)
	for _, o := range found.Objects {
		i := slices.IndexFunc(d.Objects, func(have ObjectDefinition) bool { return strings.EqualFold(have.Name, o.Name) })
		if i < 0 {
			d.Objects = append(d.Objects, o)
			continue
		}
		d.Objects[i] = d.Objects[i].merge(o)
	}
	return d
}

func (o ObjectDefinition) merge(found ObjectDefinition) ObjectDefinition {
	o.Attributes = slices.Clone(o.Attributes)
	for _, a := range found.Attributes {
		i := slices.IndexFunc(o.Attributes, func(have AttributeDefinition) bool { return sameAttribute(have.Name, a.Name) })
		if i < 0 {
			o.Attributes = append(o.Attributes, a)
			continue
		}
		have := &o.Attributes[i]
		have.Type, have.Mutability, have.CaseExact, have.Required, have.Multivalued = a.Type, a.Mutability, a.CaseExact, a.Required, a.Multivalued
		if len(a.ReferencedObjects) > 0 && len(have.ReferencedObjects) == 0 {
			have.ReferencedObjects = a.ReferencedObjects
		}
	}
	return o
}

// sameAttribute compares two names as paths, so that an attribute of the core schema
// is the same with its URN and without.
func sameAttribute(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	p, err := scim.ParsePath(a)
	if err != nil {
		return false
	}
	q, err := scim.ParsePath(b)
	return err == nil && p.Equal(q)
}

// SCIMObject is one resource type of a SCIM service under the name that a schema has
// for it.
type SCIMObject struct {
	Name       string // of the object in the directory
	Core       scim.Schema
	Extensions []scim.Schema
	// References gives the names of the objects that a resource type stands for, such
	// as User; a type that is missing is named as the service does.
	References map[string]string
}

// Definition describes the resource type as a directory does: complex attributes by
// their parts, values of a multi-valued attribute by their canonical types, as in
// emails[type eq "work"].value.
func (o SCIMObject) Definition() ObjectDefinition {
	id := anchor("id")
	id.Mutability, id.Required = "ReadOnly", true
	external := typed("externalId", "String")
	external.CaseExact = true
	definition := ObjectDefinition{Name: o.Name, Attributes: []AttributeDefinition{id, external}}
	for _, s := range append([]scim.Schema{o.Core}, o.Extensions...) {
		prefix := ""
		if s.ID != o.Core.ID {
			prefix = s.ID + ":"
		}
		for _, a := range s.Attributes {
			definition = definition.with(o.attributes(prefix, a))
		}
	}
	return definition
}

// with returns the object with the attributes that are not there yet: some services
// list id and externalId among the attributes of a schema.
func (o ObjectDefinition) with(attributes []AttributeDefinition) ObjectDefinition {
	for _, a := range attributes {
		if a.Name == "meta" || a.Name == "schemas" || strings.HasPrefix(a.Name, "meta.") {
			continue
		}
		if !slices.ContainsFunc(o.Attributes, func(have AttributeDefinition) bool { return sameAttribute(have.Name, a.Name) }) {
			o.Attributes = append(o.Attributes, a)
		}
	}
	return o
}

func (o SCIMObject) attributes(prefix string, a scim.Attribute) []AttributeDefinition {
	whole := o.attribute(prefix+a.Name, a, a)
	switch {
	case a.Type != scim.ComplexType || len(a.SubAttributes) == 0, whole.Type == "Reference":
		return []AttributeDefinition{whole}
	case !a.MultiValued:
		return o.parts(prefix+a.Name, a)
	}
	var all []AttributeDefinition
	for _, selector := range selectors(a) {
		all = append(all, o.parts(prefix+a.Name+selector, a)...)
	}
	whole.Type = "String"
	return append([]AttributeDefinition{whole}, all...)
}

// selectors are the value filters by which the values of a multi-valued attribute
// can be mapped one by one: by each canonical type, else by which is primary.
func selectors(a scim.Attribute) []string {
	var filters []string
	for _, kind := range canonicalTypes(a) {
		filters = append(filters, fmt.Sprintf("[type eq %q]", kind))
	}
	if len(filters) == 0 && slices.ContainsFunc(a.SubAttributes, func(s scim.Attribute) bool { return strings.EqualFold(s.Name, "primary") }) {
		filters = append(filters, `[primary eq "True"]`)
	}
	return filters
}

// canonicalTypes are the types that the service names, else those of RFC 7643
// section 4.1.2.
func canonicalTypes(a scim.Attribute) []string {
	at := slices.IndexFunc(a.SubAttributes, func(s scim.Attribute) bool { return strings.EqualFold(s.Name, "type") })
	if at < 0 {
		return nil
	}
	if named := a.SubAttributes[at].CanonicalValues; len(named) > 0 {
		return named
	}
	switch strings.ToLower(a.Name) {
	case "emails", "addresses":
		return []string{"work", "home", "other"}
	case "phonenumbers":
		return []string{"work", "home", "mobile", "fax", "pager", "other"}
	default:
		return nil
	}
}

// parts are the sub-attributes that carry values; type and primary are what the
// filter selects by, and $ref is the server's.
func (o SCIMObject) parts(base string, a scim.Attribute) []AttributeDefinition {
	var parts []AttributeDefinition
	byType := strings.Contains(base, "[type eq")
	for _, s := range a.SubAttributes {
		name := strings.ToLower(s.Name)
		if name == "$ref" || a.MultiValued && (name == "primary" || byType && name == "type") {
			continue
		}
		d := o.attribute(base+"."+s.Name, s, a)
		d.Required = d.Required && a.Required
		parts = append(parts, d)
	}
	return parts
}

// attribute describes one attribute within the attribute that holds it, which is
// itself where there is none.
func (o SCIMObject) attribute(name string, a, holder scim.Attribute) AttributeDefinition {
	d := typed(name, attributeType(a))
	d.CaseExact, d.Required, d.Multivalued = a.CaseExact, a.Required, a.MultiValued
	d.Mutability = mutability(a, holder)
	for _, kind := range referenceTypes(a) {
		target, known := o.References[kind]
		if !known {
			target = kind
		}
		d.Type = "Reference"
		d.ReferencedObjects = append(d.ReferencedObjects, ReferencedObject{ReferencedObjectName: target})
	}
	return d
}

// referenceTypes are the resource types that an attribute points to, itself or by
// its sub-attribute $ref; a URI of something else points to none.
func referenceTypes(a scim.Attribute) []string {
	types := a.ReferenceTypes
	for _, s := range a.SubAttributes {
		if strings.EqualFold(s.Name, "$ref") {
			types = append(slices.Clone(types), s.ReferenceTypes...)
		}
	}
	types = slices.DeleteFunc(slices.Clone(types), func(t string) bool {
		return strings.EqualFold(t, "uri") || strings.EqualFold(t, "external") || t == ""
	})
	slices.Sort(types)
	return slices.Compact(types)
}

func attributeType(a scim.Attribute) string {
	switch strings.ToLower(string(a.Type)) {
	case "boolean":
		return "Boolean"
	case "integer":
		return "Integer"
	case "datetime":
		return "DateTime"
	case "binary":
		return "Binary"
	default:
		return "String"
	}
}

func mutability(a, holder scim.Attribute) string {
	switch {
	case strings.EqualFold(a.Mutability, scim.ReadOnly), strings.EqualFold(holder.Mutability, scim.ReadOnly):
		return "ReadOnly"
	case strings.EqualFold(a.Mutability, scim.Immutable), strings.EqualFold(holder.Mutability, scim.Immutable):
		return "Immutable"
	case strings.EqualFold(a.Mutability, scim.WriteOnly), strings.EqualFold(holder.Mutability, scim.WriteOnly):
		return "WriteOnly"
	default:
		return "ReadWrite"
	}
}
