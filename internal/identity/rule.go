package identity

import "slices"

// rule says who may carry out one operation. The zero rule admits nobody.
type rule struct {
	delegated   access   // scopes, and then standing must hold as well
	standing    standing // what the signed-in user needs besides the scope
	application access   // application permissions; a directory role does not replace them
}

// access is what a token must carry. The least privileged permission stands first.
type access struct {
	anyone bool         // no permission needed
	any    []Permission // one of these suffices
	owned  []Permission // one of these suffices on an object that the caller owns
	with   []Permission // one of these is needed as well; nil means nothing more
	older  []Permission // sufficed on pages of earlier years; counts under Policy.Legacy
}

// situation is what weighs in besides the permissions held.
type situation struct {
	owner  bool // the caller owns the object
	legacy bool // permissions of earlier years count
}

// standing is what a signed-in user needs besides the scope: any one of these.
type standing struct {
	member  bool       // being a user of the tenant
	owner   bool       // owning the object
	roles   []Role     // a directory role; Global Administrator is always one
	actions [][]Action // a custom role on the object with all actions of one row
}

// admits reports whether a token with held permissions meets a.
func (a access) admits(held []Permission, s situation) bool {
	if a.anyone {
		return true
	}
	enough := holdsAny(held, a.any) ||
		s.owner && holdsAny(held, a.owned) ||
		s.legacy && holdsAny(held, a.older)
	return enough && (a.with == nil || holdsAny(held, a.with))
}

// admits reports whether c stands in one of the ways of s to o.
func (s standing) admits(c Caller, o Object) bool {
	if s.member || c.HoldsRole(s.roles...) || s.owner && c.Owns(o.Owners) {
		return true
	}
	return slices.ContainsFunc(s.actions, func(needed []Action) bool { return containsAll(o.Actions, needed) })
}

func holdsAny(held, wanted []Permission) bool {
	return slices.ContainsFunc(wanted, func(p Permission) bool { return slices.Contains(held, p) })
}

func containsAll(have, needed []Action) bool {
	return !slices.ContainsFunc(needed, func(a Action) bool { return !slices.Contains(have, a) })
}
