package odata

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/provisor/provisor/internal/errs"
)

// The bounds of a filter. Graph itself refuses longer ones earlier.
const (
	MaxFilterLength = 8192 // bytes
	MaxFilterDepth  = 32   // nested parentheses, not and lambda
	MaxFilterNodes  = 512  // comparisons, calls, connectives and listed values
)

// fault is a syntax error at a position.
type fault struct {
	at   int
	text string
}

func (f *fault) Error() string { return f.text }

func faultAt(at int, format string, args ...any) error {
	return &fault{at: at, text: fmt.Sprintf(format, args...)}
}

// ParseFilter reads a $filter. The error is errs.Invalid and gives the position
// of the first thing that is not understood.
//
// Keywords and function names are read ignoring case. A quoted text with the name
// of an enumeration before it, as in microsoft.graph.status'success', is read as
// the text; a GUID may stand without quotes.
func ParseFilter(text string) (Expr, error) {
	if len(text) > MaxFilterLength {
		return nil, errs.New(errs.Invalid, "BadRequest",
			"Invalid filter clause: it is %d bytes long, and at most %d are read.", len(text), MaxFilterLength)
	}
	if !utf8.ValidString(text) {
		return nil, errs.New(errs.Invalid, "BadRequest", "Invalid filter clause: it is not valid UTF-8.")
	}
	p := &parser{lex: lexer{text: text}}
	expr, err := p.parse()
	if f, ok := errors.AsType[*fault](err); ok {
		return nil, errs.New(errs.Invalid, "BadRequest", "Invalid filter clause: %s (position %d in '%.256s').", f.text, f.at, text)
	}
	return expr, err
}

// parser is a recursive-descent parser with one token of look-ahead.
type parser struct {
	lex   lexer
	tok   token
	depth int
	nodes int
}

func (p *parser) parse() (Expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	expr, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != end {
		return nil, faultAt(p.tok.at, "expected and, or, or the end, and found %s", p.tok.show())
	}
	return expr, nil
}

func (p *parser) advance() error {
	tok, err := p.lex.next()
	p.tok = tok
	return err
}

func (p *parser) keyword(name string) bool {
	return p.tok.kind == word && strings.EqualFold(p.tok.text, name)
}

// count admits one more node.
func (p *parser) count() error {
	p.nodes++
	if p.nodes > MaxFilterNodes {
		return faultAt(p.tok.at, "the filter has more than %d terms", MaxFilterNodes)
	}
	return nil
}

// nested runs parse one level deeper.
func (p *parser) nested(parse func() (Expr, error)) (Expr, error) {
	if p.depth++; p.depth > MaxFilterDepth {
		return nil, faultAt(p.tok.at, "the filter is nested more than %d levels deep", MaxFilterDepth)
	}
	defer func() { p.depth-- }()
	return parse()
}

func (p *parser) or() (Expr, error) {
	return p.chain("or", p.and, func(l, r Expr) Expr { return Or{l, r} })
}

func (p *parser) and() (Expr, error) {
	return p.chain("and", p.unary, func(l, r Expr) Expr { return And{l, r} })
}

// chain reads operands joined by name; the connective associates to the left.
func (p *parser) chain(name string, operand func() (Expr, error), join func(l, r Expr) Expr) (Expr, error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for p.keyword(name) {
		if err := errors.Join(p.count(), p.advance()); err != nil {
			return nil, err
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		left = join(left, right)
	}
	return left, nil
}

func (p *parser) unary() (Expr, error) {
	if !p.keyword("not") {
		return p.primary()
	}
	if err := errors.Join(p.count(), p.advance()); err != nil {
		return nil, err
	}
	inner, err := p.nested(p.unary)
	if err != nil {
		return nil, err
	}
	return Not{inner}, nil
}

func (p *parser) primary() (Expr, error) {
	switch p.tok.kind {
	case open:
		return p.parenthesis()
	case word:
		return p.term()
	case end, quoted, closed, comma, colon:
		return nil, faultAt(p.tok.at, "expected a property, a function, not, or an opening parenthesis, and found %s", p.tok.show())
	}
	return nil, faultAt(p.tok.at, "unexpected %s", p.tok.show())
}

func (p *parser) parenthesis() (Expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	inner, err := p.nested(p.or)
	if err != nil {
		return nil, err
	}
	return inner, p.expect(closed, "a closing parenthesis")
}

func (p *parser) expect(k kind, what string) error {
	if p.tok.kind != k {
		return faultAt(p.tok.at, "expected %s and found %s", what, p.tok.show())
	}
	return p.advance()
}

// term reads what begins with a name: a function call, a lambda, or a comparison.
func (p *parser) term() (Expr, error) {
	name := p.tok
	if err := errors.Join(p.count(), p.advance()); err != nil {
		return nil, err
	}
	if p.tok.kind != open {
		return p.comparison(name)
	}
	if collection, function, ok := cutLast(name.text); ok {
		return p.lambda(name, collection, function)
	}
	return p.call(name)
}

func cutLast(path string) (string, string, bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", "", false
	}
	return path[:i], path[i+1:], true
}

