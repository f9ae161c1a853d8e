package scim

import "strings"

// Layout places values into new resources, under paths that are known beforehand. It
// does what [Path.Set] does; that no two of its paths spell a name in different ways is
// seen to once, and not looked for at every value. It may be used from any number of
// goroutines.
type Layout struct{ paths []Path }

// NewLayout returns the layout of the paths. Where two spell a name differently, the
// first is followed.
func NewLayout(paths ...Path) Layout {
	type place struct{ urn, attr, name string } // of a name, in the object that these lead to
	spelling := map[place]string{}
	alike := func(urn, attr, name string) string {
		at := place{urn, attr, strings.ToLower(name)}
		first, ok := spelling[at]
		if !ok {
			spelling[at], first = name, name
		}
		return first
	}
	l := Layout{paths: make([]Path, len(paths))}
	for i, p := range paths {
		p.urn = alike("", "", p.Extension())
		if p.attr != "" {
			p.attr = alike(p.urn, "", p.attr)
			p.sub = alike(p.urn, p.attr, p.sub)
		}
		l.paths[i] = p
	}
	return l
}

// Put places v under the path at i of a resource that only this layout has filled. Its
// errors are those of [Path.Set].
func (l Layout) Put(r Resource, i int, v any) error {
	p := l.paths[i]
	if v == nil {
		return nil
	}
	obj := map[string]any(r)
	if p.urn != "" {
		obj = inner(obj, p.urn)
	}
	switch {
	case obj == nil || p.attr == "" || p.sub == "" && !p.filter.IsZero():
	case p.filter.IsZero() && p.sub == "":
		obj[p.attr] = plain(v)
		return nil
	case p.filter.IsZero():
		if obj = inner(obj, p.attr); obj != nil {
			obj[p.sub] = plain(v)
			return nil
		}
	case !p.filter.minds(p.sub):
		if element := p.elementOf(obj); element != nil {
			element[p.sub] = plain(v)
			return nil
		}
	}
	return p.Set(r, v)
}

// inner returns the object that obj holds under a name, made where there is none; nil
// when it holds something else.
func inner(obj map[string]any, name string) map[string]any {
	held, ok := obj[name]
	if !ok {
		inner := map[string]any{}
		obj[name] = inner
		return inner
	}
	inner, _ := held.(map[string]any)
	return inner
}

// elementOf returns the element of a list that the filter of p selects, made where there
// is none; nil when that cannot be told.
func (p Path) elementOf(obj map[string]any) map[string]any {
	list, ok := obj[p.attr].([]any)
	if !ok && obj[p.attr] != nil {
		return nil
	}
	if e, ok := p.pick(list); ok {
		element, _ := e.(map[string]any)
		return element
	}
	element, ok := p.filter.element()
	if !ok {
		return nil
	}
	obj[p.attr] = append(list, any(element))
	return element
}
