package sqlstore

import (
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// Codes of Graph's error responses.
const (
	codeNotFound         = "Request_ResourceNotFound"
	codeConflict         = "Request_MultipleObjectsWithSameKeyValue"
	codeBadRequest       = "Request_BadRequest"
	codeUnsupportedQuery = "Request_UnsupportedQuery"
	codeBadPage          = "Directory_ExpiredPageToken"
	codeOvertaken        = "Overtaken"
	codeWanted           = "Wanted"
)

func errNotFound(id string) error {
	return errs.New(errs.NotFound, codeNotFound,
		"Resource '%s' does not exist or one of its queried reference-property objects are not present.", id)
}

// errTaken says which unique property is taken.
func errTaken(property, value string) error {
	return errs.New(errs.Conflict, codeConflict,
		"Another object with the same value for property %s already exists.", property).
		WithTarget(property).
		WithDetails(errs.Detail{Code: "ObjectConflict", Target: property, Message: "The value " + value + " is in use."})
}

func errOvertaken(c store.Claim) error {
	return errs.New(errs.Conflict, codeOvertaken,
		"The claim of %s on job %s is no longer valid: another worker holds the job, an order changed it, or it was deleted. Nothing was recorded.", c.Holder, c.Job.ID)
}

func errWanted(c store.Claim) error {
	return errs.New(errs.Conflict, codeWanted, "Somebody waits for job %s: %s is to record what is done and release it.", c.Job.ID, c.Holder)
}

func errUnreadable(err error, what string) error {
	return errs.Wrap(err, errs.Internal, "InternalServerError", "The stored %s cannot be read.", what)
}
