package directoryimport

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// maxRecord bounds one CSV row, in bytes. A quote that is opened and not closed
// within it is taken for a mistake, so that it cannot swallow the file.
const maxRecord = 1 << 18

// records reads CSV rows (RFC 4180). Unlike encoding/csv it goes on with the
// next line after a row with wrong quotes, whatever is wrong with them.
type records struct {
	in        *bufio.Reader
	separator byte
	line      int      // of the row that was read last, from 1
	read      int      // lines taken from in
	back      [][]byte // lines to read again, first one first
	text      []byte   // of the row
	scratch   []byte   // content of quoted cells
	cells     [][]byte // of the row; valid until the next is read
}

// next reads the next row that is not blank into cells. At the end it returns
// io.EOF, for a bad row a *RowError, for a failed reader its error.
func (r *records) next() error {
	for {
		text, err := r.takeLine()
		if err != nil {
			return err
		}
		r.line = r.read - len(r.back)
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		return r.parse(text)
	}
}

// parse splits a row into cells, after taking the lines that a quote joins to it.
func (r *records) parse(text []byte) error {
	r.text = append(r.text[:0], text...)
	first := len(r.text)
	if err := r.takeQuotedLines(); err != nil {
		r.putBack(first)
		return err
	}
	if reason := r.split(r.text); reason != "" {
		if len(r.text) > first {
			reason = unclosed
		}
		r.putBack(first)
		return r.fault(len(r.cells)+1, reason)
	}
	return r.checkText()
}

const unclosed = "a quote is opened and not closed properly; a quote within quotes must be doubled"

// takeQuotedLines appends lines for as long as the number of quotes is odd, which
// is to say that one is open at the end of the line.
func (r *records) takeQuotedLines() error {
	open := isOdd(r.text)
	column := 1
	if open {
		column += countOutsideQuotes(r.text, r.separator)
	}
	for open {
		if len(r.text) > maxRecord {
			return r.fault(column, unclosed)
		}
		more, err := r.takeLine()
		if errors.Is(err, io.EOF) {
			return r.fault(column, unclosed)
		}
		if err != nil {
			return err
		}
		r.text = append(r.text, more...)
		open = open != isOdd(more)
	}
	return nil
}

func isOdd(text []byte) bool { return bytes.Count(text, []byte{'"'})%2 == 1 }

// putBack gives back the lines after the first of a row, to be read as rows of
// their own.
func (r *records) putBack(first int) {
	var lines [][]byte
	for line := range bytes.Lines(r.text[first:]) {
		lines = append(lines, bytes.Clone(line))
	}
	r.back = append(lines, r.back...)
}

func (r *records) fault(column int, reason string) *RowError {
	return &RowError{Line: r.line, Column: column, Reason: reason}
}

func (r *records) checkText() error {
	if utf8.Valid(r.text) {
		return nil
	}
	for i, cell := range r.cells {
		if !utf8.Valid(cell) {
			return &RowError{Line: r.line, Column: i + 1, Reason: "the text is not UTF-8; save the file as \"CSV UTF-8\""}
		}
	}
	return nil
}

// takeLine returns the next line with its end. It is valid until the next call.
func (r *records) takeLine() ([]byte, error) {
	if len(r.back) > 0 {
		line := r.back[0]
		r.back = r.back[1:]
		return line, nil
	}
	line, err := r.in.ReadSlice('\n')
	if err == nil || errors.Is(err, io.EOF) && len(line) > 0 {
		r.read++
		return line, nil
	}
	if !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	return r.longLine(line)
}

// longLine collects a line that is longer than the buffer, up to the bound of a
// row, and leaves out what is beyond.
func (r *records) longLine(beginning []byte) ([]byte, error) {
	line := bytes.Clone(beginning)
	for {
		more, err := r.in.ReadSlice('\n')
		if len(line) <= maxRecord {
			line = append(line, more...)
		}
		switch {
		case err == nil, errors.Is(err, io.EOF):
			r.read++
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// split cuts text into cells, and returns why it is no row when it is none.
func (r *records) split(text []byte) string {
	r.cells, r.scratch = r.cells[:0], r.scratch[:0]
	if len(text) > maxRecord {
		return "the row is longer than 256 KiB"
	}
	text = trimEnd(text)
	for {
		var more bool
		var reason string
		if len(text) > 0 && text[0] == '"' {
			text, more, reason = r.quotedCell(text[1:])
		} else {
			text, more, reason = r.plainCell(text)
		}
		if reason != "" || !more {
			return reason
		}
	}
}

// plainCell reads a cell without quotes, and returns what follows its separator
// and whether there was one.
func (r *records) plainCell(text []byte) ([]byte, bool, string) {
	cell, rest, more := bytes.Cut(text, []byte{r.separator})
	if bytes.IndexByte(cell, '"') >= 0 {
		return nil, false, "a quote stands within a cell that is not quoted"
	}
	r.cells = append(r.cells, cell)
	return rest, more, ""
}

// quotedCell does the same for a cell whose opening quote was read.
func (r *records) quotedCell(text []byte) ([]byte, bool, string) {
	rest, closed := r.quoted(text)
	switch {
	case !closed:
		return nil, false, unclosed
	case len(rest) == 0:
		return nil, false, ""
	case rest[0] != r.separator:
		r.cells = r.cells[:len(r.cells)-1]
		return nil, false, "something follows a closing quote"
	}
	return rest[1:], true, ""
}

// quoted reads a quoted cell after its opening quote, and returns what follows
// the closing one.
func (r *records) quoted(text []byte) ([]byte, bool) {
	start := len(r.scratch)
	for {
		end := bytes.IndexByte(text, '"')
		if end < 0 {
			return nil, false
		}
		doubled := end+1 < len(text) && text[end+1] == '"'
		if !doubled && len(r.scratch) == start {
			r.cells = append(r.cells, text[:end])
			return text[end+1:], true
		}
		r.scratch = append(r.scratch, text[:end]...)
		if !doubled {
			r.cells = append(r.cells, r.scratch[start:len(r.scratch):len(r.scratch)])
			return text[end+1:], true
		}
		r.scratch = append(r.scratch, '"')
		text = text[end+2:]
	}
}

func trimEnd(text []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
}
