package expression

import "strings"

// foreign returns what to write instead of an operator of another language that
// stands at the current place, as the end of a message; nothing when there is none.
func (p *parser) foreign() string {
	rest := strings.ToUpper(p.text[p.pos:min(len(p.text), p.pos+4)])
	switch {
	case strings.HasPrefix(rest, "&&H"): // & before a hexadecimal number
	case strings.HasPrefix(rest, "&&"), startsWithWord(rest, "AND"):
		return "; a condition is one comparison: for AND put another IIF in the place of valueIfTrue"
	case strings.HasPrefix(rest, "||"), startsWithWord(rest, "OR"):
		return "; a condition is one comparison: for OR put another IIF in the place of valueIfFalse"
	case strings.HasPrefix(rest, "!="):
		return "; not equal is written <>"
	case strings.HasPrefix(rest, "+"):
		return "; texts are put together with & or Join"
	}
	return ""
}

func startsWithWord(text, word string) bool {
	behind, ok := strings.CutPrefix(text, word)
	return ok && (behind == "" || !isWord(behind[0]))
}
