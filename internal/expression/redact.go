package expression

import "strings"

// masked returns the text with a star for each byte of the literals that stand
// inside Redact(…), so that it can be shown. Offsets stay what they are. It reads
// texts that are no expressions as well.
func masked(text string) string {
	if !strings.Contains(strings.ToLower(text), "redact") {
		return text
	}
	m := &masking{text: text, shown: []byte(text)}
	for m.pos < len(text) {
		m.step()
	}
	return string(m.shown)
}

// masking goes over a text, once.
type masking struct {
	text  string
	shown []byte
	pos   int
	depth int // brackets that are open inside Redact, its own included; 0 is outside
}

func (m *masking) step() {
	switch c := m.text[m.pos]; {
	case c == '"':
		m.literal()
		return
	case c == '[':
		m.pos = closingBracket(m.text, m.pos)
		return
	case isLetter(c):
		m.word()
		return
	case m.depth > 0 && c == '(':
		m.depth++
	case m.depth > 0 && c == ')':
		m.depth--
	}
	m.pos++
}

// literal goes to the end of a literal, and masks it inside Redact.
func (m *masking) literal() {
	start := m.pos + 1
	m.pos = closingQuote(m.text, m.pos)
	if m.depth == 0 {
		return
	}
	for i := start; i < m.pos; i++ {
		if i < m.pos-1 || m.text[i] != '"' {
			m.shown[i] = '*'
		}
	}
}

// word goes over a name, and over the bracket that follows when it is Redact.
func (m *masking) word() {
	start := m.pos
	for m.pos < len(m.text) && isWord(m.text[m.pos]) {
		m.pos++
	}
	if m.depth > 0 || !strings.EqualFold(m.text[start:m.pos], "Redact") {
		return
	}
	behind := strings.TrimLeft(m.text[m.pos:], " \t\r\n")
	if strings.HasPrefix(behind, "(") {
		m.depth = 1
		m.pos = len(m.text) - len(behind) + 1
	}
}

func isWord(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }
