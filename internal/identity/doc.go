// Package identity tells who calls and what they may do.
//
// A [Caller] is what a verified access token says. A [Policy] decides whether a
// caller may carry out an [Operation] on an [Object]; its rules are the data in
// table.go and nowhere else. The decision is a pure function: no clock, no
// database, no request. What is not permitted by a rule is denied, and so is an
// operation that has no rule.
//
// Package identity/token makes callers from access tokens, and package
// identity/issuer is the built-in authority that issues them.
package identity
