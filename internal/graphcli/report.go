package graphcli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"

	"github.com/provisor/provisor/internal/errs"
)

// Report prints what a command returned, for people: what happened, its
// particulars, the ids to quote to whoever runs the service, and the next step.
// It prints nothing for nil.
func Report(w io.Writer, err error) {
	if err == nil {
		return
	}
	if _, quiet := errors.AsType[quietError](err); quiet {
		return
	}
	if _, shown := errors.AsType[*PartlyError](err); shown {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			Report(w, one)
		}
		return
	}
	var page strings.Builder
	writeReport(&page, err)
	fmt.Fprint(w, page.String())
}

func writeReport(page *strings.Builder, err error) {
	if failure, ok := errors.AsType[*Failure](err); ok {
		writeFailure(page, failure)
		return
	}
	fmt.Fprintf(page, "Error: %s\n", printable(plainText(err)))
	if usage, ok := errors.AsType[*UsageError](err); ok {
		writeNext(page, usage.Next)
	}
}

// plainText prefers the sentence written for people over the operator's line.
func plainText(err error) string {
	if typed, ok := errors.AsType[*errs.Error](err); ok {
		return typed.Message
	}
	return err.Error()
}

func writeFailure(page *strings.Builder, failure *Failure) {
	fmt.Fprintf(page, "Error: %s\n", printable(failure.Error()))
	for _, detail := range failure.Err.Details {
		fmt.Fprintf(page, "  detail             %s\n", printable(detailLine(detail)))
	}
	if failure.Err.Target != "" {
		fmt.Fprintf(page, "  target             %s\n", printable(failure.Err.Target))
	}
	if failure.RequestID != "" {
		fmt.Fprintf(page, "  request-id         %s\n", printable(failure.RequestID))
	}
	if failure.ClientRequestID != "" && failure.ClientRequestID != failure.RequestID {
		fmt.Fprintf(page, "  client-request-id  %s\n", printable(failure.ClientRequestID))
	}
	writeNext(page, failure.Next)
}

func detailLine(d errs.Detail) string {
	line := d.Message
	if d.Code != "" {
		line = strings.TrimSuffix(d.Code+": "+d.Message, ": ")
	}
	if d.Target != "" {
		line += " (" + d.Target + ")"
	}
	return line
}

func writeNext(page *strings.Builder, next string) {
	if next != "" {
		fmt.Fprintf(page, "Next: %s\n", printable(next))
	}
}

func statusLine(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// printable keeps text from a server off the terminal's controls.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}
