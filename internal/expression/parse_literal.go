package expression

import "strings"

// attribute reads [name]; the name goes to the bracket that balances the first.
func (p *parser) attribute() *node {
	pos := p.pos
	p.pos = closingBracket(p.text, pos)
	if p.pos == len(p.text) {
		return p.fail(pos, Syntax, "the attribute's bracket is never closed")
	}
	p.pos++
	name := strings.TrimSpace(p.text[pos+1 : p.pos-1])
	if name == "" {
		return p.fail(pos, Syntax, "the attribute has no name; write [attributeName]")
	}
	return &node{kind: attributeNode, pos: pos, name: name}
}

// literal reads "text". A backslash escapes a quote and itself; before any other
// character it stands for itself, as in regular expressions.
func (p *parser) literal() *node {
	pos := p.pos
	var b strings.Builder
	for p.pos++; p.pos < len(p.text); p.pos++ {
		c := p.text[p.pos]
		if c == '"' {
			p.pos++
			return &node{kind: textNode, pos: pos, name: b.String()}
		}
		if c == '\\' && p.pos+1 < len(p.text) && (p.text[p.pos+1] == '\\' || p.text[p.pos+1] == '"') {
			p.pos++
			c = p.text[p.pos]
		}
		b.WriteByte(c)
	}
	return p.fail(pos, Syntax, "the text that begins here has no closing quote")
}

// number reads a decimal number.
func (p *parser) number() *node {
	pos := p.pos
	if p.text[p.pos] == '-' {
		p.pos++
	}
	if p.digits() == 0 {
		return p.fail(pos, Syntax, "a digit is expected after the minus sign")
	}
	if p.peek() == '.' {
		p.pos++
		if p.digits() == 0 {
			return p.fail(pos, Syntax, "a digit is expected after the decimal point")
		}
	}
	return p.endNumber(pos)
}

// hexadecimal reads &H and its digits.
func (p *parser) hexadecimal() *node {
	pos := p.pos
	p.pos++
	if p.peek()|0x20 != 'h' {
		return p.fail(pos, Syntax, "& stands between two texts, or begins a hexadecimal number such as &HF7")
	}
	p.pos++
	start := p.pos
	for p.pos < len(p.text) && isHex(p.text[p.pos]) {
		p.pos++
	}
	if digits := p.pos - start; digits == 0 || digits > 16 {
		return p.fail(pos, Syntax, "&H is followed by 1 to 16 hexadecimal digits")
	}
	return p.endNumber(pos)
}

func (p *parser) endNumber(pos int) *node {
	if c := p.peek(); isLetter(c) || isDigit(c) || c == '_' {
		return p.fail(p.pos, Syntax, "%s follows a number directly; text is written in double quotes", p.seen())
	}
	return &node{kind: numberNode, pos: pos, name: p.text[pos:p.pos]}
}

func (p *parser) digits() int {
	start := p.pos
	for p.pos < len(p.text) && isDigit(p.text[p.pos]) {
		p.pos++
	}
	return p.pos - start
}

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
