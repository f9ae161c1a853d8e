package graphcli

import (
	"fmt"

	"github.com/provisor/provisor/internal/errs"
)

// Failure is an answer of Graph, or of its token endpoint, that is not a success.
// It wraps an [errs.Error] whose kind follows from the HTTP status.
type Failure struct {
	Status          int // HTTP status; zero when no answer came
	RequestID       string
	ClientRequestID string
	Next            string // what to do now; may be empty
	Err             *errs.Error
}

// Error returns one line: status, code and message, as far as there are any.
func (f *Failure) Error() string {
	switch {
	case f.Status == 0:
		return f.Err.Message
	case f.Err.Code == "":
		return statusLine(f.Status) + ": " + f.Err.Message
	}
	return statusLine(f.Status) + ": " + f.Err.Code + ": " + f.Err.Message
}

// Unwrap returns the typed error.
func (f *Failure) Unwrap() error { return f.Err }

// UsageError is a command that was typed wrongly; nothing was sent.
type UsageError struct {
	Message string
	Next    string // what to do now; may be empty
}

// Error returns the message.
func (u *UsageError) Error() string { return u.Message }

func usagef(format string, args ...any) *UsageError {
	return &UsageError{Message: fmt.Sprintf(format, args...)}
}

func (u *UsageError) next(format string, args ...any) *UsageError {
	u.Next = fmt.Sprintf(format, args...)
	return u
}

// DeclinedError is a question that was answered with no, or could not be asked;
// nothing was sent.
type DeclinedError struct{ Message string }

// Error returns the message.
func (d *DeclinedError) Error() string { return d.Message }

// PartlyError ends a command that did its work but not for every object. The command
// has shown for which.
type PartlyError struct{ Message string }

// Error returns the message.
func (p *PartlyError) Error() string { return p.Message }

// quietError keeps the exit code of an error that -ErrorAction has silenced.
type quietError struct{ error }

func (q quietError) Unwrap() error { return q.error }
