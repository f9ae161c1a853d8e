package expression

import (
	"strings"
	"unicode"
)

// The invariant culture keeps dotless and dotted i apart, unlike Unicode's
// simple case mapping.
const (
	dotlessSmallI = 'ı'
	dottedLargeI  = 'İ'
)

func toLower(text, culture string) string {
	if isTurkic(culture) {
		return strings.ToLowerSpecial(unicode.TurkishCase, text)
	}
	if !strings.ContainsRune(text, dottedLargeI) {
		return strings.ToLower(text)
	}
	return strings.Map(lowerRune, text)
}

func toUpper(text, culture string) string {
	if isTurkic(culture) {
		return strings.ToUpperSpecial(unicode.TurkishCase, text)
	}
	if !strings.ContainsRune(text, dotlessSmallI) {
		return strings.ToUpper(text)
	}
	return strings.Map(upperRune, text)
}

func lowerRune(r rune) rune {
	if r == dottedLargeI {
		return r
	}
	return unicode.ToLower(r)
}

func upperRune(r rune) rune {
	if r == dotlessSmallI {
		return r
	}
	return unicode.ToUpper(r)
}

func lowerASCII(text []byte) {
	for i, c := range text {
		if 'A' <= c && c <= 'Z' {
			text[i] = c | 0x20
		}
	}
}

func upperASCII(text []byte) {
	for i, c := range text {
		if 'a' <= c && c <= 'z' {
			text[i] = c &^ 0x20
		}
	}
}

// foldRune makes two letters equal that differ only in case.
func foldRune(r rune) rune { return lowerRune(upperRune(r)) }

func isTurkic(culture string) bool {
	language, _, _ := strings.Cut(strings.ToLower(culture), "-")
	return language == "tr" || language == "az"
}

// isCulture accepts the empty (invariant) culture and names such as en or zh-Hans-CN.
func isCulture(name string) bool {
	if name == "" {
		return true
	}
	for i, part := range strings.Split(name, "-") {
		if len(part) < 2 || len(part) > 8 || i == 0 && len(part) > 3 {
			return false
		}
		if strings.Trim(strings.ToLower(part), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return false
		}
	}
	return true
}

// properCase lowers everything, then raises the character that begins a word.
func properCase(text string, ends func(rune) bool) string {
	first := true
	return strings.Map(func(r rune) rune {
		begins := first
		first = ends(r)
		if begins {
			return upperRune(r)
		}
		return lowerRune(r)
	}, text)
}

// titleCase lowers everything, then raises the first letter of each word, as .NET's
// ToTitleCase does: a word that begins with a digit has its first letter raised too.
func titleCase(text string) string {
	first := true
	return strings.Map(func(r rune) rune {
		begins := first && unicode.IsLetter(r)
		first = isWordBreak(r) || first && !begins
		if begins {
			return upperRune(r)
		}
		return lowerRune(r)
	}, text)
}

// isWordBreak reports white space, control and format characters, punctuation
// and symbols.
func isWordBreak(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Z, unicode.Cc, unicode.Cf, unicode.P, unicode.S)
}
