package sqlstore

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
)

// clause is a piece of SQL with its parameters.
type clause struct {
	text string
	args []any
}

// operand is a property as a filter sees it.
type operand struct {
	text    string // SQL expression
	holds   valueKind
	ignores string // case: the expression is folded by the database, and so is the parameter, in this way
	folded  bool   // case: the expression was folded when it was stored
	element string // name of the collection, for any()
	within  string // begins, up to its condition, a subquery that has the expression
	// equals is the condition that the property has a value, where that is not that the
	// expression has it.
	equals func(value any) clause
}

// inside puts a condition on the expression where the expression stands.
func (o operand) inside(c clause) clause {
	if o.within == "" {
		return c
	}
	return clause{o.within + c.text + ")", c.args}
}

// valueKind is what a property holds.
type valueKind uint8

const (
	holdsText valueKind = iota
	holdsBoolean
	holdsInstant
	holdsMilliseconds
)

// resolver finds the operand of a property; false for one that cannot be
// filtered.
type resolver func(odata.Property) (operand, bool)

// The bounds of a filter. SQLite allows a statement 32,766 parameters and an
// expression a depth of 1,000.
const (
	maxFilterArgs  = 5_000
	maxFilterDepth = 100
)

// filter translates $filter to SQL. An expression that is neither true nor false
// counts as false, also inside not.
type filter struct {
	dialect dialect
	resolve resolver
	// scope repeats, beside each alternative of or, what holds for all: only so
	// does SQLite consider partial indexes for the alternative.
	scope string
	any   func(f filter, e odata.Any, depth int) (clause, error)
}

// translate returns the condition of e; a nil e is no condition.
func (f filter) translate(e odata.Expr) (clause, error) {
	if e == nil {
		return clause{}, nil
	}
	c, err := f.node(e, 0)
	if err == nil && len(c.args) > maxFilterArgs {
		err = errs.New(errs.Invalid, codeUnsupportedQuery, "The filter has more than %d values. Split it.", maxFilterArgs)
	}
	return c, err
}

func (f filter) node(e odata.Expr, depth int) (clause, error) {
	if depth > maxFilterDepth {
		return clause{}, errs.New(errs.Invalid, codeUnsupportedQuery, "The filter is nested deeper than %d.", maxFilterDepth)
	}
	switch e := e.(type) {
	case odata.Compare:
		return f.compare(e)
	case odata.Call:
		return f.call(e)
	case odata.In:
		return f.in(e)
	case odata.And:
		return f.both("(", " AND ", e.Left, e.Right, depth)
	case odata.Or:
		return f.both("("+f.scope, " OR "+f.scope, e.Left, e.Right, depth)
	case odata.Not:
		c, err := f.node(e.Expr, depth+1)
		return clause{"(" + c.text + ") IS NOT TRUE", c.args}, err
	case odata.Any:
		if f.any == nil {
			return clause{}, errProperty(e.Collection)
		}
		return f.any(f, e, depth+1)
	default:
		return clause{}, errs.New(errs.Invalid, codeUnsupportedQuery, "The filter has a part that cannot be evaluated here.")
	}
}

func (f filter) both(begin, operator string, left, right odata.Expr, depth int) (clause, error) {
	l, err := f.node(left, depth+1)
	if err != nil {
		return l, err
	}
	r, err := f.node(right, depth+1)
	return clause{begin + l.text + operator + r.text + ")", append(l.args, r.args...)}, err
}

func (f filter) compare(e odata.Compare) (clause, error) {
	o, err := f.operand(e.Property)
	if err != nil {
		return clause{}, err
	}
	if e.Value == nil {
		c, err := compareNull(e, o)
		return o.inside(c), err
	}
	arg, err := o.argument(e.Property, e.Value)
	if err != nil {
		return clause{}, err
	}
	if e.Op == odata.Eq && o.equals != nil {
		return o.equals(arg), nil
	}
	operator, ok := o.operator(e.Op)
	if !ok {
		return clause{}, errs.New(errs.Invalid, codeUnsupportedQuery, "The operator %s cannot be applied to the property '%s'.", e.Op, e.Property)
	}
	if o.holds == holdsBoolean {
		// Spelled out, so that an index of the rarer value can be used.
		return clause{text: o.text + operator + strings.ToUpper(fmt.Sprint(arg))}, nil
	}
	return o.inside(clause{o.text + operator + o.parameter(), []any{arg}}), nil
}

func compareNull(e odata.Compare, o operand) (clause, error) {
	switch e.Op {
	case odata.Eq:
		return clause{text: o.text + " IS NULL"}, nil
	case odata.Ne:
		return clause{text: o.text + " IS NOT NULL"}, nil
	case odata.Gt, odata.Ge, odata.Lt, odata.Le:
	}
	return clause{}, errs.New(errs.Invalid, codeUnsupportedQuery, "null can only be compared by eq and ne; the filter compares '%s' by %s.", e.Property, e.Op)
}

// operator returns the SQL of a comparison; ne also finds what has no value.
func (o operand) operator(op odata.CompareOp) (string, bool) {
	switch op {
	case odata.Eq:
		return " = ", true
	case odata.Ne:
		return " IS DISTINCT FROM ", true
	case odata.Gt:
		return " > ", o.holds != holdsBoolean
	case odata.Ge:
		return " >= ", o.holds != holdsBoolean
	case odata.Lt:
		return " < ", o.holds != holdsBoolean
	case odata.Le:
		return " <= ", o.holds != holdsBoolean
	default:
		return "", false
	}
}

