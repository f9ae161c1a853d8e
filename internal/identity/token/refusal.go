package token

import (
	"fmt"

	"github.com/provisor/provisor/internal/errs"
)

// Code is the Graph error code of every refusal.
const Code = "InvalidAuthenticationToken"

// refuse returns the error for a token that does not hold.
func refuse(format string, args ...any) *errs.Error {
	return errs.New(errs.Unauthenticated, Code, format, args...)
}

// quote shows a word from a token that nobody has vouched for yet.
func quote(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "…"
	}
	return fmt.Sprintf("%q", s)
}
