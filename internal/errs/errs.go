// Package errs holds the one typed error of the program.
//
// Every floor may return an [*Error]; three places translate it, each once:
// graphapi into an OData error, app into an exit code, and engine into a row of
// the provisioning log. An error that is not an [*Error] is [Internal], and its
// text never leaves the process except in the operator's log.
package errs

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is the coarse class of an error. It decides the HTTP status and the exit
// code, each in exactly one table.
type Kind uint8

// The kinds. The zero Kind is Internal, so that a forgotten kind never leaks
// detail.
const (
	Internal             Kind = iota // a fault of ours
	Invalid                          // the request or the input is wrong
	Unauthenticated                  // no caller, or one whose token does not hold
	Forbidden                        // a caller who may not do this
	NotFound                         // the object does not exist
	Conflict                         // the object exists already, or changed meanwhile
	Gone                             // it existed, and its state can no longer be resumed
	MethodNotAllowed                 // the resource exists and refuses this verb
	TooLarge                         // the input exceeds a limit
	UnsupportedMediaType             // the body is of a type that is not read here
	NotImplemented                   // known to the API and not offered here
	Throttled                        // too many requests; RetryAfter says when to come back
	Unavailable                      // a database or a remote service does not answer
)

// Detail is one particular of an error, shown to the caller.
type Detail struct {
	Code    string
	Message string
	Target  string // the member or object concerned; may be empty
}

// Error carries what the caller may see (Code, Message, Target, Details) apart
// from what only the operator may see (the wrapped cause).
type Error struct {
	Kind       Kind
	Code       string        // a Graph error code such as "Request_ResourceNotFound"
	Message    string        // for people: what happened, to which object, why, what to do next
	Target     string        // the member or object concerned; may be empty
	Details    []Detail      // further particulars; may be nil
	RetryAfter time.Duration // how long to wait before trying again; zero means unset
	cause      error
}

// New returns an [*Error] without a cause.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns an [*Error] that hides cause from callers and keeps it for the log.
func Wrap(cause error, kind Kind, code, format string, args ...any) *Error {
	e := New(kind, code, format, args...)
	e.cause = cause
	return e
}

// WithDetails returns a copy of e that carries details as well.
func (e *Error) WithDetails(details ...Detail) *Error {
	c := *e
	c.Details = append(append([]Detail(nil), e.Details...), details...)
	return &c
}

// WithTarget returns a copy of e that names target.
func (e *Error) WithTarget(target string) *Error {
	c := *e
	c.Target = target
	return &c
}

// Error returns the text for the operator's log, the cause included. A cause
// whose message e repeats is passed over for its own cause.
func (e *Error) Error() string {
	text, cause := e.Code+": "+e.Message, e.cause
	for {
		inner, repeated := cause.(*Error) //nolint:errorlint // only the direct cause may be passed over; what wraps it says more
		if !repeated || !strings.HasSuffix(e.Message, inner.Message) {
			break
		}
		cause = inner.cause
	}
	if cause == nil {
		return text
	}
	return text + ": " + cause.Error()
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.cause }

// KindOf returns the kind of the first [*Error] in err's chain, else Internal.
// KindOf(nil) is Internal too; ask only about errors.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of kind.
func Is(err error, kind Kind) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == kind
}