func (f filter) in(e odata.In) (clause, error) {
	o, err := f.operand(e.Property)
	if err != nil {
		return clause{}, err
	}
	var args []any
	for _, value := range e.Values {
		if value == nil {
			continue
		}
		arg, err := o.argument(e.Property, value)
		if err != nil {
			return clause{}, err
		}
		args = append(args, arg)
	}
	either := o.among(args)
	if slices.Contains(e.Values, nil) {
		either = append(either, o.inside(clause{text: o.text + " IS NULL"}))
	}
	if either == nil {
		return clause{text: "FALSE"}, nil
	}
	one := either[0]
	for _, c := range either[1:] {
		one = clause{one.text + " OR " + c.text, slices.Concat(one.args, c.args)}
	}
	return clause{"(" + one.text + ")", one.args}, nil
}

// among are the conditions of which one holds when the property has one of the values.
func (o operand) among(args []any) []clause {
	var either []clause
	switch {
	case o.equals != nil:
		for _, arg := range args {
			either = append(either, o.equals(arg))
		}
	case len(args) > 0:
		either = append(either, o.inside(clause{o.text + " IN (" + strings.Repeat(o.parameter()+", ", len(args)-1) + o.parameter() + ")", args}))
	}
	return either
}

func (f filter) call(e odata.Call) (clause, error) {
	o, err := f.operand(e.Property)
	if err != nil {
		return clause{}, err
	}
	arg, err := o.argument(e.Property, e.Value)
	if err != nil {
		return clause{}, err
	}
	c, err := f.function(o, e, arg)
	return o.inside(c), err
}

func (f filter) function(o operand, e odata.Call, arg any) (clause, error) {
	if e.Value == "" {
		return clause{text: o.text + " IS NOT NULL"}, nil
	}
	switch e.Function {
	case odata.Search:
		return f.search(o, e.Value), nil
	case "startswith":
		return o.startsWith(arg), nil
	case "endswith":
		return clause{
			"substr(" + o.text + ", length(" + o.text + ") - length(" + o.parameter() + ") + 1) = " + o.parameter() +
				" AND length(" + o.text + ") >= length(" + o.parameter() + ")",
			[]any{arg, arg, arg},
		}, nil
	case "contains":
		return clause{f.dialect.position + "(" + o.text + ", " + o.parameter() + ") > 0", []any{arg}}, nil
	default:
		return clause{}, errs.New(errs.Invalid, codeUnsupportedQuery,
			"The function %s is not supported; startswith, endswith and contains are.", e.Function)
	}
}

// search matches each word with the beginning of a word of the operand. Blanks and
// hyphens part words.
func (f filter) search(o operand, words string) clause {
	c := clause{text: o.text + " IS NOT NULL"}
	for _, word := range odata.SearchWords(words) {
		c.text += " AND " + f.dialect.position + "(' ' || replace(" + o.text + ", '-', ' '), ?) > 0"
		c.args = append(c.args, " "+word)
	}
	return clause{"(" + c.text + ")", c.args}
}

// startsWith asks for the range of texts that begin so: an index finds it.
func (o operand) startsWith(arg any) clause {
	if o.ignores != "" {
		return clause{"substr(" + o.text + ", 1, length(" + o.ignores + ")) = " + o.ignores, []any{arg, arg}}
	}
	prefix, _ := arg.(string)
	end, bounded := successor(prefix)
	if !bounded {
		return clause{o.text + " >= ?", []any{prefix}}
	}
	return clause{"(" + o.text + " >= ? AND " + o.text + " < ?)", []any{prefix, end}}
}

// successor returns the least text greater than every text with the prefix; false
// when there is none.
func successor(prefix string) (string, bool) {
	runes := []rune(prefix)
	for i, r := range slices.Backward(runes) {
		next := r + 1
		if next >= 0xD800 && next <= 0xDFFF {
			next = 0xE000 // surrogates are no characters
		}
		if next <= 0x10FFFF {
			return string(runes[:i]) + string(next), true
		}
	}
	return "", false
}

func (f filter) operand(p odata.Property) (operand, error) {
	o, ok := f.resolve(p)
	if !ok || o.element != "" {
		return operand{}, errProperty(p)
	}
	return o, nil
}

// parameter is the placeholder for a value that is compared with the operand.
func (o operand) parameter() string {
	if o.ignores != "" {
		return o.ignores
	}
	return "?"
}

// argument returns the parameter for a literal; Invalid when its type is not the
// property's.
func (o operand) argument(p odata.Property, literal odata.Literal) (any, error) {
	switch v := literal.(type) {
	case string:
		if o.holds == holdsText {
			if o.folded {
				v = fold(v)
			}
			return v, nil
		}
	case bool:
		if o.holds == holdsBoolean {
			return v, nil
		}
	case time.Time:
		if o.holds == holdsInstant {
			return micros(v), nil
		}
	case int64, float64:
		if o.holds == holdsMilliseconds {
			return v, nil
		}
	}
	return nil, errs.New(errs.Invalid, codeUnsupportedQuery,
		"The property '%s' cannot be compared with %s.", p, describe(literal)).WithTarget(string(p))
}

func describe(literal odata.Literal) string {
	switch v := literal.(type) {
	case string:
		return fmt.Sprintf("the text '%s'", v)
	case time.Time:
		return "the time " + v.Format(time.RFC3339Nano)
	default:
		return fmt.Sprint(v)
	}
}

func errProperty(p odata.Property) error {
	return errs.New(errs.Invalid, codeUnsupportedQuery,
		"Unsupported or invalid query filter clause specified for property '%s'.", p).WithTarget(string(p))
}
