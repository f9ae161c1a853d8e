package graphcli

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
)

// maxDepth bounds how deep hashtables and arrays nest.
const maxDepth = 32

// parseLiteral reads the data literals of PowerShell: hashtables @{…}, arrays
// @(…) and a,b, strings in either quote, numbers, $true, $false and $null.
// Comments and casts such as [ordered] are passed over. Anything that PowerShell
// would have to evaluate is an error.
//
// Hashtables come back as map[string]any, arrays as []any, numbers as
// json.Number. Errors name the place, never the text: it may hold secrets.
func parseLiteral(text string) (any, error) {
	p := &literalParser{text: []rune(text)}
	value, err := p.list(0)
	if err != nil {
		return nil, err
	}
	if p.blank(passLineEnds); !p.done() {
		return nil, p.fault("something follows the literal")
	}
	return value, nil
}

// isLiteral reports whether text begins like a hashtable, an array or a comment of
// PowerShell rather than like JSON or the name of a file.
func isLiteral(text string) bool {
	trimmed := strings.TrimSpace(text)
	for strings.HasPrefix(trimmed, "[") {
		name, rest, ok := strings.Cut(trimmed[1:], "]")
		if !ok || !isCast(name) {
			return false
		}
		trimmed = strings.TrimSpace(rest)
	}
	for _, beginning := range []string{"@{", "@(", "#", "<#"} {
		if strings.HasPrefix(trimmed, beginning) {
			return true
		}
	}
	return false
}

func isCast(name string) bool {
	switch strings.ToLower(name) {
	case "ordered", "pscustomobject", "hashtable", "psobject":
		return true
	}
	return false
}

type literalParser struct {
	text []rune
	at   int
}

// list reads one value, or several that commas join into an array.
func (p *literalParser) list(depth int) (any, error) {
	p.blank(passLineEnds)
	first, err := p.value(depth)
	if err != nil || !p.comma() {
		return first, err
	}
	items := []any{first}
	for {
		p.blank(passLineEnds)
		next, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		items = append(items, next)
		if !p.comma() {
			return items, nil
		}
	}
}

func (p *literalParser) comma() bool {
	p.blank(stopAtLineEnd)
	return p.take(",")
}

func (p *literalParser) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, p.fault("hashtables and arrays nest too deep")
	}
	switch c := p.peek(); {
	case p.take("@{"):
		return p.hashtable(depth + 1)
	case p.take("@("):
		return p.array(depth + 1)
	case p.take("("):
		return p.parenthesis(depth + 1)
	case c == '[':
		return p.cast(depth + 1)
	case isQuote(c):
		return p.quoted()
	case c == '$':
		return p.constant()
	case unicode.IsDigit(c) || c == '-' || c == '.':
		return p.number()
	}
	return nil, p.fault("a value must be quoted, a number, $true, $false, $null, @{…} or @(…)")
}

// hashtable reads key = value, separated by line ends or semicolons.
func (p *literalParser) hashtable(depth int) (any, error) {
	table := map[string]any{}
	seen := map[string]bool{}
	for {
		p.separators()
		if p.take("}") {
			return table, nil
		}
		key, err := p.key()
		if err != nil {
			return nil, err
		}
		if seen[strings.ToLower(key)] {
			return nil, p.fault("a key occurs twice")
		}
		seen[strings.ToLower(key)] = true
		if p.blank(stopAtLineEnd); !p.take("=") {
			return nil, p.fault("= is missing after a key")
		}
		if table[key], err = p.list(depth); err != nil {
			return nil, err
		}
		if err := p.endOf("}", "a ; or a new line is missing between two keys"); err != nil {
			return nil, err
		}
	}
}

// array reads values separated by commas, line ends or semicolons.
func (p *literalParser) array(depth int) (any, error) {
	items := []any{}
	for {
		p.separators()
		if p.take(")") {
			return items, nil
		}
		value, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		items = append(items, value)
		if p.comma() {
			continue
		}
		if err := p.endOf(")", "a comma is missing between two values"); err != nil {
			return nil, err
		}
	}
}

// endOf wants a separator, or the closing sign without taking it.
func (p *literalParser) endOf(closing, otherwise string) error {
	before := p.at
	p.blank(stopAtLineEnd)
	switch c := p.peek(); {
	case p.done():
		return p.fault(closing + " is missing")
	case strings.ContainsRune(closing+";\n\r", c):
		return nil
	}
	p.at = max(before, p.at)
	return p.fault(otherwise)
}

func (p *literalParser) parenthesis(depth int) (any, error) {
	value, err := p.list(depth)
	if err != nil {
		return nil, err
	}
	if p.blank(passLineEnds); !p.take(")") {
		return nil, p.fault(") is missing")
	}
	return value, nil
}

func (p *literalParser) cast(depth int) (any, error) {
	name := p.until(']')
	if !isCast(strings.Trim(name, "[")) || !p.take("]") {
		return nil, p.fault("only the casts [ordered], [hashtable], [psobject] and [pscustomobject] are known")
	}
	p.blank(stopAtLineEnd)
	return p.value(depth)
}

func (p *literalParser) key() (string, error) {
	if isQuote(p.peek()) {
		return p.quoted()
	}
	start := p.at
	for !p.done() && (unicode.IsLetter(p.peek()) || unicode.IsDigit(p.peek()) || strings.ContainsRune("_-", p.peek())) {
		p.at++
	}
	if p.at == start {
		return "", p.fault("a key must be a word or quoted")
	}
	return string(p.text[start:p.at]), nil
}

func (p *literalParser) constant() (any, error) {
	start := p.at
	p.at++
	for !p.done() && (unicode.IsLetter(p.peek()) || unicode.IsDigit(p.peek()) || p.peek() == '_') {
		p.at++
	}
	switch strings.ToLower(string(p.text[start:p.at])) {
	case "$true":
		return true, nil
	case "$false":
		return false, nil
	case "$null":
		return nil, nil
	}
	p.at = start
	return nil, p.fault("variables are not known here, only $true, $false and $null")
}

func (p *literalParser) number() (any, error) {
	start := p.at
	for !p.done() && strings.ContainsRune("+-.0123456789eE", p.peek()) {
		p.at++
	}
	text := string(p.text[start:p.at])
	if !json.Valid([]byte(text)) {
		p.at = start
		return nil, p.fault("that is no number")
	}
	return json.Number(text), nil
}

// fault names the place, counted in characters from 1.
func (p *literalParser) fault(reason string) error {
	return usagef("the hashtable goes wrong at character %s: %s", strconv.Itoa(p.at+1), reason)
}
