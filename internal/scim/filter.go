package scim

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Filter is a filter expression (RFC 7644 section 3.4.2.2).  The zero Filter
// matches every resource.  Filters are immutable.
type Filter struct{ root expr }

// expr is one node of a filter.
type expr interface {
	write(b *strings.Builder)
	match(obj map[string]any, exact func(string) bool) bool
}

// compareOp is an attribute operator.
type compareOp string

const (
	opEqual          compareOp = "eq"
	opNotEqual       compareOp = "ne"
	opContains       compareOp = "co"
	opStartsWith     compareOp = "sw"
	opEndsWith       compareOp = "ew"
	opGreater        compareOp = "gt"
	opGreaterOrEqual compareOp = "ge"
	opLess           compareOp = "lt"
	opLessOrEqual    compareOp = "le"
)

type (
	// comparison is attrPath op value.
	comparison struct {
		path  Path
		op    compareOp
		value any // string, json.Number, bool or nil
	}
	// present is attrPath pr.
	present struct{ path Path }
	// valuePath is attr[filter] standing alone: some value matches.
	valuePath struct{ path Path }
	// conjunction is left and right.
	conjunction struct{ left, right expr }
	// disjunction is left or right.
	disjunction struct{ left, right expr }
	// negation is not (inner).
	negation struct{ inner expr }
)

// Equal returns the filter path eq "value".  Quotes, backslashes and control
// characters of the value are escaped, so that every string is matched literally.
func Equal(path Path, value string) Filter {
	return Filter{comparison{path, opEqual, value}}
}

// And returns the filter that matches where both match.
func (f Filter) And(g Filter) Filter {
	switch {
	case f.IsZero():
		return g
	case g.IsZero():
		return f
	default:
		return Filter{conjunction{f.root, g.root}}
	}
}

// IsZero reports whether f is the empty filter.
func (f Filter) IsZero() bool { return f.root == nil }

// String writes the filter so that [ParseFilter] gives it back.
func (f Filter) String() string {
	if f.root == nil {
		return ""
	}
	var b strings.Builder
	f.root.write(&b)
	return b.String()
}

// Equality returns path and value where the filter demands, alone or among other
// conditions joined by and, that a string attribute equals one value.  A server
// answers such a filter from an index.
func (f Filter) Equality() (Path, string, bool) {
	return equality(f.root)
}

func equality(e expr) (Path, string, bool) {
	switch e := e.(type) {
	case comparison:
		if s, ok := e.value.(string); ok && e.op == opEqual {
			return e.path, s, true
		}
		return Path{}, "", false
	case conjunction:
		if p, s, ok := equality(e.left); ok {
			return p, s, true
		}
		return equality(e.right)
	default:
		return Path{}, "", false
	}
}

// IsEquality reports whether the filter is nothing but one path eq "value".
func (f Filter) IsEquality() bool {
	c, ok := f.root.(comparison)
	if !ok {
		return false
	}
	_, text := c.value.(string)
	return text && c.op == opEqual
}

// element returns the value that a filter of eq and and describes.
func (f Filter) element() (map[string]any, bool) {
	e := map[string]any{}
	return e, describe(f.root, e)
}

func describe(e expr, into map[string]any) bool {
	switch e := e.(type) {
	case comparison:
		if e.op != opEqual || e.path.sub != "" || e.path.urn != "" {
			return false
		}
		put(into, e.path.attr, elementValue(e.path.attr, e.value))
		return true
	case conjunction:
		return describe(e.left, into) && describe(e.right, into)
	default:
		return false
	}
}

// minds reports whether the filter may look at a sub-attribute: anything but
// comparisons of others, joined by and, is taken to.
func (f Filter) minds(sub string) bool { return minds(f.root, sub) }

func minds(e expr, sub string) bool {
	switch e := e.(type) {
	case comparison:
		return e.path.urn != "" || strings.EqualFold(e.path.attr, sub)
	case conjunction:
		return minds(e.left, sub) || minds(e.right, sub)
	default:
		return true
	}
}

// elementValue gives primary, which Entra's paths compare with "True", its type.
func elementValue(attr string, v any) any {
	if strings.EqualFold(attr, "primary") {
		if b, ok := boolean(v); ok {
			return b
		}
	}
	if n, ok := v.(json.Number); ok {
		if f, err := n.Float64(); err == nil {
			return f
		}
	}
	return v
}

func (c comparison) write(b *strings.Builder) {
	c.path.write(b)
	b.WriteByte(' ')
	b.WriteString(string(c.op))
	b.WriteByte(' ')
	switch v := c.value.(type) {
	case string:
		quote(b, v)
	case nil:
		b.WriteString("null")
	default:
		fmt.Fprint(b, v)
	}
}

func (p present) write(b *strings.Builder) {
	p.path.write(b)
	b.WriteString(" pr")
}

func (v valuePath) write(b *strings.Builder) { v.path.write(b) }

func (c conjunction) write(b *strings.Builder) {
	_, leftOr := c.left.(disjunction)
	writeOperand(b, c.left, leftOr)
	b.WriteString(" and ")
	writeOperand(b, c.right, isLogical(c.right))
}

func (d disjunction) write(b *strings.Builder) {
	_, rightOr := d.right.(disjunction)
	d.left.write(b)
	b.WriteString(" or ")
	writeOperand(b, d.right, rightOr)
}

func (n negation) write(b *strings.Builder) {
	b.WriteString("not (")
	n.inner.write(b)
	b.WriteByte(')')
}

func isLogical(e expr) bool {
	switch e.(type) {
	case conjunction, disjunction:
		return true
	default:
		return false
	}
}

//nolint:revive // the flag is the one thing that the callers decide
func writeOperand(b *strings.Builder, e expr, parenthesised bool) {
	if parenthesised {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	e.write(b)
}

// quote writes s as a JSON string, escaping no more than JSON demands.
func quote(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c < 0x20:
			fmt.Fprintf(b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
}
