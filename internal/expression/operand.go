package expression

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// call is one call while it is compiled: the view that the definition of a
// function has of its arguments.
type call struct {
	*compiler
	node *node
}

// operand is one compiled argument. It knows its place, for the messages.
type operand struct {
	code
	node *node
	site
}

// site is where a fault is reported.
type site struct {
	compiler *compiler // for the text and whether values may be shown
	pos      int
	function string
	argument string
}

func (c *call) site() site {
	return site{compiler: c.compiler, pos: c.node.pos, function: c.node.name}
}

// arg returns the argument given for the parameter, or nil.
func (c *call) arg(parameter int) *operand {
	n := c.node.argument(parameter)
	if n == nil {
		return nil
	}
	return c.operand(n, parameter)
}

// args returns every argument given for a repeating parameter.
func (c *call) args(parameter int) []*operand {
	given := c.node.arguments(parameter)
	operands := make([]*operand, len(given))
	for i, n := range given {
		operands[i] = c.operand(n, parameter)
	}
	return operands
}

func (c *call) operand(n *node, parameter int) *operand {
	at := c.site()
	at.pos, at.argument = n.pos, c.node.fn.Parameters[parameter].Name
	return &operand{code: c.compiler.node(n), node: n, site: at}
}

// literal returns the text of an argument that is written as one.
func (o *operand) literal() (string, bool) {
	if o == nil || o.node.kind != textNode {
		return "", false
	}
	return o.node.name, true
}

// invalid reports an argument that can already be seen to be wrong.
func (o *operand) invalid(err *Error) {
	if err != nil {
		o.compiler.errs = append(o.compiler.errs, err)
	}
}

// fail makes an error at this place.
func (s *site) fail(reason Reason, format string, args ...any) *Error {
	return &Error{
		Reason: reason, Source: masked(s.compiler.text), Pos: s.pos, Function: s.function, Argument: s.argument,
		Message: fmt.Sprintf(format, args...),
	}
}

// show quotes a value for a message, cut short, unless it must not be shown.
func (s *site) show(text string) string {
	if s.compiler.traits.Redacted {
		return "[Redact]"
	}
	const most = 60
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return strconv.Quote(text)
}

// value evaluates the argument and passes a flow marker up.
func (o *operand) value(env *Environment) (Value, *Error) {
	v, err := o.eval(env)
	if err == nil && v.isFlow() {
		return Value{}, &Error{flow: v.kind}
	}
	return v, err
}

// text evaluates the argument as a single text; not ok means null.
func (o *operand) text(env *Environment) (string, bool, *Error) {
	v, err := o.eval(env)
	if err == nil && v.kind == KindString {
		return v.str, true, nil
	}
	return o.convert(v, err)
}

// convert makes a text of a value that is none yet.
func (o *operand) convert(v Value, err *Error) (string, bool, *Error) {
	switch {
	case err != nil:
		return "", false, err
	case v.kind == KindNull:
		return "", false, nil
	case v.isFlow():
		return "", false, &Error{flow: v.kind}
	case v.kind == KindList:
		return "", false, o.fail(WrongKind, "a list of %d values is given where one text is expected; take one with Item or put them together with Join", len(v.more.list))
	case v.kind == KindComplex:
		return "", false, o.fail(WrongKind, "a complex value is given where one text is expected")
	default:
		return v.Text(), true, nil
	}
}

// textOr evaluates the argument as a text, with a fallback for null and for an
// argument that was not given.
func (o *operand) textOr(env *Environment, fallback string) (string, *Error) {
	if o == nil {
		return fallback, nil
	}
	text, ok, err := o.text(env)
	if err != nil || !ok {
		return fallback, err
	}
	return text, nil
}

// integer evaluates the argument as a whole number.
func (o *operand) integer(env *Environment) (int64, *Error) {
	v, err := o.value(env)
	if err != nil {
		return 0, err
	}
	if v.kind == KindInteger {
		return v.integer(), nil
	}
	text, ok, err := o.convert(v, nil)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, o.fail(BadNumber, "a whole number is expected, and the value is null")
	}
	n, ok := parseInteger(text)
	if !ok {
		return 0, o.fail(BadNumber, "%s is not a whole number", o.show(text))
	}
	return n, nil
}

// position evaluates the argument as an integer that fits into an int.
func (o *operand) position(env *Environment) (int, *Error) {
	n, err := o.integer(env)
	return int(max(min(n, math.MaxInt32), math.MinInt32)), err
}

// list evaluates the argument as a list; null is no list, a text a list of one.
func (o *operand) list(env *Environment) ([]string, bool, *Error) {
	v, err := o.value(env)
	switch {
	case err != nil, v.kind == KindNull:
		return nil, false, err
	case v.kind == KindComplex:
		return nil, false, o.fail(WrongKind, "complex values are given where a list of texts is expected")
	default:
		return v.List(), true, nil
	}
}

// instant evaluates the argument as a point in time.
func (o *operand) instant(env *Environment) (time.Time, *Error) {
	v, err := o.value(env)
	if err != nil {
		return time.Time{}, err
	}
	if v.kind == KindDateTime {
		return v.time(), nil
	}
	text, ok, err := o.convert(v, nil)
	if err != nil {
		return time.Time{}, err
	}
	if !ok {
		return time.Time{}, o.fail(BadDate, "a date is expected, and the value is null; guard it with Switch or IIF(IsPresent(…), …)")
	}
	m, ok := parseMoment(text)
	if !ok {
		return time.Time{}, o.fail(BadDate, "%s is not a date that is understood, such as 2025-07-30, 2025-07-30T08:00:00Z or 7/30/2025 8:00:00 AM", o.show(text))
	}
	return m.utc(), nil
}

// truth evaluates the argument as a condition: the text True, or a number other
// than zero. Every other text is false.
func (o *operand) truth(env *Environment) (bool, *Error) {
	v, err := o.value(env)
	switch {
	case err != nil:
		return false, err
	case v.kind == KindBoolean:
		return v.str == textTrue, nil
	case v.isNumber():
		return v.float() != 0, nil
	}
	text, _, err := o.convert(v, nil)
	truth, _ := parseBoolean(text)
	return truth, err
}

// parseInteger reads a decimal or &H number, with blanks around it.
func parseInteger(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	if len(text) > 2 && text[0] == '&' && text[1]|0x20 == 'h' {
		bits, err := strconv.ParseUint(text[2:], 16, 64)
		return int64(bits), err == nil //nolint:gosec // a bit pattern: &HFFFFFFFFFFFFFFFF is -1
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return 0, false
	}
	return int64(f), true
}
