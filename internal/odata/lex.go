package odata

import (
	"strings"
	"unicode/utf8"
)

// kind is the lexical class of a token.
type kind uint8

const (
	end    kind = iota
	word        // a keyword, a property path, or an unquoted literal
	quoted      // a string literal, unquoted and with doubled quotes resolved
	open
	closed
	comma
	colon
)

// token is one lexeme of a filter. At is its position in characters from 1, as a
// person counts them.
type token struct {
	kind kind
	text string
	at   int
}

// show returns the token as an error names it.
func (t token) show() string {
	switch t.kind {
	case end:
		return "the end"
	case quoted:
		return "'" + t.text + "'"
	case word, open, closed, comma, colon:
		return "'" + t.text + "'"
	}
	return t.text
}

// lexer cuts a filter into tokens.
type lexer struct {
	text string
	pos  int // byte offset of what comes next
}

// next returns the following token; after the last one it returns end forever.
func (l *lexer) next() (token, error) {
	for l.pos < len(l.text) && isBlank(l.text[l.pos]) {
		l.pos++
	}
	if l.pos == len(l.text) {
		return token{kind: end, at: l.column(l.pos)}, nil
	}
	start := l.pos
	switch c := l.text[start]; c {
	case '(':
		return l.single(open), nil
	case ')':
		return l.single(closed), nil
	case ',':
		return l.single(comma), nil
	case '\'':
		return l.string()
	case ':':
		return l.single(colon), nil
	default:
		for l.pos < len(l.text) && !l.ends(start) {
			l.pos++
		}
		return token{kind: word, text: l.text[start:l.pos], at: l.column(start)}, nil
	}
}

// ends reports whether the word that began at start stops before pos. A colon is
// part of a date and time, and a separator after the variable of a lambda.
func (l *lexer) ends(start int) bool {
	switch c := l.text[l.pos]; c {
	case '(', ')', ',', '\'':
		return true
	case ':':
		return !isDigit(l.text[start])
	default:
		return isBlank(c)
	}
}

func (l *lexer) single(k kind) token {
	l.pos++
	return token{kind: k, text: l.text[l.pos-1 : l.pos], at: l.column(l.pos - 1)}
}

func (l *lexer) string() (token, error) {
	start := l.pos
	var b strings.Builder
	for l.pos++; l.pos < len(l.text); l.pos++ {
		if l.text[l.pos] != '\'' {
			b.WriteByte(l.text[l.pos])
			continue
		}
		if l.pos+1 < len(l.text) && l.text[l.pos+1] == '\'' {
			b.WriteByte('\'')
			l.pos++
			continue
		}
		l.pos++
		return token{kind: quoted, text: b.String(), at: l.column(start)}, nil
	}
	return token{}, faultAt(l.column(start), "the text that begins with a quote here has no closing quote; a quote inside a text is written twice")
}

// column counts characters, so that a position agrees with what a person sees.
func (l *lexer) column(offset int) int { return utf8.RuneCountInString(l.text[:offset]) + 1 }

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
