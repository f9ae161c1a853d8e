package directoryimport

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxValue bounds one value or line of JSON, in bytes. A group comes with its
// members, so this is large.
const maxValue = 1 << 27

var errBroken = errors.New("broken")

// values cuts JSON text into values without looking into them, so that one that
// is not JSON does not take the rest along. It counts lines.
type values struct {
	in   *bufio.Reader
	line int    // of what comes next, from 1
	text []byte // of the value
}

// peek passes over blanks and returns the first byte of what comes next.
func (v *values) peek() (byte, error) {
	for {
		next, err := v.in.Peek(1)
		if err != nil {
			return 0, err
		}
		switch next[0] {
		case '\n':
			v.line++
		case ' ', '\t', '\r':
		default:
			return next[0], nil
		}
		v.take()
	}
}

// take takes the byte that peek returned.
func (v *values) take() { _, _ = v.in.Discard(1) }

// value returns the text of one value; it is valid until the next call. An object
// ends with the brace that closes it outside of strings, an array likewise.
func (v *values) value() ([]byte, error) {
	first, err := v.peek()
	if err != nil {
		return nil, err
	}
	v.text = v.text[:0]
	end := scannerOf(first)
	for {
		if _, err := v.in.Peek(1); errors.Is(err, io.EOF) && end.mayEnd() {
			return v.text, nil
		} else if err != nil {
			return nil, err
		}
		chunk, _ := v.in.Peek(v.in.Buffered())
		n, done := end.scan(chunk)
		v.text = append(v.text, chunk[:n]...)
		v.line += bytes.Count(chunk[:n], []byte{'\n'})
		_, _ = v.in.Discard(n)
		switch {
		case done && len(v.text) == 0:
			return nil, errBroken
		case done:
			return v.text, nil
		case len(v.text) > maxValue:
			return nil, errors.New("a value is longer than 128 MiB")
		}
	}
}

// wholeLine returns the rest of the line, without blanks around.
func (v *values) wholeLine() ([]byte, error) {
	v.text = v.text[:0]
	for {
		part, err := v.in.ReadSlice('\n')
		v.text = append(v.text, part...)
		switch {
		case len(v.text) > maxValue:
			return nil, errors.New("a line is longer than 128 MiB")
		case errors.Is(err, bufio.ErrBufferFull):
		default:
			v.line++
			return bytes.TrimSpace(v.text), err
		}
	}
}

// scanner looks for the end of one value.
type scanner struct {
	open, shut byte // brackets, or zero for a value without
	depth      int
	quoted     bool
	escaped    bool
}

func scannerOf(first byte) *scanner {
	switch first {
	case '{':
		return &scanner{open: '{', shut: '}'}
	case '[':
		return &scanner{open: '[', shut: ']'}
	}
	return &scanner{}
}

// mayEnd reports whether the value is complete when the text ends here.
func (s *scanner) mayEnd() bool { return s.open == 0 && !s.quoted }

// scan returns how much of the text belongs to the value, and whether it ends
// there. A line end closes a string: JSON has none within.
func (s *scanner) scan(text []byte) (int, bool) {
	for i, c := range text {
		switch {
		case s.quoted:
			if s.inString(c) && s.open == 0 {
				return i + 1, true
			}
		case c == '"':
			s.quoted = true
		case s.open == 0:
			if bytes.IndexByte([]byte(",:]} \t\r\n"), c) >= 0 {
				return i, true
			}
		case c == s.open:
			s.depth++
		case c == s.shut:
			if s.depth--; s.depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(text), false
}

// inString takes a character of a string and reports whether the string ends.
func (s *scanner) inString(c byte) bool {
	switch {
	case s.escaped:
		s.escaped = false
	case c == '\\':
		s.escaped = true
	case c == '"', c == '\n':
		s.quoted = false
	}
	return !s.quoted
}
