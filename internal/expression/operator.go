package expression

import (
	"cmp"
	"strconv"
	"strings"
)

// operator compiles a comparison or the joining of two texts.
func (c *compiler) operator(n *node) code {
	left, right := c.side(n, 0), c.side(n, 1)
	if n.name == "&" {
		return joinTwo(left, right)
	}
	holds := comparison(n.name)
	return code{eval: func(env *Environment) (Value, *Error) {
		a, err := left.value(env)
		if err != nil {
			return Value{}, err
		}
		b, err := right.value(env)
		if err != nil {
			return Value{}, err
		}
		x, _, err := left.convert(a, nil)
		if err != nil {
			return Value{}, err
		}
		y, _, err := right.convert(b, nil)
		if err != nil {
			return Value{}, err
		}
		return BooleanValue(holds(pair{a, b, x, y})), nil
	}}
}

func (c *compiler) side(n *node, i int) *operand {
	return &operand{
		code: c.node(n.args[i]), node: n.args[i],
		site: site{compiler: c, pos: n.args[i].pos, function: n.name, argument: operandNames()[i]},
	}
}

// joinTwo appends one text to another. A null is nothing; two are null.
func joinTwo(first, second *operand) code {
	return written(func(env *Environment, buf []byte) ([]byte, bool, *Error) {
		buf, hasFirst, err := first.appendText(env, buf)
		if err != nil {
			return buf, false, err
		}
		buf, hasSecond, err := second.appendText(env, buf)
		return buf, hasFirst || hasSecond, err
	})
}

// pair is what a comparison compares: two values and their texts.
type pair struct {
	a, b Value
	x, y string
}

func comparison(op string) func(pair) bool {
	switch op {
	case "=":
		return pair.equal
	case "<>":
		return func(p pair) bool { return !p.equal() }
	case "<":
		return func(p pair) bool { return p.ordered() && p.order() < 0 }
	case "<=":
		return func(p pair) bool { return p.ordered() && p.order() <= 0 }
	case ">":
		return func(p pair) bool { return p.ordered() && p.order() > 0 }
	default:
		return func(p pair) bool { return p.ordered() && p.order() >= 0 }
	}
}

// equal compares ordinally, and as numbers when one side is a number and the
// other reads as one: 1 equals "1.0", while "007" and "7" are two badge numbers.
func (p pair) equal() bool {
	if p.x == p.y {
		return true
	}
	if !p.a.isNumber() && !p.b.isNumber() {
		return false
	}
	order, ok := p.numeric()
	return ok && order == 0
}

// ordered reports whether both sides have a value: null is neither more nor less.
func (p pair) ordered() bool { return !p.a.IsNull() && !p.b.IsNull() }

// order compares two instants as such, two numbers or texts that read as
// numbers numerically, and everything else ordinally.
func (p pair) order() int {
	if p.a.kind == KindDateTime && p.b.kind == KindDateTime {
		return cmp.Compare(p.a.more.ticks, p.b.more.ticks)
	}
	if order, ok := p.numeric(); ok {
		return order
	}
	return strings.Compare(p.x, p.y)
}

func (p pair) numeric() (int, bool) {
	m, errX := strconv.ParseInt(p.x, 10, 64)
	n, errY := strconv.ParseInt(p.y, 10, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(m, n), true
	}
	f, okX := decimal(p.x)
	g, okY := decimal(p.y)
	return cmp.Compare(f, g), okX && okY
}

// decimal reads digits with at most one point; unlike strconv it knows no
// exponents, infinities or names.
func decimal(text string) (float64, bool) {
	if text == "" || strings.Trim(text, "+-0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}

func (v Value) isNumber() bool { return v.kind == KindInteger || v.kind == KindFloat }
