package scim

import (
	"maps"
	"strings"
)

// Set folds v into r as a POST needs it (RFC 7643 section 3.3): name.givenName
// becomes an object, emails[type eq "work"].value an element {"type":"work",
// "value":v} of the list, an attribute of an extension a member of the extension's
// object.  Several paths with the same value filter fill one element.  A nil v
// leaves r as it is, since a POST omits what has no value.
//
// Errors are [InvalidPath] where the path names no single value, such as a filter
// that is not made of eq and and, and [InvalidValue] where r holds something that
// cannot be folded into.
func (p Path) Set(r Resource, v any) error {
	if v == nil {
		return nil
	}
	v = plain(v)
	obj, err := p.grow(r)
	if err != nil {
		return err
	}
	if p.attr == "" {
		return mergeWhole(obj, v, p)
	}
	if !p.filter.IsZero() {
		return p.setElement(obj, v)
	}
	if p.sub == "" {
		put(obj, p.attr, v)
		return nil
	}
	if obj, err = growObject(obj, p.attr); err != nil {
		return err
	}
	put(obj, p.sub, v)
	return nil
}

// grow returns the object that holds the attribute and makes the extension where
// it is missing.
func (p Path) grow(r Resource) (map[string]any, error) {
	if r == nil {
		return nil, badRequest(InvalidValue, "there is no resource in which %s could be set", p)
	}
	ext := p.Extension()
	if ext == "" {
		return r, nil
	}
	return growObject(r, ext)
}

func growObject(obj map[string]any, name string) (map[string]any, error) {
	k, ok := key(obj, name)
	if !ok {
		k = name
	}
	v := obj[k]
	if v == nil {
		inner := map[string]any{}
		obj[k] = inner
		return inner, nil
	}
	inner, ok := object(v)
	if !ok {
		return nil, badRequest(InvalidValue, "%s holds a value that has no sub-attributes", name)
	}
	return inner, nil
}

// setElement fills the element that the value filter matches, or the one that it
// describes, which is appended to the list.
func (p Path) setElement(obj map[string]any, v any) error {
	have, _ := field(obj, p.attr)
	if e, ok := p.pick(have); ok {
		element, ok := object(e)
		if !ok {
			return badRequest(InvalidValue, "%s holds a value that has no sub-attributes", p.Base())
		}
		return p.fill(element, v)
	}
	element, ok := p.filter.element()
	if !ok {
		return badRequest(InvalidPath, "the filter of %s does not describe one value: use eq, joined by and", p)
	}
	if err := p.fill(element, v); err != nil {
		return err
	}
	put(obj, p.attr, append(append([]any(nil), elements(have)...), element))
	return nil
}

// fill sets the sub-attribute of an element, or merges a whole element into it, so
// that the filter goes on matching.
func (p Path) fill(element map[string]any, v any) error {
	if p.sub != "" && !p.filter.minds(p.sub) {
		put(element, p.sub, v) // which the filter does not look at
		return nil
	}
	next := maps.Clone(element)
	if p.sub != "" {
		put(next, p.sub, v)
	} else if err := mergeWhole(next, v, p); err != nil {
		return err
	}
	if !p.filter.matchElement(next, nil) {
		return badRequest(InvalidValue, "the value %.40v contradicts the filter of %s", v, p)
	}
	maps.Copy(element, next)
	return nil
}

func mergeWhole(into map[string]any, v any, p Path) error {
	obj, ok := object(v)
	if !ok {
		return badRequest(InvalidValue, "%s is complex and needs an object", p)
	}
	for k, e := range obj {
		put(into, k, e)
	}
	return nil
}

// put sets a member under the spelling that obj has already.
func put(obj map[string]any, name string, v any) {
	if k, ok := key(obj, name); ok {
		name = k
	}
	obj[name] = v
}

// plain gives lists of Go's own types the shape of decoded JSON.
func plain(v any) any {
	switch v := v.(type) {
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = s
		}
		return list
	case []map[string]any:
		list := make([]any, len(v))
		for i, m := range v {
			list[i] = m
		}
		return list
	case Resource:
		return map[string]any(v)
	default:
		return v
	}
}

// boolean reads a Boolean that is written as JSON or, as Entra does, in words.
func boolean(v any) (bool, bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		if strings.EqualFold(v, "true") {
			return true, true
		}
		return false, strings.EqualFold(v, "false")
	default:
		return false, false
	}
}
