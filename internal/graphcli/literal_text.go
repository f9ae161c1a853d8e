package graphcli

import (
	"strconv"
	"strings"
	"unicode"
)

func (p *literalParser) done() bool { return p.at >= len(p.text) }

// peek returns the character at hand, and zero at the end.
func (p *literalParser) peek() rune {
	if p.done() {
		return 0
	}
	return p.text[p.at]
}

func (p *literalParser) take(sign string) bool {
	if !strings.HasPrefix(string(p.text[p.at:min(len(p.text), p.at+len(sign))]), sign) {
		return false
	}
	p.at += len(sign)
	return true
}

// until passes over everything before the sign and returns it.
func (p *literalParser) until(sign rune) string {
	start := p.at
	for !p.done() && p.peek() != sign {
		p.at++
	}
	return string(p.text[start:p.at])
}

// lineEnds tells whether the end of a line separates or is a blank like others.
type lineEnds uint8

const (
	passLineEnds lineEnds = iota
	stopAtLineEnd
)

// blank passes over blanks, comments and continued lines.
func (p *literalParser) blank(ends lineEnds) {
	for {
		switch c := p.peek(); {
		case p.take("<#"):
			p.blockComment()
		case c == '#':
			p.until('\n')
		case p.take("`\r\n"), p.take("`\n"):
		case c == '\n' || c == '\r':
			if ends == stopAtLineEnd {
				return
			}
			p.at++
		case !p.done() && unicode.IsSpace(c):
			p.at++
		default:
			return
		}
	}
}

func (p *literalParser) blockComment() {
	for !p.done() && !p.take("#>") {
		p.at++
	}
}

func (p *literalParser) separators() {
	for p.blank(passLineEnds); p.take(";"); {
		p.blank(passLineEnds)
	}
}

// PowerShell takes the typographic quotes of a word processor for quotes too.
func isQuote(c rune) bool  { return isSingle(c) || isDouble(c) }
func isSingle(c rune) bool { return c != 0 && strings.ContainsRune("'‘’‚‛", c) }
func isDouble(c rune) bool { return c != 0 && strings.ContainsRune("\"“”„", c) }

// quoted reads a string. Within single quotes every character stands for
// itself; within double quotes the backtick escapes. A doubled quote is one.
func (p *literalParser) quoted() (string, error) {
	start := p.at
	same, expands := isSingle, false
	if isDouble(p.peek()) {
		same, expands = isDouble, true
	}
	p.at++
	var text strings.Builder
	for !p.done() {
		c := p.peek()
		p.at++
		switch {
		case same(c) && same(p.peek()):
			p.at++
			text.WriteRune(c)
		case same(c):
			return text.String(), nil
		case expands && c == '`':
			if err := p.escape(&text); err != nil {
				return "", err
			}
		case expands && c == '$' && startsVariable(p.peek()):
			p.at--
			return "", p.fault("a $ within double quotes names a variable; use single quotes, or write `$")
		default:
			text.WriteRune(c)
		}
	}
	p.at = start
	return "", p.fault("the string has no end")
}

func startsVariable(c rune) bool {
	return unicode.IsLetter(c) || unicode.IsDigit(c) || c != 0 && strings.ContainsRune("_{($?^:", c)
}

// escape reads what follows a backtick.
func (p *literalParser) escape(text *strings.Builder) error {
	if p.done() {
		return p.fault("the string has no end")
	}
	c := p.peek()
	p.at++
	switch c {
	case 'u':
		return p.codePoint(text)
	case '0':
		c = 0
	case 'a':
		c = '\a'
	case 'b':
		c = '\b'
	case 'e':
		c = 0x1b
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'v':
		c = '\v'
	}
	text.WriteRune(c)
	return nil
}

func (p *literalParser) codePoint(text *strings.Builder) error {
	if !p.take("{") {
		return p.fault("`u must be followed by {hexadecimal digits}")
	}
	digits := p.until('}')
	code, err := strconv.ParseUint(digits, 16, 21)
	if err != nil || !p.take("}") || code > unicode.MaxRune {
		return p.fault("`u must be followed by {hexadecimal digits}")
	}
	text.WriteRune(rune(code))
	return nil
}
