package odata

import (
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// Key addresses one entity of a set: by its id, or by an alternate key.
type Key struct {
	Property string // empty: the id
	Value    string
}

// Segment is one step of a resource path.
type Segment struct {
	Name string // as sent, without key, parentheses and namespace
	Raw  string // as sent
	Key  *Key   // from parentheses, as in jobs('id') or applications(appId='…')
}

// MaxSegments bounds a path.
const MaxSegments = 24

// ParsePath reads the segments of a path, each already percent-decoded. Empty
// segments, such as a trailing slash makes, are left out. Empty parentheses, as in
// functions(), mean nothing; a namespace, as in microsoft.graph.start, is dropped
// from Name.
func ParsePath(decoded []string) ([]Segment, error) {
	segments := make([]Segment, 0, len(decoded))
	for _, text := range decoded {
		if text == "" {
			continue
		}
		if len(segments) == MaxSegments {
			return nil, errs.New(errs.Invalid, "BadRequest", "The path has more than %d segments.", MaxSegments)
		}
		s, err := parseSegment(text)
		if err != nil {
			return nil, err
		}
		segments = append(segments, s)
	}
	return segments, nil
}

func parseSegment(text string) (Segment, error) {
	name, inside, found := strings.Cut(text, "(")
	s := Segment{Name: unqualified(name), Raw: text}
	if !found || name == "" {
		s.Name = unqualified(text)
		return s, nil
	}
	inside, terminated := strings.CutSuffix(inside, ")")
	if !terminated {
		return Segment{}, malformed(text)
	}
	if strings.TrimSpace(inside) == "" {
		return s, nil
	}
	key, ok := parseKey(strings.TrimSpace(inside))
	if !ok {
		return Segment{}, malformed(text)
	}
	s.Key = &key
	return s, nil
}

func malformed(segment string) error {
	return errs.New(errs.Invalid, "BadRequest",
		"The key in the segment '%.128s' is malformed. Write set('id') or set(property='value'), and a quote inside a value twice.", segment)
}

// unqualified drops the namespace of an action, function or type.
func unqualified(name string) string {
	for _, namespace := range []string{"microsoft.graph.", "graph."} {
		if len(name) > len(namespace) && strings.EqualFold(name[:len(namespace)], namespace) {
			return name[len(namespace):]
		}
	}
	return name
}

// parseKey reads 'id', id, property='value' or property=value.
func parseKey(text string) (Key, bool) {
	property, value, named := strings.Cut(text, "=")
	if !named || strings.HasPrefix(text, "'") {
		property, value = "", text
	}
	property = strings.TrimSpace(property)
	if named && property != "" && !isIdentifier(property) {
		return Key{}, false
	}
	value, ok := parseKeyValue(strings.TrimSpace(value))
	return Key{Property: property, Value: value}, ok
}

// parseKeyValue reads a quoted text, or an unquoted value such as a GUID.
func parseKeyValue(text string) (string, bool) {
	if !strings.HasPrefix(text, "'") {
		return text, text != "" && !strings.ContainsAny(text, "',()")
	}
	lex := lexer{text: text}
	tok, err := lex.string()
	return tok.text, err == nil && lex.pos == len(text) && tok.text != ""
}
