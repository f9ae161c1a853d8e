package expression

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxLength is how many characters an expression may have.
const MaxLength = 10_000

// maxErrors is after how many faults a reader has enough to do.
const maxErrors = 10

// parser reads one text by recursive descent. A fault inside an argument ends
// that argument, not the reading.
type parser struct {
	text string
	pos  int
	errs Errors
}

// parse reads the whole text. The node is usable when there are no errors.
func parse(text string) (*node, Errors) {
	p := &parser{text: text}
	if n := utf8.RuneCountInString(text); n > MaxLength {
		p.fail(0, TooLong, "the expression has %d characters; at most %d are allowed", n, MaxLength)
		return nil, p.errs
	}
	n := p.whole()
	if len(p.errs) > maxErrors {
		p.errs = p.errs[:maxErrors]
	}
	return n, p.errs
}

func (p *parser) whole() *node {
	p.space()
	if p.pos == len(p.text) {
		p.fail(p.pos, Syntax, "the expression is empty")
		return nil
	}
	n := p.operand()
	if n.kind == badNode {
		return n
	}
	n = p.joined(n)
	p.space()
	if p.pos < len(p.text) {
		p.trailing(n)
	}
	return n
}

// trailing reports text after the end of the expression.
func (p *parser) trailing(n *node) {
	if op := p.comparison(); op != "" {
		p.fail(p.pos, Syntax, "a comparison stands only in a condition; write IIF(… %s …, \"True\", \"False\")", op)
		return
	}
	hint := ""
	if n.kind == callNode && p.text[p.pos] == ')' {
		hint = "; one closing bracket too many"
	}
	p.fail(p.pos, Syntax, "the expression ends before %s%s%s", p.seen(), hint, p.foreign())
}

func (p *parser) fail(pos int, reason Reason, format string, args ...any) *node {
	p.errs = append(p.errs, &Error{Reason: reason, Source: masked(p.text), Pos: pos, Message: fmt.Sprintf(format, args...)})
	return &node{kind: badNode, pos: pos}
}

// seen names what stands at the current place.
func (p *parser) seen() string {
	if p.pos == len(p.text) {
		return "the end"
	}
	rest := []rune(masked(p.text)[p.pos:min(len(p.text), p.pos+80)])
	if len(rest) > 12 {
		return fmt.Sprintf("%q", string(rest[:12])+"…")
	}
	return fmt.Sprintf("%q", string(rest))
}

