package scim

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Values of scimType (RFC 7644 section 3.12, table 9).
const (
	InvalidFilter = "invalidFilter"
	TooMany       = "tooMany"
	Uniqueness    = "uniqueness"
	Mutability    = "mutability"
	InvalidSyntax = "invalidSyntax"
	InvalidPath   = "invalidPath"
	NoTarget      = "noTarget"
	InvalidValue  = "invalidValue"
	InvalidVers   = "invalidVers"
	Sensitive     = "sensitive"
)

// Error is a SCIM error (RFC 7644 section 3.12): what a server answers and what a
// parser of this package returns.
type Error struct {
	Status   int    // HTTP status code
	ScimType string // one of the scimType values; empty where the RFC has none
	Detail   string // for people; may be empty
}

// Error returns the detail, led by the scimType.
func (e *Error) Error() string {
	switch {
	case e.ScimType == "":
		return e.Detail
	case e.Detail == "":
		return e.ScimType
	default:
		return e.ScimType + ": " + e.Detail
	}
}

// errorBody is the JSON form; status is a string there, and a number in the
// answers of some servers.
type errorBody struct {
	Schemas  []string `json:"schemas"`
	Status   any      `json:"status"`
	ScimType string   `json:"scimType,omitempty"`
	Detail   string   `json:"detail,omitempty"`
}

// MarshalJSON writes the error message of RFC 7644 section 3.12.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(errorBody{[]string{ErrorURN}, strconv.Itoa(e.Status), e.ScimType, e.Detail})
}

// UnmarshalJSON reads an error message; a status that is not a number leaves
// Status zero.
func (e *Error) UnmarshalJSON(data []byte) error {
	var b errorBody
	if err := json.Unmarshal(data, &b); err != nil {
		return fmt.Errorf("the SCIM error message cannot be read: %w", err)
	}
	e.Status, _ = strconv.Atoi(fmt.Sprint(b.Status))
	e.ScimType, e.Detail = b.ScimType, b.Detail
	return nil
}

// badRequest is the answer 400 with a scimType.
func badRequest(scimType, format string, args ...any) *Error {
	return &Error{Status: 400, ScimType: scimType, Detail: fmt.Sprintf(format, args...)}
}
