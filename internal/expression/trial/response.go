package trial

import (
	"errors"
	"fmt"

	"github.com/provisor/provisor/internal/expression"
)

// Response is parseExpressionResponse.
type Response struct {
	// Error is what is wrong with the expression, or why it has no value for this
	// object; nil when nothing is.
	Error               *PublicError `json:"error"`
	EvaluationSucceeded bool         `json:"evaluationSucceeded"`
	// EvaluationResult has the value, each item of a list, or nothing for null and
	// for a flow marker. A complex value is its JSON text. It is never nil.
	EvaluationResult []string           `json:"evaluationResult"`
	ParsedExpression *expression.Source `json:"parsedExpression"` // nil when parsing failed
	ParsingSucceeded bool               `json:"parsingSucceeded"`
}

// PublicError is Graph's publicError.
type PublicError struct {
	Code       string        `json:"code"`
	Message    string        `json:"message"`
	Target     string        `json:"target"`
	Details    []ErrorDetail `json:"details"`
	InnerError *ErrorDetail  `json:"innerError"`
}

// ErrorDetail is Graph's publicErrorDetail: one fault. The message ends with the
// line of the expression and a caret under the place.
type ErrorDetail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Target  string `json:"target"`
}

// publicError turns the fault or the faults of an expression into Graph's form.
func publicError(err error) *PublicError {
	var faults expression.Errors
	if !errors.As(err, &faults) {
		var one *expression.Error
		if !errors.As(err, &one) {
			return &PublicError{Code: "InvalidExpression", Message: err.Error(), Target: "expression", Details: []ErrorDetail{}}
		}
		faults = expression.Errors{one}
	}
	public := &PublicError{Code: code(faults[0].Reason), Message: faults.Error(), Target: "expression"}
	for _, fault := range faults {
		public.Details = append(public.Details, ErrorDetail{Code: code(fault.Reason), Message: fault.Pretty(), Target: target(fault)})
	}
	return public
}

// target says where a fault is: in what argument of what function, or at what
// offset.
func target(fault *expression.Error) string {
	switch {
	case fault.Function == "":
		return fmt.Sprintf("expression@%d", fault.Pos)
	case fault.Argument == "":
		return fmt.Sprintf("%s@%d", fault.Function, fault.Pos)
	default:
		return fmt.Sprintf("%s.%s@%d", fault.Function, fault.Argument, fault.Pos)
	}
}

// code names a reason. Graph publishes no list of codes.
func code(reason expression.Reason) string {
	switch reason {
	case expression.Syntax:
		return "InvalidExpressionSyntax"
	case expression.TooLong:
		return "ExpressionTooLong"
	case expression.UnknownFunction:
		return "UnknownFunction"
	case expression.UnknownAttribute:
		return "UnknownAttribute"
	case expression.BadArguments:
		return "InvalidArguments"
	case expression.BadPattern:
		return "InvalidRegularExpression"
	case expression.BadNumber, expression.BadDate, expression.TimedOut, expression.OutOfRange, expression.WrongKind,
		expression.NoneUnique, expression.LookupFailed, expression.Unavailable, expression.Raised:
	}
	return "EvaluationFailed"
}
