package expression

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// layout is a .NET custom date and time format, taken apart.
type layout struct {
	pattern string
	fields  []field
}

// field is one part of a layout: a run of a format letter, or a literal.
type field struct {
	letter byte   // 0 for a literal
	count  int    // how often the letter stands
	text   string // of a literal
}

// parseLayout reads a .NET format. A single letter is a standard format.
func parseLayout(pattern string) (layout, error) {
	custom := pattern
	if len(pattern) == 1 {
		var ok bool
		if custom, ok = standardLayout(pattern[0]); !ok {
			return layout{}, fmt.Errorf("%s is not one of the standard formats d D f F g G m o r s t T u U y", pattern)
		}
	}
	l := layout{pattern: pattern}
	for rest := custom; rest != ""; {
		f, used, err := nextField(rest)
		if err != nil {
			return layout{}, err
		}
		l.fields = append(l.fields, f)
		rest = rest[used:]
	}
	if len(l.fields) == 0 {
		return layout{}, errors.New("it is empty")
	}
	return l, nil
}

// standardLayout returns the custom form of a standard format, for en-US.
func standardLayout(letter byte) (string, bool) {
	switch letter {
	case 'd':
		return "M/d/yyyy", true
	case 'D':
		return "dddd, MMMM d, yyyy", true
	case 'f':
		return "dddd, MMMM d, yyyy h:mm tt", true
	case 'F', 'U':
		return "dddd, MMMM d, yyyy h:mm:ss tt", true
	case 'g':
		return "M/d/yyyy h:mm tt", true
	case 'G':
		return "M/d/yyyy h:mm:ss tt", true
	case 'm', 'M':
		return "MMMM d", true
	case 'o', 'O':
		return "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK", true
	case 'r', 'R':
		return "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'", true
	default:
		return standardTimeLayout(letter)
	}
}

func standardTimeLayout(letter byte) (string, bool) {
	switch letter {
	case 's':
		return "yyyy'-'MM'-'dd'T'HH':'mm':'ss", true
	case 't':
		return "h:mm tt", true
	case 'T':
		return "h:mm:ss tt", true
	case 'u':
		return "yyyy'-'MM'-'dd HH':'mm':'ss'Z'", true
	case 'y', 'Y':
		return "MMMM yyyy", true
	default:
		return "", false
	}
}

// nextField reads the first field and says how many bytes it takes.
func nextField(pattern string) (field, int, error) {
	switch c := pattern[0]; c {
	case 'y', 'M', 'd', 'H', 'h', 'm', 's', 'f', 'F', 't', 'z', 'K', 'g':
		return nextLetter(pattern)
	case '\'', '"':
		end := strings.IndexByte(pattern[1:], c)
		if end < 0 {
			return field{}, 0, fmt.Errorf("the quote %c is never closed", c)
		}
		return field{text: pattern[1 : end+1]}, end + 2, nil
	case '\\':
		if len(pattern) == 1 {
			return field{}, 0, errors.New("a backslash ends it")
		}
		_, size := utf8.DecodeRuneInString(pattern[1:])
		return field{text: pattern[1 : 1+size]}, 1 + size, nil
	case '%':
		if len(pattern) == 1 || pattern[1] == '%' {
			return field{}, 0, errors.New("a percent sign stands before one format letter")
		}
		f, used, err := nextField(pattern[1:])
		return f, used + 1, err
	default:
		_, size := utf8.DecodeRuneInString(pattern)
		return field{text: pattern[:size]}, size, nil
	}
}

// nextLetter reads a run of a format letter.
func nextLetter(pattern string) (field, int, error) {
	n := len(pattern) - len(strings.TrimLeft(pattern, pattern[:1]))
	f := field{letter: pattern[0], count: n}
	switch f.letter {
	case 'f', 'F':
		if n > 7 {
			return field{}, 0, errors.New("a second has at most 7 decimals")
		}
	case 'K':
		return field{letter: 'K', count: 1}, 1, nil
	}
	return f, n, nil
}
