package scim

// Lookup returns the value that p names in r.  Null and empty lists count as no
// value.  A value filter picks the first value that it matches; a sub-attribute of
// a multi-valued attribute without filter gives the list of the sub-attribute's
// values.  Values are shared with r, do not change them.
func (p Path) Lookup(r Resource) (any, bool) {
	v, ok := p.lookup(r)
	return v, ok && assigned(v)
}

func (p Path) lookup(r Resource) (any, bool) {
	obj, ok := p.container(r)
	if !ok {
		return nil, false
	}
	if p.attr == "" {
		return obj, true
	}
	v, ok := field(obj, p.attr)
	if !ok {
		return nil, false
	}
	if !p.filter.IsZero() {
		if v, ok = p.pick(v); !ok {
			return nil, false
		}
	}
	if p.sub == "" {
		return v, true
	}
	if list, many := v.([]any); many {
		return collect(list, p.sub), true
	}
	element, ok := object(v)
	if !ok {
		return nil, false
	}
	return field(element, p.sub)
}

// container returns the object that holds the attribute: the resource or the
// extension.
func (p Path) container(r Resource) (map[string]any, bool) {
	ext := p.Extension()
	if ext == "" {
		return r, r != nil
	}
	v, _ := field(r, ext)
	return object(v)
}

// pick returns the first value of a multi-valued attribute that the filter matches.
func (p Path) pick(v any) (any, bool) {
	for _, e := range elements(v) {
		if p.filter.matchElement(e, nil) {
			return e, true
		}
	}
	return nil, false
}

func collect(list []any, sub string) []any {
	var values []any
	for _, e := range list {
		if obj, ok := object(e); ok {
			if v, ok := field(obj, sub); ok && assigned(v) {
				values = append(values, v)
			}
		}
	}
	return values
}
