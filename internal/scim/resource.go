package scim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Resource is a decoded SCIM resource: a JSON object whose values are those of
// encoding/json (string, float64, bool, nil, []any, map[string]any).
// It is not safe for concurrent change.
type Resource map[string]any

// DecodeResource reads one JSON object.  Errors are [InvalidSyntax].
func DecodeResource(data []byte) (Resource, error) {
	var r Resource
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, badRequest(InvalidSyntax, "the body is not a JSON object: %v", err)
	}
	if r == nil {
		return nil, badRequest(InvalidSyntax, "the body is null, a JSON object is needed")
	}
	return r, nil
}

// ID returns the id that the target gave, or "".
func (r Resource) ID() string { return r.text("id") }

// ExternalID returns the id that the client gave, or "".
func (r Resource) ExternalID() string { return r.text("externalId") }

func (r Resource) text(name string) string {
	v, _ := field(r, name)
	s, _ := v.(string)
	return s
}

// Get looks path up, as [Path.Lookup] does.  A path that cannot be parsed has no
// value.
func (r Resource) Get(path string) (any, bool) {
	p, err := ParsePath(path)
	if err != nil {
		return nil, false
	}
	return p.Lookup(r)
}

// Clone returns a deep copy.
func (r Resource) Clone() Resource {
	if r == nil {
		return nil
	}
	return cloneObject(r)
}

func cloneObject(m map[string]any) map[string]any {
	c := make(map[string]any, len(m))
	for k, v := range m {
		c[k] = cloneValue(v)
	}
	return c
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return cloneObject(v)
	case Resource:
		return cloneObject(v)
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = cloneValue(e)
		}
		return c
	default:
		return v
	}
}

// MemberIDs returns the values of the members, in order, each once.
func (r Resource) MemberIDs() []string {
	v, _ := field(r, "members")
	members := elements(v)
	ids := make([]string, 0, len(members))
	seen := make(map[string]bool, len(members))
	for _, m := range members {
		if id, ok := ReferenceID(m); ok && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// ReferenceID returns the id that a reference points to.  Servers write a
// reference as {"value": id}, as the bare id, or as a list of one of these; null
// and the empty string point nowhere.
func ReferenceID(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, v != ""
	case map[string]any:
		id, _ := field(v, "value")
		s, ok := id.(string)
		return s, ok && s != ""
	case []any:
		if len(v) == 1 {
			return ReferenceID(v[0])
		}
	}
	return "", false
}

// field finds an attribute by name without regard to case; the exact name wins.
func field(obj map[string]any, name string) (any, bool) {
	if v, ok := obj[name]; ok {
		return v, true
	}
	k, ok := key(obj, name)
	return obj[k], ok
}

// key returns the spelling under which obj holds name.
func key(obj map[string]any, name string) (string, bool) {
	if _, ok := obj[name]; ok {
		return name, true
	}
	found := ""
	for k := range maps.Keys(obj) {
		if strings.EqualFold(k, name) && (found == "" || k < found) {
			found = k
		}
	}
	return found, found != ""
}

// elements returns the values of a multi-valued attribute; a lone value counts as
// a list of one, null as an empty list.
func elements(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// assigned reports whether v is a value in the sense of RFC 7643 section 2.5:
// null and the empty list are none.
func assigned(v any) bool {
	if list, ok := v.([]any); ok {
		return len(list) > 0
	}
	return v != nil
}

// object returns v as an object.
func object(v any) (map[string]any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, v != nil
	case Resource:
		return v, v != nil
	default:
		return nil, false
	}
}

// extensions returns the URNs of the extensions that r has values for, sorted.
func extensions(r Resource) []string {
	var urns []string
	for k, v := range r {
		if obj, ok := object(v); ok && len(obj) > 0 && hasPrefixFold(k, "urn:") {
			urns = append(urns, k)
		}
	}
	slices.Sort(urns)
	return urns
}
