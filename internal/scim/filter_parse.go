package scim

import (
	"encoding/json"
	"strings"
)

// maxFilter bounds a filter in bytes, maxDepth its nesting.
const (
	maxFilter = 16 << 10
	maxDepth  = 32
)

// ParseFilter reads a filter.  Operators are taken in any case; strings must be
// quoted.  Errors are [InvalidFilter].
func ParseFilter(s string) (Filter, error) {
	return parseFilter(s, 0)
}

// parseFilter reads a filter; inValue is 1 within the brackets of a path, where no
// further value filter may stand.
func parseFilter(s string, inValue int) (Filter, error) {
	if len(s) > maxFilter {
		return Filter{}, badRequest(InvalidFilter, "the filter has %d bytes, the limit is %d", len(s), maxFilter)
	}
	p := filterParser{rest: s, inValue: inValue}
	root, err := p.disjunction()
	if err != nil {
		return Filter{}, err
	}
	if p.skip(); p.rest != "" {
		return Filter{}, badRequest(InvalidFilter, "the filter goes on after its end: %.40q", p.rest)
	}
	return Filter{root}, nil
}

type filterParser struct {
	rest    string
	depth   int
	inValue int
}

func (p *filterParser) skip() { p.rest = strings.TrimLeft(p.rest, " ") }

// word takes a keyword that is followed by a blank, a parenthesis or the end.
func (p *filterParser) word(w string) bool {
	p.skip()
	if !hasPrefixFold(p.rest, w) {
		return false
	}
	after := p.rest[len(w):]
	if after != "" && after[0] != ' ' && after[0] != '(' && after[0] != ')' {
		return false
	}
	p.rest = after
	return true
}

func (p *filterParser) disjunction() (expr, error) {
	left, err := p.conjunction()
	for err == nil && p.word("or") {
		var right expr
		right, err = p.conjunction()
		left = disjunction{left, right}
	}
	return left, err
}

func (p *filterParser) conjunction() (expr, error) {
	left, err := p.operand()
	for err == nil && p.word("and") {
		var right expr
		right, err = p.operand()
		left = conjunction{left, right}
	}
	return left, err
}

func (p *filterParser) operand() (expr, error) {
	p.skip()
	if before := p.rest; p.word("not") {
		p.skip()
		if strings.HasPrefix(p.rest, "(") {
			inner, err := p.group()
			return negation{inner}, err
		}
		p.rest = before
	}
	if strings.HasPrefix(p.rest, "(") {
		return p.group()
	}
	return p.attribute()
}

func (p *filterParser) group() (expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, badRequest(InvalidFilter, "the filter is nested deeper than %d", maxDepth)
	}
	p.rest = p.rest[1:]
	inner, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	p.depth--
	p.skip()
	if !strings.HasPrefix(p.rest, ")") {
		return nil, badRequest(InvalidFilter, "a parenthesis is not closed before %.40q", p.rest)
	}
	p.rest = p.rest[1:]
	return inner, nil
}

// attribute reads attrPath op value, attrPath pr, or attr[filter].
func (p *filterParser) attribute() (expr, error) {
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	if p.word("pr") {
		return present{path}, nil
	}
	for _, op := range []compareOp{
		opEqual, opNotEqual, opContains, opStartsWith, opEndsWith,
		opGreater, opGreaterOrEqual, opLess, opLessOrEqual,
	} {
		if p.word(string(op)) {
			v, err := p.value()
			if err != nil {
				return nil, err
			}
			return comparison{path, op, v}, checkOperator(op, v)
		}
	}
	if !path.filter.IsZero() && path.sub == "" {
		return valuePath{path}, nil
	}
	return nil, badRequest(InvalidFilter, "after %s an operator (eq, ne, co, sw, ew, gt, ge, lt, le, pr) is needed, not %.40q", path, p.rest)
}

// checkOperator refuses an order or a substring of values that have none (RFC 7644
// section 3.4.2.2).
func checkOperator(op compareOp, v any) error {
	switch v.(type) {
	case string, json.Number:
		return nil
	default:
		if op == opEqual || op == opNotEqual {
			return nil
		}
		return badRequest(InvalidFilter, "%s compares strings, dates and numbers only", op)
	}
}

func (p *filterParser) path() (Path, error) {
	p.skip()
	end := strings.IndexAny(p.rest, " ()[")
	if end < 0 {
		end = len(p.rest)
	}
	if end < len(p.rest) && p.rest[end] == '[' {
		bracket := closing(p.rest, end)
		if bracket < 0 {
			return Path{}, badRequest(InvalidFilter, "a bracket is not closed in %.40q", p.rest)
		}
		end = bracket + 1
		if n := strings.IndexAny(p.rest[end:], " ()["); n >= 0 {
			end += n
		} else {
			end = len(p.rest)
		}
	}
	path, err := parsePath(p.rest[:end], p.inValue)
	if err != nil {
		return Path{}, badRequest(InvalidFilter, "an attribute name is needed before %.40q: %v", p.rest, err)
	}
	p.rest = p.rest[end:]
	return path, nil
}

// value reads a JSON literal: string, number, true, false or null.
func (p *filterParser) value() (any, error) {
	p.skip()
	dec := json.NewDecoder(strings.NewReader(p.rest))
	dec.UseNumber()
	t, err := dec.Token()
	if _, delim := t.(json.Delim); err != nil || delim {
		return nil, badRequest(InvalidFilter, "a quoted string, a number, true, false or null is needed, not %.40q", p.rest)
	}
	p.rest = p.rest[dec.InputOffset():]
	return t, nil
}
