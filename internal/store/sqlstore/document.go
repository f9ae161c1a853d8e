package sqlstore

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// tombstone is the document of a purged object.
const tombstone = "null"

// encodeAttributes returns the canonical JSON of attributes: no blanks, members
// in the order of their names, so that equal attributes have equal texts.
func encodeAttributes(a directory.Attributes) (string, error) {
	if a == nil {
		return "{}", nil
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(a); err != nil {
		return "", errs.Wrap(err, errs.Invalid, codeBadRequest, "The attributes cannot be written as JSON.")
	}
	return strings.TrimSuffix(text.String(), "\n"), nil
}

// decodeAttributes reads a document. A cycle reads one for every object that
// changed, and nothing of that costs more than the JSON: so what encodeAttributes
// writes is read without a copy of its texts, several times as fast, and only
// another form by encoding/json.
func decodeAttributes(document string, of directory.ObjectID) (directory.Attributes, error) {
	r := documentReader{text: document}
	if a, ok := r.object(); ok && r.at == len(document) {
		return a, nil
	}
	var a directory.Attributes
	if err := json.Unmarshal([]byte(document), &a); err != nil {
		return nil, errUnreadable(err, "object "+string(of))
	}
	return a, nil
}

// documentReader reads canonical JSON. Its methods report false for any other
// text.
type documentReader struct {
	text string
	at   int
}

// next passes over c, if that is what comes.
func (r *documentReader) next(c byte) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *documentReader) word(w string) bool {
	if strings.HasPrefix(r.text[r.at:], w) {
		r.at += len(w)
		return true
	}
	return false
}

func (r *documentReader) value() (any, bool) {
	if r.at == len(r.text) {
		return nil, false
	}
	switch r.text[r.at] {
	case '"':
		return r.string()
	case '{':
		return r.object()
	case '[':
		return r.array()
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	default:
		return r.number()
	}
}

func (r *documentReader) object() (map[string]any, bool) {
	if !r.next('{') {
		return nil, false
	}
	members := make(map[string]any, 16)
	if r.next('}') {
		return members, true
	}
	for {
		name, ok := r.string()
		if !ok || !r.next(':') {
			return nil, false
		}
		if members[name], ok = r.value(); !ok {
			return nil, false
		}
		if r.next('}') {
			return members, true
		}
		if !r.next(',') {
			return nil, false
		}
	}
}

func (r *documentReader) array() (any, bool) {
	r.at++
	items := []any{}
	if r.next(']') {
		return items, true
	}
	for {
		item, ok := r.value()
		if !ok {
			return nil, false
		}
		items = append(items, item)
		if r.next(']') {
			return items, true
		}
		if !r.next(',') {
			return nil, false
		}
	}
}

func (r *documentReader) string() (string, bool) {
	if !r.next('"') {
		return "", false
	}
	length := strings.IndexAny(r.text[r.at:], `"\`)
	if length < 0 {
		return "", false
	}
	start := r.at
	r.at += length
	if r.next('"') {
		return r.text[start : start+length], true
	}
	return r.escaped(start)
}

// escaped reads a string with escapes, whose first character is at start.
func (r *documentReader) escaped(start int) (string, bool) {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case '\\':
			r.at += 2
		case '"':
			r.at++
			var s string
			err := json.Unmarshal([]byte(r.text[start-1:r.at]), &s)
			return s, err == nil
		default:
			r.at++
		}
	}
	return "", false
}

func (r *documentReader) number() (any, bool) {
	start := r.at
	for r.at < len(r.text) && strings.IndexByte("+-.0123456789Ee", r.text[r.at]) >= 0 {
		r.at++
	}
	number, err := strconv.ParseFloat(r.text[start:r.at], 64)
	return number, err == nil
}
