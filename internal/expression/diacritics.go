package expression

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalizeDiacritics replaces Latin letters with marks by their base letters.
// It looks at one character with its combining marks at a time, so that marks
// of other scripts stay.
func normalizeDiacritics(text string) string {
	if isASCII(text) {
		return text
	}
	var b strings.Builder
	var it norm.Iter
	it.InitString(norm.NFD, text)
	for !it.Done() {
		start := it.Pos()
		decomposed := it.Next()
		base, size := utf8.DecodeRune(decomposed)
		if !unicode.Is(unicode.Latin, base) {
			b.WriteString(text[start:it.Pos()])
			continue
		}
		b.WriteString(baseLetters(base))
		writeUnmarked(&b, decomposed[size:])
	}
	return b.String()
}

// writeUnmarked writes what follows a base letter, without combining marks.
func writeUnmarked(b *strings.Builder, rest []byte) {
	for _, r := range string(rest) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteString(baseLetters(r))
		}
	}
}

// baseLetters spells the letters that Unicode does not decompose.
func baseLetters(r rune) string {
	switch r {
	case 'ø', 'œ':
		return "oe"
	case 'Ø', 'Œ':
		return "OE"
	case 'æ':
		return "ae"
	case 'Æ':
		return "AE"
	case 'ß':
		return "ss"
	case 'ẞ':
		return "SS"
	case 'ł':
		return "l"
	case 'Ł':
		return "L"
	case dotlessSmallI:
		return "i"
	default:
		return string(r)
	}
}

func isASCII[T string | []byte](text T) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
