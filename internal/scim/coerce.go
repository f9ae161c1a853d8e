package scim

import (
	"maps"
	"slices"
	"time"
)

// Mode says how a server treats what clients send.
type Mode uint8

// The modes.  Strict, the zero Mode, refuses what RFC 7643 and RFC 7644 do not
// allow.  Tolerant also takes what Microsoft Entra sends: Booleans in words, a bare
// id for a reference, dotted keys in a path-less operation, Remove with a list of
// values, paths to elements that do not exist yet; and it drops unknown attributes.
const (
	Strict Mode = iota
	Tolerant
)

// coercer gives values the type and the spelling of their schema.
type coercer struct{ mode Mode }

// values coerces the value of an attribute, a list where the attribute is
// multi-valued.  The result is nil where nothing is assigned.
func (c coercer) values(a Attribute, v any) (any, error) {
	if !a.MultiValued {
		return c.one(a, v)
	}
	var list []any
	for _, e := range elements(plain(v)) {
		one, err := c.one(a, e)
		if err != nil {
			return nil, err
		}
		if one != nil {
			list = append(list, one)
		}
	}
	if c.mode == Strict && primaries(list) > 1 {
		return nil, badRequest(InvalidValue, "more than one value of %s is primary", a.Name)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

// one coerces a single value.
func (c coercer) one(a Attribute, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if c.mode == Tolerant {
		v = loosen(a, v)
	}
	var ok bool
	switch a.Type {
	case ComplexType:
		return c.complex(a, v)
	case BooleanType:
		_, ok = v.(bool)
	case IntegerType, DecimalType:
		ok = isNumber(a.Type, v)
	case StringType, ReferenceType, BinaryType:
		_, ok = v.(string)
	case DateTimeType:
		ok = isDateTime(v)
	default: // an attribute that no schema describes
		return cloneValue(v), nil
	}
	if !ok {
		return nil, badRequest(InvalidValue, "%s is of type %s and cannot hold %.40v", a.Name, a.Type, v)
	}
	return v, nil
}

// loosen turns Entra's forms into those of the schema.
func loosen(a Attribute, v any) any {
	if list, ok := v.([]any); ok && len(list) == 1 {
		v = list[0]
	}
	if a.Type == BooleanType {
		return asBoolean(v)
	}
	if s, ok := v.(string); ok && a.Type == ComplexType {
		if s == "" {
			return map[string]any{}
		}
		return map[string]any{"value": s}
	}
	return v
}

// complex coerces an object.  Sub-attributes that only the server writes are
// dropped; so are unknown ones by a tolerant server.
func (c coercer) complex(a Attribute, v any) (any, error) {
	obj, ok := object(v)
	if !ok {
		return nil, badRequest(InvalidValue, "%s is complex and needs an object, not %.40v", a.Name, v)
	}
	out := make(map[string]any, len(obj))
	for _, k := range slices.Sorted(maps.Keys(obj)) {
		sub, known := attribute(a.SubAttributes, k)
		if !known && c.mode == Strict {
			return nil, badRequest(InvalidValue, "%s has no sub-attribute %q", a.Name, k)
		}
		if !known || sub.Mutability == ReadOnly {
			continue
		}
		e, err := c.values(sub, obj[k])
		if err != nil {
			return nil, err
		}
		if e != nil {
			out[sub.Name] = e
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func isNumber(t AttributeType, v any) bool {
	f, ok := v.(float64)
	return ok && (t == DecimalType || f == float64(int64(f)))
}

func isDateTime(v any) bool {
	s, ok := v.(string)
	if !ok {
		return false
	}
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil
}

func primaries(list []any) int {
	n := 0
	for _, e := range list {
		if isPrimary(e) {
			n++
		}
	}
	return n
}

func isPrimary(e any) bool {
	obj, ok := object(e)
	if !ok {
		return false
	}
	v, _ := field(obj, "primary")
	return v == true
}
