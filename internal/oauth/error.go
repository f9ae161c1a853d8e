package oauth

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is what went wrong at a token endpoint.
type Kind uint8

// The kinds.
const (
	// Misconfigured: no request could be made of what was given.
	Misconfigured Kind = iota
	// Unreachable: no connection, or one that broke before the whole answer came.
	Unreachable
	// TimedOut: no whole answer in time.
	TimedOut
	// Canceled: the caller gave up.
	Canceled
	// Redirected: the endpoint points elsewhere. Redirects are not followed.
	Redirected
	// Throttled: too many requests (429).
	Throttled
	// ServerFailed: the endpoint reports a fault of its own (5xx).
	ServerFailed
	// Refused: the endpoint answered with an OAuth error (RFC 6749 section 5.2).
	Refused
	// Garbled: the answer is not one of a token endpoint: HTML, empty, half, 404.
	Garbled
	// Unusable: the answer grants nothing usable: access_token is missing or cannot
	// be sent, or token_type is not Bearer.
	Unusable
	// TooLarge: the answer is larger than what is read.
	TooLarge
)

// String returns the kind in words that follow "the token endpoint".
func (k Kind) String() string {
	switch k {
	case Misconfigured:
		return "cannot be asked"
	case Unreachable:
		return "cannot be reached"
	case TimedOut:
		return "did not answer in time"
	case Canceled:
		return "was not waited for"
	case Redirected:
		return "redirects"
	case Throttled:
		return "asks to come back later"
	case ServerFailed:
		return "reports a fault of its own"
	case Refused:
		return "refused"
	case Garbled:
		return "did not answer as a token endpoint does"
	case Unusable:
		return "granted no usable token"
	case TooLarge:
		return "answered too much"
	}
	return "failed"
}

// Error is why no token came. No field holds a secret that was sent: where the
// endpoint echoes one, it reads [redacted].
type Error struct {
	Kind        Kind
	Endpoint    string        // the token endpoint, without a query
	Status      int           // HTTP status; zero when no answer came
	Code        string        // OAuth's error, such as "invalid_grant"; may be empty
	Description string        // OAuth's error_description, or what was wrong with the answer; bounded
	URI         string        // OAuth's error_uri; may be empty
	RetryAfter  time.Duration // zero when the endpoint did not say
	// Sent reports whether the request may have reached the endpoint. When it is
	// true, an authorization code counts as used.
	Sent   bool
	cause  error
	reason string // the cause in words, without secrets
}

// Error tells endpoint, kind, status, code and description.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "token endpoint %s %s", e.Endpoint, e.Kind)
	if e.Status != 0 {
		fmt.Fprintf(&text, " (HTTP %d)", e.Status)
	}
	for _, part := range []string{e.Code, e.Description, e.reason} {
		if part != "" {
			text.WriteString(": " + part)
		}
	}
	return text.String()
}

// Unwrap returns the cause, such as a refusal of the egress policy, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Temporary reports whether the same request may succeed later.
func (e *Error) Temporary() bool {
	switch e.Kind {
	case Unreachable, TimedOut, Canceled, Throttled, ServerFailed:
		return true
	case Refused:
		return e.Code == "temporarily_unavailable" || e.Code == "server_error" || e.Code == "slow_down"
	case Misconfigured, Redirected, Garbled, Unusable, TooLarge:
		return false
	}
	return false
}

// refusesClient reports whether err says that the client did not authenticate
// itself in a way that the endpoint takes (RFC 6749 section 5.2).
func refusesClient(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == "invalid_client" && (e.Status == 400 || e.Status == 401)
}