// call reads startswith, endswith or contains, and the comparison with true or
// false that some clients write after it.
func (p *parser) call(name token) (Expr, error) {
	function := strings.ToLower(name.text)
	if !slices.Contains([]string{"startswith", "endswith", "contains"}, function) {
		return nil, faultAt(name.at, "the function '%s' is not supported; startswith, endswith, contains and the lambda any are", name.text)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	property, err := p.property(p.tok)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(p.advance()); err != nil {
		return nil, err
	}
	if err := p.expect(comma, "a comma"); err != nil {
		return nil, err
	}
	value := p.tok
	if err := p.expect(quoted, "a text in single quotes"); err != nil {
		return nil, err
	}
	if err := p.expect(closed, "a closing parenthesis"); err != nil {
		return nil, err
	}
	return p.truth(Call{Function: function, Property: property, Value: value.text})
}

// truth reads the optional "eq true" after a call.
func (p *parser) truth(call Call) (Expr, error) {
	op := CompareOp(strings.ToLower(p.tok.text))
	if p.tok.kind != word || op != Eq && op != Ne {
		return call, nil
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	value := strings.ToLower(p.tok.text)
	if p.tok.kind != word || value != "true" && value != "false" {
		return nil, faultAt(p.tok.at, "%s answers true or false; expected one of these and found %s", call.Function, p.tok.show())
	}
	if (value == "true") == (op == Eq) {
		return call, p.advance()
	}
	return Not{call}, p.advance()
}

// lambda reads collection/any(x: …).
func (p *parser) lambda(name token, collection, function string) (Expr, error) {
	if !strings.EqualFold(function, "any") {
		return nil, faultAt(name.at, "'%s' is not supported; of the lambda operators any is", name.text)
	}
	property, err := p.property(token{kind: word, text: collection, at: name.at})
	if err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == closed {
		return Any{Collection: property}, p.advance()
	}
	variable := p.tok
	if variable.kind != word || !isIdentifier(variable.text) {
		return nil, faultAt(variable.at, "expected the variable of any, as in any(x: x eq 'value'), and found %s", variable.show())
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expect(colon, "a colon after the variable"); err != nil {
		return nil, err
	}
	inner, err := p.nested(p.or)
	if err != nil {
		return nil, err
	}
	return Any{Collection: property, Variable: variable.text, Expr: inner}, p.expect(closed, "a closing parenthesis")
}

func (p *parser) comparison(name token) (Expr, error) {
	property, err := p.property(name)
	if err != nil {
		return nil, err
	}
	if p.keyword("in") {
		return p.in(property)
	}
	op := CompareOp(strings.ToLower(p.tok.text))
	if p.tok.kind != word || !slices.Contains([]CompareOp{Eq, Ne, Gt, Ge, Lt, Le}, op) {
		return nil, faultAt(p.tok.at, "expected eq, ne, gt, ge, lt, le or in after '%s' and found %s", name.text, p.tok.show())
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	value, err := p.literal()
	if err != nil {
		return nil, err
	}
	return Compare{Property: property, Op: op, Value: value}, nil
}

func (p *parser) in(property Property) (Expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expect(open, "an opening parenthesis after in"); err != nil {
		return nil, err
	}
	var values []Literal
	for {
		value, err := p.literal()
		if err != nil {
			return nil, err
		}
		values = append(values, value)
		if p.tok.kind != comma {
			return In{Property: property, Values: values}, p.expect(closed, "a comma or a closing parenthesis")
		}
		if err := errors.Join(p.count(), p.advance()); err != nil {
			return nil, err
		}
	}
}

// property checks that tok is a path of a few identifiers.
func (p *parser) property(tok token) (Property, error) {
	const deepest = 8
	segments := strings.Split(tok.text, "/")
	if tok.kind != word || len(segments) > deepest {
		return "", faultAt(tok.at, "expected a property and found %s", tok.show())
	}
	for _, s := range segments {
		if !isIdentifier(s) {
			return "", faultAt(tok.at, "'%.64s' is not the name of a property that can be filtered", tok.text)
		}
	}
	return Property(tok.text), nil
}

// isIdentifier reports whether s is an OData simple identifier in ASCII.
func isIdentifier(s string) bool {
	if s == "" || len(s) > 128 || isDigit(s[0]) {
		return false
	}
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && !isDigit(s[i]) && s[i] != '_' {
			return false
		}
	}
	return true
}
