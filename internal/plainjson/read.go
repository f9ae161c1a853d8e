// Package plainjson reads and writes JSON made of objects, arrays, texts, Booleans and
// numbers, as encoding/json does with map[string]any and []any. A cycle reads and writes
// several documents for each object, and little else costs it as much: so what needs no
// escapes and no conversion is taken as it is, and all the rest is left to encoding/json,
// which also has the last word on every fault.
package plainjson

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Object reads a JSON object; null gives nil. Its texts share memory with one copy of
// the text. The error is that of encoding/json.
func Object(text []byte) (map[string]any, error) { return Text(string(text)) }

// Text is [Object] for a text that need not be copied.
func Text(text string) (map[string]any, error) {
	r := reader{text: text, expected: min(len(text)/memberSize, mostExpected)}
	r.blanks()
	if o, ok := r.object(); ok {
		if r.blanks(); r.at == len(r.text) {
			return o, nil
		}
	}
	var o map[string]any
	err := json.Unmarshal([]byte(text), &o)
	return o, err
}

// How many members the outermost object is expected to have, so that it need not grow:
// one for so many bytes, and not more than a short text may pretend.
const (
	memberSize   = 40
	mostExpected = 48
)

// Some is [Object] of the members whose names are wanted: the others need only be JSON.
func Some(text []byte, wanted func(name string) bool) (map[string]any, error) {
	r := reader{text: string(text), wanted: wanted}
	r.blanks()
	if o, ok := r.object(); ok {
		if r.blanks(); r.at == len(r.text) {
			return o, nil
		}
	}
	var o map[string]any
	err := json.Unmarshal(text, &o)
	maps.DeleteFunc(o, func(name string, _ any) bool { return !wanted(name) })
	return o, err
}

// deepest is how far values may nest; encoding/json judges what goes deeper.
const deepest = 64

// reader reads a text from a place on. Its methods report false for what is not plain.
type reader struct {
	text  string
	at    int
	depth int
	// expected is how many members the outermost object may have.
	expected int
	// wanted tells which members of the outermost object are read; nil reads all.
	wanted func(name string) bool
}

func (r *reader) blanks() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\n', '\r', '\t':
			r.at++
		default:
			return
		}
	}
}

// next passes over c and blanks around it, if that is what comes.
func (r *reader) next(c byte) bool {
	r.blanks()
	if r.at == len(r.text) || r.text[r.at] != c {
		return false
	}
	r.at++
	r.blanks()
	return true
}

func (r *reader) word(w string) bool {
	if !strings.HasPrefix(r.text[r.at:], w) {
		return false
	}
	r.at += len(w)
	return true
}

func (r *reader) value() (any, bool) {
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

func (r *reader) object() (map[string]any, bool) {
	if r.depth++; r.depth > deepest || !r.next('{') {
		return nil, false
	}
	members := make(map[string]any, r.room())
	if !r.next('}') {
		for more := true; more; more = r.next(',') {
			name, ok := r.string()
			if !ok || !r.next(':') {
				return nil, false
			}
			if !r.member(members, name) {
				return nil, false
			}
		}
		if !r.next('}') {
			return nil, false
		}
	}
	r.depth--
	return members, true
}

// room is for how many members an object is made.
func (r *reader) room() int {
	if r.depth == 1 {
		return r.expected
	}
	return 0
}

// member reads the value of a member that is wanted, or passes over it.
func (r *reader) member(members map[string]any, name string) bool {
	if r.depth == 1 && r.wanted != nil && !r.wanted(name) {
		return r.pass()
	}
	v, ok := r.value()
	members[name] = v
	return ok
}

func (r *reader) array() (any, bool) {
	if r.depth++; r.depth > deepest || !r.next('[') {
		return nil, false
	}
	items := []any{}
	if !r.next(']') {
		for more := true; more; more = r.next(',') {
			item, ok := r.value()
			if !ok {
				return nil, false
			}
			items = append(items, item)
		}
		if !r.next(']') {
			return nil, false
		}
	}
	r.depth--
	return items, true
}

// string reads a text. One with an escape, or with anything but ASCII, is converted.
func (r *reader) string() (string, bool) {
	if r.at == len(r.text) || r.text[r.at] != '"' {
		return "", false
	}
	r.at++
	for i := r.at; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			s := r.text[r.at:i]
			r.at = i + 1
			return s, true
		case c == '\\' || c < ' ' || c >= utf8.RuneSelf:
			return r.converted(i)
		}
	}
	return "", false
}

// converted reads a text with something in it that is not plain at i.
func (r *reader) converted(i int) (string, bool) {
	start := r.at - 1
	for ; i < len(r.text); i++ {
		switch r.text[i] {
		case '\\':
			i++
		case '"':
			r.at = i + 1
			var s string
			err := json.Unmarshal([]byte(r.text[start:r.at]), &s)
			return s, err == nil
		}
	}
	return "", false
}

// number reads a number. One that is not made of a few digits is converted.
func (r *reader) number() (any, bool) {
	start := r.at
	for r.at < len(r.text) && strings.IndexByte("+-.0123456789Ee", r.text[r.at]) >= 0 {
		r.at++
	}
	text := r.text[start:r.at]
	if len(text) < 10 && (text == "0" || text != "" && text[0] >= '1') {
		if n, err := strconv.ParseUint(text, 10, 32); err == nil {
			return float64(n), true
		}
	}
	var n float64
	err := json.Unmarshal([]byte(text), &n)
	return n, err == nil
}

// pass passes over a value. It reports false for one with an escape, which
// encoding/json has to judge.
func (r *reader) pass() bool {
	if r.at == len(r.text) {
		return false
	}
	switch r.text[r.at] {
	case '"':
		return r.passString()
	case '{':
		return r.passMembers('{', '}', func() bool { return r.passString() && r.next(':') && r.pass() })
	case '[':
		return r.passMembers('[', ']', r.pass)
	default:
		_, ok := r.value()
		return ok
	}
}

func (r *reader) passMembers(open, closing byte, member func() bool) bool {
	if r.depth++; r.depth > deepest || !r.next(open) {
		return false
	}
	if !r.next(closing) {
		for more := true; more; more = r.next(',') {
			if !member() {
				return false
			}
		}
		if !r.next(closing) {
			return false
		}
	}
	r.depth--
	return true
}

func (r *reader) passString() bool {
	if r.at == len(r.text) || r.text[r.at] != '"' {
		return false
	}
	for i := r.at + 1; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			r.at = i + 1
			return true
		case c == '\\' || c < ' ':
			return false
		}
	}
	return false
}
