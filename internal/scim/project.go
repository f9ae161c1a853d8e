package scim

import (
	"maps"
	"slices"
	"strings"
)

// Project returns what an answer shows of r (RFC 7644 section 3.9): only
// attributes where these are given, else everything but excluded; id and schemas
// always, a password never.  Values are shared with r.
func (t *Type) Project(r Resource, attributes, excluded []Path) Resource {
	out := make(Resource, len(r))
	for k, v := range r {
		def, ok := t.index[indexKey("", k)]
		switch {
		case ok && def.Returned == ReturnNever:
		case ok && def.Returned == ReturnAlways, len(attributes) == 0:
			out[k] = v
		}
	}
	for _, p := range attributes {
		include(out, r, p)
	}
	for _, p := range excluded {
		if def, ok := t.base(p); !ok || def.Returned != ReturnAlways {
			exclude(out, p)
		}
	}
	return t.withoutSecrets(out)
}

// withoutSecrets drops what attributes asked for in vain.
func (t *Type) withoutSecrets(r Resource) Resource {
	maps.DeleteFunc(r, func(k string, _ any) bool {
		return t.index[indexKey("", k)].Returned == ReturnNever
	})
	return r
}

// include copies what p names, filters left aside.
func include(out, r Resource, p Path) {
	p.filter = Filter{}
	v, ok := p.Base().Lookup(r)
	if p.attr == "" {
		v, ok = p.Lookup(r)
	}
	if !ok {
		return
	}
	if p.attr == "" {
		if ext := p.Extension(); ext != "" {
			k, _ := key(r, ext)
			out[k] = v
		} else {
			maps.Copy(out, r)
		}
		return
	}
	into := map[string]any(out)
	if ext := p.Extension(); ext != "" {
		k, _ := key(r, ext)
		obj, _ := object(out[k])
		into = maps.Clone(obj)
		if into == nil {
			into = map[string]any{}
		}
		out[k] = into
	}
	have, _ := field(into, p.attr)
	from, _ := p.container(r)
	k, _ := key(from, p.attr)
	into[k] = narrowed(v, have, p.sub)
}

// narrowed reduces v to one sub-attribute and adds it to what is shown already.
func narrowed(v, have any, sub string) any {
	if sub == "" {
		return v
	}
	if list, ok := v.([]any); ok {
		out := make([]any, len(list))
		shown := elements(have)
		for i, e := range list {
			var h any
			if i < len(shown) {
				h = shown[i]
			}
			out[i] = narrowed(e, h, sub)
		}
		return out
	}
	obj, _ := object(v)
	old, _ := object(have)
	out := maps.Clone(old)
	if out == nil {
		out = map[string]any{}
	}
	if k, ok := key(obj, sub); ok {
		out[k] = obj[k]
	}
	return out
}

// exclude drops what p names.  Objects on the way are copied, not changed.
func exclude(out Resource, p Path) {
	into := map[string]any(out)
	if ext := p.Extension(); ext != "" {
		k, ok := key(out, ext)
		obj, isObject := object(out[k])
		if !ok || !isObject {
			return
		}
		if p.attr == "" {
			delete(out, k)
			return
		}
		into = maps.Clone(obj)
		out[k] = into
	}
	k, ok := key(into, p.attr)
	switch {
	case !ok:
	case p.sub == "":
		delete(into, k)
	default:
		into[k] = without(into[k], p.sub)
	}
}

func without(v any, sub string) any {
	if list, ok := v.([]any); ok {
		list = slices.Clone(list)
		for i, e := range list {
			list[i] = without(e, sub)
		}
		return list
	}
	obj, ok := object(v)
	if !ok {
		return v
	}
	obj = maps.Clone(obj)
	maps.DeleteFunc(obj, func(k string, _ any) bool { return strings.EqualFold(k, sub) })
	return obj
}
