package scim

import (
	"strings"
)

// Path names an attribute, a sub-attribute, or a value of a multi-valued attribute
// (RFC 7644 section 3.10 and figure 7):
//
//	userName
//	name.givenName
//	emails[type eq "work"].value
//	urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value
//
// The zero Path names the resource itself; a Path with a URN and no attribute
// names the whole extension.  Paths are immutable.
type Path struct {
	urn    string
	attr   string
	filter Filter
	sub    string
}

// ParsePath reads a path.  It also takes the two spellings in which a dot stands
// between URN and attribute (SCIM 1.1 and an old sample of Microsoft's).
// Errors are [InvalidPath].
func ParsePath(s string) (Path, error) {
	p, err := parsePath(s, 0)
	if err != nil {
		return Path{}, err
	}
	return p, nil
}

// maxPath bounds a path in bytes; the longest that a mapping can hold is shorter.
const maxPath = 4096

func parsePath(s string, depth int) (Path, error) {
	if s == "" || len(s) > maxPath {
		return Path{}, badRequest(InvalidPath, "an attribute path has 1 to %d characters, this one has %d", maxPath, len(s))
	}
	head, inner, sub, err := splitFilter(s)
	if err != nil {
		return Path{}, err
	}
	urn, rest := splitURN(head)
	p := Path{urn: urn}
	p.attr, p.sub, _ = strings.Cut(rest, ".")
	if inner != "" {
		if p.sub != "" || depth > 0 {
			return Path{}, badRequest(InvalidPath, "the path %q has a value filter where none may stand", s)
		}
		p.sub = sub
		if p.filter, err = parseFilter(inner, depth+1); err != nil {
			return Path{}, badRequest(InvalidPath, "the value filter of the path %q is wrong: %v", s, err)
		}
	}
	if err := p.check(s, rest); err != nil {
		return Path{}, err
	}
	return p, nil
}

// check refuses names that are none.
func (p Path) check(s, rest string) error {
	wholeExtension := p.attr == "" && rest == "" && p.urn != "" && p.filter.IsZero()
	switch {
	case p.urn != "" && !isURN(p.urn):
		return badRequest(InvalidPath, "the path %q holds a character that no URN has", s)
	case wholeExtension:
		return nil
	case !isName(p.attr), strings.HasSuffix(rest, "."), p.sub != "" && !isName(p.sub):
		return badRequest(InvalidPath, "the path %q does not name an attribute", s)
	default:
		return nil
	}
}

// splitFilter cuts s into the part before the value filter, the filter, and the
// sub-attribute behind it.
func splitFilter(s string) (string, string, string, error) {
	open := strings.IndexByte(s, '[')
	if open < 0 {
		return s, "", "", nil
	}
	end := closing(s, open)
	if end < 0 || end == open+1 {
		return "", "", "", badRequest(InvalidPath, "the value filter of the path %q is empty or not closed", s)
	}
	tail := s[end+1:]
	sub, dotted := strings.CutPrefix(tail, ".")
	if tail != "" && (!dotted || sub == "") {
		return "", "", "", badRequest(InvalidPath, "the path %q goes on after its value filter without naming a sub-attribute", s)
	}
	return s[:open], s[open+1 : end], sub, nil
}

// closing returns the index of the bracket that closes the one at open, or -1.
// Brackets within strings do not count.
func closing(s string, open int) int {
	quoted := false
	for i := open + 1; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ']' && !quoted:
			return i
		}
	}
	return -1
}

// splitURN cuts the schema URN off.  A schema ends in <version>:<name>, or, in
// SCIM 1.1, in <version>.
func splitURN(s string) (string, string) {
	if !hasPrefixFold(s, "urn:") {
		return "", s
	}
	last := strings.LastIndexByte(s, ':')
	before, tail := s[:last], s[last+1:]
	if tail == "" {
		return before, "." // no attribute behind the colon
	}
	if n := versionLength(tail); n > 0 {
		if n == len(tail) {
			return s, ""
		}
		if tail[n] == '.' {
			return s[:last+1+n], tail[n+1:]
		}
	}
	if endsInVersion(before) && !hasPrefixFold(s, "urn:scim:schemas:") {
		name, rest, dotted := strings.Cut(tail, ".")
		if dotted && rest == "" {
			rest = "."
		}
		return before + ":" + name, rest
	}
	return before, tail
}

func endsInVersion(urn string) bool {
	segment := urn[strings.LastIndexByte(urn, ':')+1:]
	return segment != "" && versionLength(segment) == len(segment)
}

// versionLength returns the length of the leading "digits.digits", or 0.
func versionLength(s string) int {
	major := digits(s)
	if major == 0 || major == len(s) || s[major] != '.' {
		return 0
	}
	minor := digits(s[major+1:])
	if minor == 0 {
		return 0
	}
	return major + 1 + minor
}

func digits(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}

// String writes the path so that [ParsePath] gives it back.
func (p Path) String() string {
	var b strings.Builder
	p.write(&b)
	return b.String()
}

func (p Path) write(b *strings.Builder) {
	b.WriteString(p.urn)
	if p.urn != "" && p.attr != "" {
		if endsInVersion(p.urn) {
			b.WriteByte('.')
		} else {
			b.WriteByte(':')
		}
	}
	b.WriteString(p.attr)
	if !p.filter.IsZero() {
		b.WriteByte('[')
		p.filter.root.write(b)
		b.WriteByte(']')
	}
	if p.sub != "" {
		b.WriteByte('.')
		b.WriteString(p.sub)
	}
}

// IsZero reports whether p names the resource itself.
func (p Path) IsZero() bool { return p.urn == "" && p.attr == "" }

// URN returns the schema URN that the path was written with, or "".
func (p Path) URN() string { return p.urn }

// Extension returns the URN of the extension that holds the attribute, or "" for
// an attribute of the core schema, however it was written.
func (p Path) Extension() string {
	if hasPrefixFold(p.urn, "urn:ietf:params:scim:schemas:core:") {
		return ""
	}
	return p.urn
}

// Attribute returns the name of the attribute without sub-attribute, or "" where
// the path names a whole extension.
func (p Path) Attribute() string { return p.attr }

// SubAttribute returns the name of the sub-attribute, or "".
func (p Path) SubAttribute() string { return p.sub }

// Filter returns the value filter; it is zero where the path has none.
func (p Path) Filter() Filter { return p.filter }

// Base returns the path without value filter and sub-attribute:
// emails[type eq "work"].value has the base emails.
func (p Path) Base() Path { return Path{urn: p.urn, attr: p.attr} }

// Equal reports whether p and q name the same thing; names are compared without
// regard to case and a core URN is the same as none.
func (p Path) Equal(q Path) bool {
	return strings.EqualFold(p.Extension(), q.Extension()) &&
		strings.EqualFold(p.attr, q.attr) && strings.EqualFold(p.sub, q.sub) &&
		p.filter.String() == q.filter.String()
}

// isName reports whether s is an attribute name (RFC 7643 section 2.1), $ref
// included.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '$' && i == 0
		later := c >= '0' && c <= '9' || c == '-'
		if !letter && (i == 0 || !later) {
			return false
		}
	}
	return s != ""
}

// isURN reports whether s has the shape urn:x:y and only characters that need no
// quoting in a path.
func isURN(s string) bool {
	if strings.Count(s, ":") < 2 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("-._:/%~+", rune(c)) {
			return false
		}
	}
	return true
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
