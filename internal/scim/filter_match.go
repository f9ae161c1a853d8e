package scim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Match reports whether the filter matches r.  The function caseExact tells, by
// the attribute's path without value filters (userName, emails.value), whether
// its values are compared with regard to case; nil means without.
//
// A multi-valued attribute matches when one of its values does; a complex one is
// compared by its sub-attribute value.  A Boolean equals its name in words too,
// because Entra writes primary eq "True".
func (f Filter) Match(r Resource, caseExact func(attr string) bool) bool {
	return f.root == nil || f.root.match(r, caseExact)
}

// matchElement applies a value filter to one value of a multi-valued attribute.
func (f Filter) matchElement(e any, caseExact func(string) bool) bool {
	obj, ok := object(e)
	if !ok {
		obj = map[string]any{"value": e}
	}
	return f.root == nil || f.root.match(obj, caseExact)
}

func (c conjunction) match(obj map[string]any, exact func(string) bool) bool {
	return c.left.match(obj, exact) && c.right.match(obj, exact)
}

func (d disjunction) match(obj map[string]any, exact func(string) bool) bool {
	return d.left.match(obj, exact) || d.right.match(obj, exact)
}

func (n negation) match(obj map[string]any, exact func(string) bool) bool {
	return !n.inner.match(obj, exact)
}

func (p present) match(obj map[string]any, exact func(string) bool) bool {
	return slices.ContainsFunc(p.path.candidates(obj, exact), func(v any) bool {
		return assigned(v) && v != ""
	})
}

func (v valuePath) match(obj map[string]any, exact func(string) bool) bool {
	return len(v.path.candidates(obj, exact)) > 0
}

func (c comparison) match(obj map[string]any, exact func(string) bool) bool {
	values := c.path.candidates(obj, exact)
	if c.value == nil || c.op == opNotEqual {
		return c.matchAbsence(values, exact)
	}
	return c.matchAny(values, c.op, exact)
}

// matchAbsence handles the comparisons that hold where there is no value: eq null,
// and ne with anything else.
func (c comparison) matchAbsence(values []any, exact func(string) bool) bool {
	if c.value == nil {
		empty := !slices.ContainsFunc(values, assigned)
		return empty == (c.op == opEqual)
	}
	return !c.matchAny(values, opEqual, exact)
}

func (c comparison) matchAny(values []any, op compareOp, exact func(string) bool) bool {
	caseExact := exact != nil && exact(c.path.plainName())
	for _, v := range values {
		if obj, ok := object(v); ok {
			v, _ = field(obj, "value")
		}
		if compare(op, v, c.value, caseExact) {
			return true
		}
	}
	return false
}

// plainName is the path without value filter.
func (p Path) plainName() string {
	p.filter = Filter{}
	return p.String()
}

// within makes caseExact answer for the sub-attributes that a value filter names.
func within(p Path, exact func(string) bool) func(string) bool {
	if exact == nil {
		return nil
	}
	base := p.Base().String()
	return func(sub string) bool { return exact(base + "." + sub) }
}

// candidates returns every value that the path names.
func (p Path) candidates(obj map[string]any, exact func(string) bool) []any {
	obj, ok := p.container(obj)
	if !ok || p.attr == "" {
		return nil
	}
	v, ok := field(obj, p.attr)
	if !ok {
		return nil
	}
	values := elements(v)
	if !p.filter.IsZero() {
		values = slices.DeleteFunc(slices.Clone(values), func(e any) bool {
			return !p.filter.matchElement(e, within(p, exact))
		})
	}
	if p.sub == "" {
		return values
	}
	return collect(values, p.sub)
}

func compare(op compareOp, have, want any, caseExact bool) bool {
	switch want := want.(type) {
	case string:
		if b, ok := have.(bool); ok {
			w, ok := boolean(want)
			return ok && op == opEqual && b == w
		}
		s, ok := have.(string)
		return ok && compareText(op, s, want, caseExact)
	case bool:
		b, ok := boolean(have)
		return ok && op == opEqual && b == want
	case json.Number:
		w, err := want.Float64()
		h, ok := number(have)
		return err == nil && ok && ordered(op, h, w)
	default:
		return false
	}
}

//nolint:revive // caseExact is a characteristic of the attribute, RFC 7643 section 2.2
func compareText(op compareOp, have, want string, caseExact bool) bool {
	if op == opEqual {
		return have == want || !caseExact && strings.EqualFold(have, want)
	}
	if !caseExact {
		have, want = strings.ToLower(have), strings.ToLower(want)
	}
	switch op { //nolint:exhaustive // the rest is the order of values
	case opContains:
		return strings.Contains(have, want)
	case opStartsWith:
		return strings.HasPrefix(have, want)
	case opEndsWith:
		return strings.HasSuffix(have, want)
	default:
		return orderedText(op, have, want)
	}
}

// orderedText orders dates by time and other strings by code point.
func orderedText(op compareOp, have, want string) bool {
	h, errH := time.Parse(time.RFC3339Nano, strings.ToUpper(have))
	w, errW := time.Parse(time.RFC3339Nano, strings.ToUpper(want))
	if errH == nil && errW == nil {
		return ordered(op, h.Compare(w), 0)
	}
	return ordered(op, strings.Compare(have, want), 0)
}

func ordered[T int | float64](op compareOp, have, want T) bool {
	switch op { //nolint:exhaustive // the rest compares text
	case opEqual:
		return have == want
	case opGreater:
		return have > want
	case opGreaterOrEqual:
		return have >= want
	case opLess:
		return have < want
	case opLessOrEqual:
		return have <= want
	default:
		return false
	}
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case string:
		f, err := strconv.ParseFloat(v, 64)
		return f, err == nil
	default:
		return 0, false
	}
}
