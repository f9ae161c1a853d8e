// Package token makes an [identity.Caller] of a bearer token.
//
// [Validator.Validate] takes a token through fixed steps, and each refusal says at
// which it failed: form and algorithm, issuer, signature, time, audience, tenant.
// Tokens come from the built-in authority, whose keys are at hand, or from external
// issuers, whose keys are found by OpenID Connect discovery when first needed. A
// token that passed is remembered until it expires, so that authorization does not
// cost a signature check per request.
package token
