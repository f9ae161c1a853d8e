package directoryimport

import (
	"fmt"
	"strings"

	"github.com/provisor/provisor/internal/directory"
)

// Row is a [User], a [Group] or a [Member].
type Row interface {
	// Line returns the line of the file on which the row begins, from 1.
	Line() int
}

// line is the place of a row.
type line int

// Line returns the line of the file on which the row begins, from 1.
func (l line) Line() int { return int(l) }

// User is one person.
type User struct {
	line
	ID directory.ObjectID // empty when the file does not tell
	// Attributes holds userPrincipalName and what else the file tells, by Graph
	// property name and in Graph's types. A blank cell leaves its property out; a
	// null of JSON stays nil.
	Attributes directory.Attributes
	Manager    string // id or userPrincipalName of the manager; empty when the file names none
}

// Group is one group. Its members come as rows of their own, after it.
type Group struct {
	line
	ID         directory.ObjectID // empty when the file does not tell
	Attributes directory.Attributes
}

// Member is one membership.
type Member struct {
	line
	Group  string         // id, or displayName
	Member string         // id, userPrincipalName, or displayName of a group
	Kind   directory.Kind // of the member; empty when the file does not tell
}

// RowError is a row that was left out, and why.
type RowError struct {
	Line   int    // from 1
	Column int    // cell of a CSV row, from 1; zero when the row as a whole is meant
	Name   string // of the column or property; may be empty
	Value  string // what stands there, shortened; empty when it may not be shown
	Reason string
	Fatal  bool // the file cannot be read beyond this place
}

// Error returns place, value and reason in one line.
func (e *RowError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "line %d", e.Line)
	if e.Column > 0 {
		fmt.Fprintf(&text, ", column %d", e.Column)
	}
	if e.Name != "" {
		fmt.Fprintf(&text, " (%s)", e.Name)
	}
	text.WriteString(": ")
	if e.Value != "" {
		fmt.Fprintf(&text, "%q ", e.Value)
	}
	text.WriteString(e.Reason)
	return text.String()
}

// maxShown is how much of a value an error shows, in characters.
const maxShown = 40

// shortened returns the beginning of a value.
func shortened(value string) string {
	shown := 0
	for i := range value {
		if shown++; shown > maxShown {
			return value[:i] + "…"
		}
	}
	return value
}

// Warning is something about the file as a whole that a person should know; it
// concerns no single row. Each is told once.
type Warning struct {
	Line    int // where it was noticed first, from 1
	Column  int // cell of a CSV row, from 1; zero when no column is meant
	Message string
}

// String returns place and message in one line.
func (w Warning) String() string {
	if w.Column > 0 {
		return fmt.Sprintf("line %d, column %d: %s", w.Line, w.Column, w.Message)
	}
	return fmt.Sprintf("line %d: %s", w.Line, w.Message)
}
