package odata

import (
	"strconv"
	"strings"
	"time"
)

// literal reads a value and moves past it.
func (p *parser) literal() (Literal, error) {
	tok := p.tok
	if tok.kind == quoted {
		return tok.text, p.advance()
	}
	if tok.kind != word {
		return nil, faultAt(tok.at, "expected a value and found %s", tok.show())
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == quoted && isEnumType(tok.text) {
		value := p.tok.text
		return value, p.advance()
	}
	value, ok := parseWord(tok.text)
	if !ok {
		return nil, faultAt(tok.at, "'%.64s' is not a value; texts stand in single quotes, dates look like 2006-01-02T15:04:05Z", tok.text)
	}
	return value, nil
}

// isEnumType reports whether name is the qualified name of an enumeration, which
// stands before its quoted member.
func isEnumType(name string) bool {
	for segment := range strings.SplitSeq(name, ".") {
		if !isIdentifier(segment) {
			return false
		}
	}
	return strings.Contains(name, ".")
}

// parseWord reads an unquoted literal.
func parseWord(text string) (Literal, bool) {
	switch strings.ToLower(text) {
	case "null":
		return nil, true
	case "true":
		return true, true
	case "false":
		return false, true
	}
	if isGUID(text) {
		return strings.ToLower(text), true
	}
	if t, ok := parseDate(text); ok {
		return t, true
	}
	return parseNumber(text)
}

func parseDate(text string) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.UTC(), true
	}
	t, err := time.Parse(time.DateOnly, text)
	return t, err == nil
}

// parseNumber reads the number forms of OData, without the hexadecimal forms,
// underscores, infinities and NaN that Go would read.
func parseNumber(text string) (Literal, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	if strings.Trim(text, "0123456789.eE+-") != "" {
		return nil, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i] | 0x20; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if s[i] != '-' {
				return false
			}
		case !isDigit(s[i]) && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}

// formatLiteral writes a value so that parsing reads it again.
func formatLiteral(v Literal) string {
	switch v := v.(type) {
	case string:
		return Quote(v)
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return formatFloat(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	default:
		return "null"
	}
}

// formatFloat keeps a mark of the fraction, so that 1.0 is not read as an integer.
func formatFloat(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if strings.ContainsAny(s, ".e") {
		return s
	}
	return s + ".0"
}

// Quote writes a text as an OData string literal: in single quotes, those inside
// doubled.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
