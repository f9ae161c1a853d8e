package scim

import (
	"maps"
	"slices"
	"strings"
)

// Normalize checks the body of a POST or PUT against the schemas of the type and
// returns it as a server stores it: attribute names as the schema spells them,
// values of the schema's types, nothing that is null or empty, none of what only
// the server writes (id, meta, groups), and schemas naming the core schema and the
// extensions that have values.  It does not change r.
//
// Errors are [InvalidSyntax] for what the schemas do not know, in mode Strict only,
// and [InvalidValue] for a value of the wrong type or a required one that is
// missing.
func (t *Type) Normalize(r Resource, m Mode) (Resource, error) {
	n := normalizer{t, coercer{m}, make(Resource, len(r)+1)}
	if m == Strict {
		if err := t.checkSchemas(r); err != nil {
			return nil, err
		}
	}
	for _, k := range slices.Sorted(maps.Keys(r)) {
		if err := n.member(k, r[k]); err != nil {
			return nil, err
		}
	}
	t.nameSchemas(n.out)
	return n.out, t.checkRequired(n.out)
}

type normalizer struct {
	*Type
	coercer

	out Resource
}

func (n normalizer) member(name string, v any) error {
	if strings.EqualFold(name, "schemas") {
		return nil
	}
	if hasPrefixFold(name, "urn:") {
		return n.extensionObject(name, v)
	}
	a, ok := n.index[indexKey("", name)]
	if !ok {
		return n.unknown("the type %s has no attribute %q", n.name, name)
	}
	return n.set(n.out, a, v)
}

func (n normalizer) set(into map[string]any, a Attribute, v any) error {
	if a.Mutability == ReadOnly {
		return nil
	}
	v, err := n.values(a, v)
	if err == nil && v != nil {
		into[a.Name] = v
	}
	return err
}

func (n normalizer) extensionObject(urn string, v any) error {
	s, known := n.extension(urn)
	obj, ok := object(v)
	switch {
	case v == nil:
		return nil
	case !ok:
		return badRequest(InvalidValue, "the extension %s needs an object", urn)
	case !known && n.mode == Tolerant:
		n.out[urn] = cloneObject(obj)
		return nil
	case !known:
		return n.unknown("the type %s has no extension %q", n.name, urn)
	}
	into := map[string]any{}
	for _, k := range slices.Sorted(maps.Keys(obj)) {
		a, ok := attribute(s.Attributes, k)
		if !ok {
			if err := n.unknown("the extension %s has no attribute %q", s.ID, k); err != nil {
				return err
			}
			continue
		}
		if err := n.set(into, a, obj[k]); err != nil {
			return err
		}
	}
	if len(into) > 0 {
		n.out[s.ID] = into
	}
	return nil
}

// unknown is an error to a strict server and nothing to a tolerant one.
func (n normalizer) unknown(format string, args ...any) error {
	if n.mode == Tolerant {
		return nil
	}
	return badRequest(InvalidSyntax, format, args...)
}

// checkSchemas demands that schemas names the core schema, every extension that is
// used, and nothing unknown (RFC 7643 section 3.1).
func (t *Type) checkSchemas(r Resource) error {
	v, _ := field(r, "schemas")
	listed := map[string]bool{}
	for _, e := range elements(plain(v)) {
		s, _ := e.(string)
		if _, known := t.extension(s); !known && !strings.EqualFold(s, t.core.ID) {
			return badRequest(InvalidSyntax, "schemas names %q, which the type %s does not use", s, t.name)
		}
		listed[strings.ToLower(s)] = true
	}
	for _, urn := range append(extensions(r), t.core.ID) {
		if !listed[strings.ToLower(urn)] {
			return badRequest(InvalidSyntax, "schemas does not name %s", urn)
		}
	}
	return nil
}

func (t *Type) nameSchemas(r Resource) {
	schemas := []any{t.core.ID}
	for _, urn := range extensions(r) {
		schemas = append(schemas, urn)
	}
	r["schemas"] = schemas
}

func (t *Type) checkRequired(r Resource) error {
	for _, a := range t.core.Attributes {
		if v := r[a.Name]; a.Required && (!assigned(v) || v == "") {
			return badRequest(InvalidValue, "%s is required and has no value", a.Name)
		}
	}
	return nil
}
