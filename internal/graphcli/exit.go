package graphcli

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/errs"
)

// The exit codes of the client commands.
const (
	ExitOK              = 0
	ExitFailure         = 1
	ExitUsage           = 2
	ExitNotOffered      = 3
	ExitUnauthenticated = 4
	ExitForbidden       = 5
	ExitNotFound        = 6
	ExitUnavailable     = 7
	ExitConflict        = 8
	ExitDeclined        = 9
	ExitPartly          = 10
)

// ExitMeaning is one row of the published table of exit codes.
type ExitMeaning struct {
	Code    int
	Meaning string
}

// ExitMeanings returns the published table, by code.
func ExitMeanings() []ExitMeaning {
	return []ExitMeaning{
		{ExitOK, "done"},
		{ExitFailure, "refused by the service (400 and the like), or any other failure"},
		{ExitUsage, "the command was typed wrongly; nothing was sent"},
		{ExitNotOffered, "not offered in this cloud or by this service"},
		{ExitUnauthenticated, "no sign-in, or one that was not accepted (401)"},
		{ExitForbidden, "signed in, and not allowed to do this (403)"},
		{ExitNotFound, "the object does not exist (404)"},
		{ExitUnavailable, "throttled or unavailable after all tries (429, 5xx, no answer)"},
		{ExitConflict, "the object exists already, changed meanwhile, or is gone (409, 410, 412)"},
		{ExitDeclined, "a question was answered with no, or could not be asked; nothing was sent"},
		{ExitPartly, "done in part: some rows of an import, or some objects of a cycle, were not applied; the output names them"},
	}
}

// ExitCode returns the exit code for what a command returned. An error that
// joins several has the code of the first.
func ExitCode(err error) int {
	if err == nil {
		return ExitOK
	}
	if _, ok := errors.AsType[*UsageError](err); ok {
		return ExitUsage
	}
	if _, ok := errors.AsType[*DeclinedError](err); ok {
		return ExitDeclined
	}
	if _, ok := errors.AsType[*PartlyError](err); ok {
		return ExitPartly
	}
	return ExitCodeOf(errs.KindOf(err))
}

// ExitCodeOf returns the exit code of a kind of failure.
func ExitCodeOf(kind errs.Kind) int {
	switch kind {
	case errs.NotImplemented:
		return ExitNotOffered
	case errs.Unauthenticated:
		return ExitUnauthenticated
	case errs.Forbidden:
		return ExitForbidden
	case errs.NotFound:
		return ExitNotFound
	case errs.Throttled, errs.Unavailable:
		return ExitUnavailable
	case errs.Conflict, errs.Gone:
		return ExitConflict
	case errs.Internal, errs.Invalid, errs.MethodNotAllowed, errs.TooLarge, errs.UnsupportedMediaType:
		return ExitFailure
	}
	return ExitFailure
}

// KindOfStatus returns the kind of failure that an HTTP status stands for.
func KindOfStatus(status int) errs.Kind {
	switch status {
	case http.StatusUnauthorized:
		return errs.Unauthenticated
	case http.StatusForbidden:
		return errs.Forbidden
	case http.StatusNotFound:
		return errs.NotFound
	case http.StatusMethodNotAllowed:
		return errs.MethodNotAllowed
	case http.StatusConflict, http.StatusPreconditionFailed:
		return errs.Conflict
	case http.StatusGone:
		return errs.Gone
	case http.StatusRequestEntityTooLarge:
		return errs.TooLarge
	case http.StatusUnsupportedMediaType:
		return errs.UnsupportedMediaType
	case http.StatusTooManyRequests:
		return errs.Throttled
	case http.StatusNotImplemented:
		return errs.NotImplemented
	}
	if status >= http.StatusInternalServerError || status == 0 {
		return errs.Unavailable
	}
	return errs.Invalid
}

// exitCodesTopic is the page `help exit-codes`.
func exitCodesTopic() *cobra.Command {
	var page strings.Builder
	page.WriteString("Exit codes of the client commands:\n")
	for _, row := range ExitMeanings() {
		fmt.Fprintf(&page, "\n  %d  %s", row.Code, row.Meaning)
	}
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes of the client commands mean", Long: page.String()}
}
