package scimclient

import (
	"errors"
	"fmt"
	"time"
)

// Class says what an error of a target means for the one who asked.
type Class uint8

// The classes. The zero Class is Unavailable: when in doubt, nothing is known.
const (
	Unavailable  Class = iota // no answer, 5xx, or throttled for longer than we wait
	Unauthorized              // 401: the credentials do not hold
	Denied                    // 403: the credentials lack rights for this
	Missing                   // 404, 410: the resource is not there
	Clash                     // 409, 412, 423: uniqueness, or a concurrent change
	Refused                   // any other 4xx: the target will not take this request
	Incompatible              // an answer that is not SCIM
	Unwritable                // the dialect has no form for this request: nothing was sent
)

// Error is a target's refusal or silence.
type Error struct {
	Class      Class
	Method     string
	Resource   string // path below the base URL, without query
	Status     int    // HTTP status; zero when there was no answer
	ScimType   string // RFC 7644 section 3.12
	Detail     string // the target's own words, shortened; never holds a token
	RetryAfter time.Duration
	// Uncertain reports that the request may have been carried out although no
	// proper answer came: look before anything is sent again.
	Uncertain bool
	cause     error
}

// Error says what was asked, what came back, and the target's own words.
func (e *Error) Error() string {
	what := e.Method + " " + e.Resource
	switch {
	case e.Class == Unwritable:
		return fmt.Sprintf("%s cannot be written as SCIM: %v", what, e.cause)
	case e.Status == 0:
		return fmt.Sprintf("%s got no answer: %v", what, e.cause)
	case e.Detail == "":
		return fmt.Sprintf("%s was answered %d", what, e.Status)
	default:
		return fmt.Sprintf("%s was answered %d: %s", what, e.Status, e.Detail)
	}
}

// Unwrap returns the transport's error, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether err is a target's error of class.
func Is(err error, class Class) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Class == class
}

// Uncertain reports whether the request behind err may have been carried out.
func Uncertain(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Uncertain
}

// Code returns the error code of the provisioning log for err.
func Code(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return "InternalError"
	}
	switch e.Class {
	case Unauthorized:
		return "SystemForCrossDomainIdentityManagementInvalidCredentials"
	case Denied:
		return "InsufficientRights"
	case Missing:
		return "InvalidAnchor"
	case Clash:
		return "EntryConflict"
	case Incompatible:
		return "SystemForCrossDomainIdentityManagementServiceIncompatible"
	case Unwritable:
		return "AttributeValidationFailed"
	case Unavailable:
		return e.unavailableCode()
	case Refused:
		return e.refusedCode()
	}
	return "InternalError"
}

func (e *Error) unavailableCode() string {
	switch e.Status {
	case 0:
		return e.silence().code
	case 429:
		return "TooManyRequests"
	case 501:
		return "NotImplemented"
	default:
		return "InternalServerError"
	}
}

func (e *Error) refusedCode() string {
	switch e.Status {
	case 405:
		return "MethodNotAllowed"
	case 422:
		return "UnprocessableEntity"
	default:
		return "SystemForCrossDomainIdentityManagementBadRequest"
	}
}

// classOf maps an HTTP status to its class; it is the only place that does.
func classOf(status int) Class {
	switch {
	case status == 401:
		return Unauthorized
	case status == 403:
		return Denied
	case status == 404, status == 410:
		return Missing
	case status == 409, status == 412, status == 423:
		return Clash
	case status == 408, status == 425, status == 429, status >= 500:
		return Unavailable
	case status >= 400:
		return Refused
	default:
		return Incompatible
	}
}
