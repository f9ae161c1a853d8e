package odata

import (
	"time"

	"github.com/provisor/provisor/internal/errs"
)

// ErrorBody is the body of an answer that reports an error.
type ErrorBody struct {
	Error Error `json:"error"`
}

// Error is OData's error object as Graph writes it.
type Error struct {
	Code       string        `json:"code"`
	Message    string        `json:"message"`
	Target     *string       `json:"target,omitempty"`
	Details    []ErrorDetail `json:"details,omitempty"`
	InnerError InnerError    `json:"innerError"`
}

// ErrorDetail is one particular of an error.
type ErrorDetail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Target  string `json:"target,omitempty"`
}

// InnerError tells one failed request from all others. Date is UTC without a
// zone, as Graph writes it.
type InnerError struct {
	Date            string `json:"date"`
	RequestID       string `json:"request-id"`
	ClientRequestID string `json:"client-request-id"`
}

// NewInnerError returns the inner error of a request that failed at the instant.
func NewInnerError(at time.Time, requestID, clientRequestID string) InnerError {
	return InnerError{
		Date:            at.UTC().Format("2006-01-02T15:04:05"),
		RequestID:       requestID,
		ClientRequestID: clientRequestID,
	}
}

// NewErrorBody shows what the caller may know of e; its cause stays behind.
func NewErrorBody(e *errs.Error, inner InnerError) ErrorBody {
	body := ErrorBody{Error{Code: e.Code, Message: e.Message, InnerError: inner}}
	if e.Target != "" {
		body.Error.Target = &e.Target
	}
	for _, d := range e.Details {
		body.Error.Details = append(body.Error.Details, ErrorDetail(d))
	}
	return body
}
