package graphapi

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
)

// status is the one table from kinds of error to HTTP status codes.
func status(k errs.Kind) int {
	switch k {
	case errs.Internal:
		return http.StatusInternalServerError
	case errs.Invalid:
		return http.StatusBadRequest
	case errs.Unauthenticated:
		return http.StatusUnauthorized
	case errs.Forbidden:
		return http.StatusForbidden
	case errs.NotFound:
		return http.StatusNotFound
	case errs.Conflict:
		return http.StatusConflict
	case errs.Gone:
		return http.StatusGone
	case errs.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge
	case errs.UnsupportedMediaType:
		return http.StatusUnsupportedMediaType
	case errs.NotImplemented:
		return http.StatusNotImplemented
	case errs.Throttled:
		return http.StatusTooManyRequests
	case errs.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// failure is the answer that reports err. What err hides stays hidden.
func (a *API) failure(r *http.Request, err error, ev *event) answer {
	e := visible(err)
	ev.code, ev.cause = e.Code, err
	out := answer{status: status(e.Kind), contentType: jsonType, header: http.Header{}}
	if e.Code == codePrecondition {
		out.status = http.StatusPreconditionFailed
	}
	if e.Kind == errs.Forbidden && a.CompatUnknownError401 {
		e = &errs.Error{Kind: errs.Unauthenticated, Code: "UnknownError"}
		out.status = http.StatusUnauthorized
	}
	if out.status == http.StatusUnauthorized {
		out.header.Set("WWW-Authenticate", a.Authenticator.Challenge(r))
	}
	if elsewhere, ok := errors.AsType[relocated](err); ok {
		out.location = elsewhere.to
	}
	if e.RetryAfter > 0 {
		out.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	if len(ev.allowed) > 0 {
		out.header.Set("Allow", strings.Join(ev.allowed, ", "))
	}
	inner := odata.NewInnerError(a.Now(), ev.requestID, ev.clientRequestID)
	body, err := marshal(odata.NewErrorBody(e, inner), nil)
	if err != nil {
		body = []byte(`{"error":{"code":"InternalServerError","message":"The error could not be written."}}`)
	}
	out.body = body
	return out
}

// visible returns the typed error in err's chain. For any other it returns one that
// says nothing of it.
func visible(err error) *errs.Error {
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Kind != errs.Internal {
		return e
	}
	return errs.New(errs.Internal, "InternalServerError",
		"The service failed to handle the request. Its log has the reason under this request-id.")
}
