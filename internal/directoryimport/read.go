package directoryimport

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"iter"
	"slices"

	"github.com/provisor/provisor/internal/errs"
)

// Format is what a file was recognized as.
type Format string

// The formats.
const (
	UsersCSV            Format = "CSV of users"
	GroupsCSV           Format = "CSV of groups"
	MembersCSV          Format = "CSV of the members of one group"
	GroupsAndMembersCSV Format = "CSV of groups with members"
	DocumentJSON        Format = "JSON document"
	LinesJSON           Format = "JSON lines"
)

// Options says what a file cannot.
type Options struct {
	// Group is the id or displayName of the group whose members the file lists.
	// Exports and templates of members do not name it.
	Group string
}

// Reader yields the rows of one file, once. It is not for concurrent use.
type Reader struct {
	format     Format
	properties []string
	warnings   warnings
	rows       iter.Seq2[Row, *RowError]
}

// bufferSize is how far ahead the format is looked for, in bytes.
const bufferSize = 1 << 16

// Open looks at the beginning of a file and recognizes it. Invalid when it is
// neither CSV nor JSON, or when its header tells neither users nor groups; the
// message names what was found. A failure of r is returned as it is.
func Open(r io.Reader, o Options) (*Reader, error) {
	buffered := bufio.NewReaderSize(decoded(r), bufferSize)
	beginning, err := buffered.Peek(bufferSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	text := bytes.TrimSpace(beginning)
	switch {
	case len(text) == 0:
		return nil, invalid("the file is empty")
	case bytes.IndexByte(text[:min(len(text), 512)], 0) >= 0:
		return nil, invalid("the file is neither CSV nor JSON: it holds binary data")
	case text[0] == '{' || text[0] == '[':
		return openJSON(buffered, text), nil
	}
	return openCSV(buffered, o)
}

func invalid(reason string) error {
	return errs.New(errs.Invalid, "ImportUnreadable", "The import is not started: %s.", reason)
}

// Format returns what the file was recognized as.
func (r *Reader) Format() Format { return r.format }

// Properties returns the Graph properties of users or groups that a CSV file has a
// column for, in order, so that an importer can tell a blank cell from a missing
// column. It is nil for JSON, and for members.
func (r *Reader) Properties() []string { return r.properties }

// Warnings returns what was noticed so far about the file as a whole, columns that
// are not read and the like, in the order of the file. It is complete once Rows
// has ended.
func (r *Reader) Warnings() []Warning {
	return slices.SortedFunc(slices.Values(r.warnings.all), func(a, b Warning) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
}

// Rows yields every row, or the error that keeps it from being one; exactly one of
// the two is set. After an error with Fatal nothing follows.
func (r *Reader) Rows() iter.Seq2[Row, *RowError] { return r.rows }

// warnings keeps each warning once.
type warnings struct {
	all  []Warning
	told map[string]bool
}

// add keeps a warning unless one about the same matter was kept before.
func (w *warnings) add(matter string, warning Warning) {
	if w.told[matter] {
		return
	}
	if w.told == nil {
		w.told = map[string]bool{}
	}
	w.told[matter] = true
	w.all = append(w.all, warning)
}
