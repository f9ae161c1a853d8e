package expression

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/provisor/provisor/internal/errs"
)

// Reason is the class of an [Error].
type Reason uint8

// The reasons. The zero Reason is Syntax.
const (
	Syntax           Reason = iota // the text is not an expression
	TooLong                        // the text has more than MaxLength characters
	UnknownFunction                // a function that does not exist
	UnknownAttribute               // an attribute that the source does not have
	BadArguments                   // too few, too many, or a combination that means nothing
	BadNumber                      // a number was expected
	BadDate                        // a date, an interval or a date format was expected
	BadPattern                     // not a .NET regular expression, or a group it does not have
	TimedOut                       // a regular expression took too long on this value
	OutOfRange                     // an index, a length or a position outside of what is there
	WrongKind                      // a list or a complex value where a single one is expected
	NoneUnique                     // every candidate of SelectUniqueValue is taken
	LookupFailed                   // the target could not be asked whether a value is taken
	Unavailable                    // the environment lacks what the function needs
	Raised                         // the expression itself called Error
)

// Error is one fault of an expression, found while it was compiled or while it
// was evaluated for one object.
type Error struct {
	Reason   Reason
	Source   string // the text of the expression; empty when it was given as a tree without text
	Pos      int    // offset of the fault in Source, in bytes
	Function string // the function concerned; may be empty
	Argument string // the parameter concerned; may be empty
	Message  string // for people, a sentence without its full stop
	cause    error
	flow     Kind // set when this is no fault but a flow marker on its way up
}

// Error returns the message with the function and argument and the place.
func (e *Error) Error() string {
	line, column := e.place()
	return fmt.Sprintf("%s%s (line %d, column %d)", e.subject(), e.Message, line, column)
}

func (e *Error) subject() string {
	switch {
	case e.Function == "":
		return ""
	case e.Argument == "":
		return e.Function + ": "
	default:
		return e.Function + ", argument " + e.Argument + ": "
	}
}

// Unwrap returns why a look-up failed, nil for every other error.
func (e *Error) Unwrap() error { return e.cause }

// As makes the error an Invalid [errs.Error], unless it has a cause that knows
// better.
func (e *Error) As(target any) bool {
	out, ok := target.(**errs.Error)
	if !ok || e.cause != nil {
		return false
	}
	*out = errs.New(errs.Invalid, "InvalidExpression", "%s", e.Error())
	return true
}

// place returns the line and the column of the fault, both from 1, the column
// in characters.
func (e *Error) place() (int, int) {
	before := e.Source[:e.Pos]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return line, column
}

// Pretty returns the message above the line of source with a caret under the
// fault. A long line is cut to what is around the fault.
func (e *Error) Pretty() string {
	const around = 60
	_, column := e.place()
	start := strings.LastIndexByte(e.Source[:e.Pos], '\n') + 1
	text, _, _ := strings.Cut(e.Source[start:], "\n")
	line := []rune(strings.TrimSuffix(text, "\r"))
	caret := min(column-1, len(line))
	if end := caret + around; end < len(line) {
		line = append(line[:end:end], '…')
	}
	if cut := caret - around; cut > 0 {
		line = append([]rune{'…'}, line[cut:]...)
		caret -= cut - 1
	}
	pad := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string(line[:caret]))
	return fmt.Sprintf("%s\n    %s\n    %s^", e.Error(), string(line), pad)
}

// Errors are all faults found in one text, in the order of their places. It is
// never empty.
type Errors []*Error

// Error returns the first message, and how many follow.
func (e Errors) Error() string {
	if more := len(e) - 1; more > 0 {
		return fmt.Sprintf("%s; and %d more", e[0].Error(), more)
	}
	return e[0].Error()
}

// Pretty returns every fault as [Error.Pretty] shows it.
func (e Errors) Pretty() string {
	all := make([]string, len(e))
	for i, one := range e {
		all[i] = one.Pretty()
	}
	return strings.Join(all, "\n")
}

// sort brings the faults into the order of the text.
func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b *Error) int { return a.Pos - b.Pos })
}

// Unwrap returns the faults, so that errors.As finds the first [*Error].
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}