func (p *parser) space() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *parser) peek() byte {
	if p.pos == len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

// argument reads what stands between two commas: nothing, an expression or a
// condition.
func (p *parser) argument() *node {
	p.space()
	if c := p.peek(); c == ',' || c == ')' {
		return &node{kind: emptyNode, pos: p.pos}
	}
	left := p.joined(p.operand())
	if left.kind == badNode {
		return left
	}
	p.space()
	pos, op := p.pos, p.comparison()
	if op == "" {
		return left
	}
	p.pos += len(op)
	p.space()
	right := p.joined(p.operand())
	if right.kind == badNode {
		return right
	}
	return &node{kind: operatorNode, pos: pos, name: op, args: []*node{left, right}}
}

// joined reads the operands that follow left after an ampersand.
func (p *parser) joined(left *node) *node {
	for left.kind != badNode {
		p.space()
		if p.peek() != '&' {
			break
		}
		if hint := p.foreign(); hint != "" {
			return p.fail(p.pos, Syntax, "%s is no operator%s", p.seen(), hint)
		}
		pos := p.pos
		p.pos++
		p.space()
		right := p.operand()
		if right.kind == badNode {
			return right
		}
		left = &node{kind: operatorNode, pos: pos, name: "&", args: []*node{left, right}}
	}
	return left
}

// comparison returns the comparison operator at the current place, or nothing.
func (p *parser) comparison() string {
	for _, op := range []string{"<>", "<=", ">=", "=", "<", ">"} {
		if strings.HasPrefix(p.text[p.pos:], op) {
			return op
		}
	}
	return ""
}

func (p *parser) operand() *node {
	switch c := p.peek(); {
	case c == '[':
		return p.attribute()
	case c == '"':
		return p.literal()
	case c == '&':
		return p.hexadecimal()
	case c == '-' || isDigit(c):
		return p.number()
	case isLetter(c):
		return p.word()
	default:
		return p.unexpected()
	}
}

// unexpected reports a character with which no operand begins, with the remedy
// where the slip is a known one.
func (p *parser) unexpected() *node {
	rest := p.text[p.pos:]
	switch {
	case rest == "":
		return p.fail(p.pos, Syntax, "the expression ends where a value is expected")
	case rest[0] == '\'', strings.HasPrefix(rest, "“"), strings.HasPrefix(rest, "”"):
		return p.fail(p.pos, Syntax, "text is written in straight double quotes, as \"text\"")
	case rest[0] == '(':
		return p.fail(p.pos, Syntax, "brackets follow the name of a function; they do not group")
	case rest[0] == '=' && p.pos > 0 && p.text[p.pos-1] == '=':
		return p.fail(p.pos, Syntax, "one = compares")
	case rest[0] == '=' || rest[0] == '<' || rest[0] == '>':
		return p.fail(p.pos, Syntax, "the comparison has nothing on its left")
	default:
		return p.fail(p.pos, Syntax, "%s begins no value; expected [attribute], \"text\", a number or a function", p.seen())
	}
}

// word reads a call or a keyword.
func (p *parser) word() *node {
	pos := p.pos
	for p.pos < len(p.text) && isWord(p.text[p.pos]) {
		p.pos++
	}
	name := p.text[pos:p.pos]
	p.space()
	if p.peek() == '(' {
		return p.call(name, pos)
	}
	for _, keyword := range keywords() {
		if strings.EqualFold(keyword, name) {
			return &node{kind: keywordNode, pos: pos, name: keyword}
		}
	}
	if fn, ok := lookup(name); ok {
		return p.fail(pos, Syntax, "%s is a function; its arguments follow in brackets: %s", fn.Name, fn.Signature())
	}
	if strings.EqualFold(name, "null") || strings.EqualFold(name, "nothing") {
		return p.fail(pos, Syntax, "null cannot be written; Switch without a default value gives it, and IgnoreAttributeFlow leaves the target attribute alone")
	}
	return p.fail(pos, Syntax, "%.40q is no value; an attribute is written [%.40s], text is written \"%.40s\"%s",
		name, name, name, suggestion(name, keywords(), "%s"))
}

// call reads the arguments of a function from its opening bracket on.
func (p *parser) call(name string, pos int) *node {
	n := &node{kind: callNode, pos: pos, name: name}
	open := p.pos
	p.pos++
	p.space()
	if p.peek() == ')' {
		p.pos++
		return n
	}
	for {
		arg := p.argument()
		n.args = append(n.args, arg)
		p.space()
		if c := p.peek(); arg.kind != badNode && c != ',' && c != ')' && c != 0 {
			p.fail(p.pos, Syntax, "expected a comma or a closing bracket in %s, found %s%s", name, p.seen(), p.foreign())
		}
		p.skip()
		if p.pos == len(p.text) {
			if !slices.ContainsFunc(n.args, func(a *node) bool { return a.kind == badNode }) {
				p.fail(open, Syntax, "the bracket after %s is never closed", name)
			}
			return &node{kind: badNode, pos: pos}
		}
		p.pos++
		if p.text[p.pos-1] == ')' {
			return n
		}
	}
}

// skip goes to the comma or bracket that ends the current argument.
func (p *parser) skip() {
	depth := 0
	for ; p.pos < len(p.text); p.pos++ {
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos = max(p.pos, closingQuote(p.text, p.pos)-1)
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0 && (c == ',' || c == ')'):
			return
		}
	}
}

// closingQuote returns the offset behind the quote that ends the literal that
// begins at start, or the end.
func closingQuote(text string, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// closingBracket returns the offset of the bracket that balances the one at start,
// or the end.
func closingBracket(text string, start int) int {
	depth := 0
	for i := start; i < len(text); i++ {
		switch text[i] {
		case '[':
			depth++
		case ']':
			depth--
		}
		if depth == 0 {
			return i
		}
	}
	return len(text)
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
