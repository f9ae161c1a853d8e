package scim

import "strings"

// Schema describes a set of attributes (RFC 7643 section 7).
type Schema struct {
	ID          string      `json:"id"` // the schema's URN
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Attributes  []Attribute `json:"attributes"`
}

// Attribute describes one attribute (RFC 7643 section 2.2 and 7).
type Attribute struct {
	Name            string        `json:"name"`
	Type            AttributeType `json:"type"`
	MultiValued     bool          `json:"multiValued"`
	Description     string        `json:"description,omitempty"`
	Required        bool          `json:"required"`
	CanonicalValues []string      `json:"canonicalValues,omitempty"`
	CaseExact       bool          `json:"caseExact"`
	Mutability      string        `json:"mutability"` // readOnly, readWrite, immutable, writeOnly
	Returned        string        `json:"returned"`   // always, never, default, request
	Uniqueness      string        `json:"uniqueness"` // none, server, global
	ReferenceTypes  []string      `json:"referenceTypes,omitempty"`
	SubAttributes   []Attribute   `json:"subAttributes,omitempty"`
}

// AttributeType is a data type of RFC 7643 section 2.3.
type AttributeType string

// The data types.
const (
	StringType    AttributeType = "string"
	BooleanType   AttributeType = "boolean"
	DecimalType   AttributeType = "decimal"
	IntegerType   AttributeType = "integer"
	DateTimeType  AttributeType = "dateTime"
	BinaryType    AttributeType = "binary"
	ReferenceType AttributeType = "reference"
	ComplexType   AttributeType = "complex"
)

// Characteristics of attributes (RFC 7643 section 7).
const (
	ReadOnly       = "readOnly"
	ReadWrite      = "readWrite"
	Immutable      = "immutable"
	WriteOnly      = "writeOnly"
	ReturnAlways   = "always"
	ReturnNever    = "never"
	ReturnDefault  = "default"
	ReturnRequest  = "request"
	UniqueNone     = "none"
	UniqueInServer = "server"
)

// attribute finds a definition by name without regard to case.
func attribute(list []Attribute, name string) (Attribute, bool) {
	for _, a := range list {
		if strings.EqualFold(a.Name, name) {
			return a, true
		}
	}
	return Attribute{}, false
}

// Type is a resource type together with the schemas that its resources use.  It is
// immutable and safe for concurrent use.
type Type struct {
	name       string
	endpoint   string
	core       Schema
	extensions []Schema
	index      map[string]Attribute // by extension URN, blank, attribute, all in lower case
}

// NewType returns the resource type with its core schema and extensions.  The
// attributes id, externalId, meta and schemas that every resource has (RFC 7643
// section 3.1) need not be listed.
func NewType(name, endpoint string, core Schema, extensions ...Schema) *Type {
	t := &Type{name: name, endpoint: endpoint, core: core, extensions: extensions, index: map[string]Attribute{}}
	for _, a := range commonAttributes() {
		t.index[indexKey("", a.Name)] = a
	}
	for _, a := range core.Attributes {
		t.index[indexKey("", a.Name)] = a
	}
	for _, s := range extensions {
		for _, a := range s.Attributes {
			t.index[indexKey(s.ID, a.Name)] = a
		}
	}
	return t
}

// NewUserType returns the type User with the enterprise extension and any others.
func NewUserType(extensions ...Schema) *Type {
	return NewType(UserType, "/Users", UserSchema(), append([]Schema{EnterpriseUserSchema()}, extensions...)...)
}

// NewGroupType returns the type Group with any extensions.
func NewGroupType(extensions ...Schema) *Type {
	return NewType(GroupType, "/Groups", GroupSchema(), extensions...)
}

func indexKey(urn, attr string) string {
	return strings.ToLower(urn) + " " + strings.ToLower(attr)
}

// Name returns "User" or "Group".
func (t *Type) Name() string { return t.name }

// Endpoint returns the path below the base URL, such as "/Users".
func (t *Type) Endpoint() string { return t.endpoint }

// Schemas returns the core schema and the extensions.
func (t *Type) Schemas() []Schema { return append([]Schema{t.core}, t.extensions...) }

// Attribute returns the definition of the attribute or sub-attribute that p names.
func (t *Type) Attribute(p Path) (Attribute, bool) {
	a, ok := t.base(p)
	if ok && p.sub != "" {
		return attribute(a.SubAttributes, p.sub)
	}
	return a, ok
}

// base returns the definition of the attribute without its sub-attribute.
func (t *Type) base(p Path) (Attribute, bool) {
	a, ok := t.index[indexKey(p.Extension(), p.attr)]
	return a, ok && (p.Extension() != "" || p.urn == "" || strings.EqualFold(p.urn, t.core.ID))
}

// extension finds an extension by its URN.
func (t *Type) extension(urn string) (Schema, bool) {
	for _, s := range t.extensions {
		if strings.EqualFold(s.ID, urn) {
			return s, true
		}
	}
	return Schema{}, false
}

// CaseExact reports whether the values of an attribute, named by its path without
// value filter, are compared with regard to case.  It is made for [Filter.Match].
// Values of attributes that no schema describes are compared without.
func (t *Type) CaseExact(attr string) bool {
	p, err := ParsePath(attr)
	if err != nil {
		return false
	}
	a, ok := t.base(p)
	if !ok {
		return false
	}
	sub := p.sub
	if sub == "" && a.Type == ComplexType {
		sub = "value"
	}
	if sub != "" {
		a, _ = attribute(a.SubAttributes, sub)
	}
	return a.CaseExact
}
