package identity

import (
	"maps"
	"slices"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// Object is what a decision needs to know of the object that a request names. The
// zero Object has no owner, as a collection has none.
type Object struct {
	// Owners own the object. Where an application and its service principal are two
	// faces of one thing, the owners of either count as owners of both.
	Owners []directory.ObjectID
	// Actions are those that the caller's custom directory roles permit on the
	// object, be it by an assignment to the object or to the tenant.
	Actions []Action
}

// Policy decides. It does not change after [NewPolicy] and may be used from any
// goroutine.
type Policy struct {
	legacy bool
	rules  map[Operation]rule
}

// Options choose among the published generations of the permission table.
type Options struct {
	// Legacy also admits what pages of earlier years asked for: Directory.ReadWrite.All
	// and, for reading, Directory.Read.All.
	Legacy bool
}

// NewPolicy returns the policy of the permission table.
func NewPolicy(o Options) *Policy {
	return &Policy{legacy: o.Legacy, rules: table()}
}

// Operations returns every operation that has a rule, in alphabetical order.
func (p *Policy) Operations() []Operation {
	return slices.Sorted(maps.Keys(p.rules))
}

// Authorize returns nil when c may carry out op on o; else an error of kind
// Forbidden that says what would have sufficed.
//
// An application needs an application permission. A signed-in user needs a
// delegated scope and, besides, a directory role, ownership, or a custom role, as
// the rule says. Personal accounts, nobody, and operations without a rule are
// denied always.
func (p *Policy) Authorize(c Caller, op Operation, o Object) error {
	r, known := p.rules[op]
	if !known {
		return denied(op, "No rule admits anybody to it.")
	}
	if c.Personal {
		return denied(op, "Personal Microsoft accounts are not admitted; sign in with a work or school account.")
	}
	switch c.Kind {
	case Application:
		return p.authorizeApplication(c, op, r, o)
	case DelegatedUser:
		return p.authorizeUser(c, op, r, o)
	case Nobody:
	}
	return denied(op, "The request has no caller.")
}

// DependsOnObject reports whether the verdict on c differs with the owners of the
// object or the caller's custom-role actions on it, so that a caller of Authorize
// looks those up only when they matter.
func (p *Policy) DependsOnObject(c Caller, op Operation) bool {
	if p.Authorize(c, op, Object{}) == nil {
		return false
	}
	best := Object{Owners: []directory.ObjectID{c.ObjectID}, Actions: Actions()}
	return p.Authorize(c, op, best) == nil
}

func (p *Policy) authorizeApplication(c Caller, op Operation, r rule, o Object) error {
	s := situation{owner: c.Owns(o.Owners), legacy: p.legacy}
	if r.application.admits(c.Roles, s) {
		return nil
	}
	return denied(op, "It needs %s.", r.application.need("application permission"))
}

func (p *Policy) authorizeUser(c Caller, op Operation, r rule, o Object) error {
	s := situation{owner: c.Owns(o.Owners), legacy: p.legacy}
	if !r.delegated.admits(c.Scopes, s) {
		return denied(op, "It needs %s.", r.delegated.need("delegated permission"))
	}
	if !r.standing.admits(c, o) {
		return denied(op, "Besides the delegated permission, the signed-in user needs %s.", r.standing.need())
	}
	return nil
}

// denied begins with the sentence that Graph itself uses, which scripts look for.
func denied(op Operation, format string, args ...any) error {
	const prefix = "Insufficient privileges to complete the operation. "
	e := errs.New(errs.Forbidden, "Authorization_RequestDenied", prefix+format, args...)
	return e.WithTarget(string(op))
}
