// Package credential keeps the secrets of service principals and the life of their
// access tokens: acquire, refresh, rotate, expire.
//
// A token's way is one line: the request's values over the stored over the
// template's ([Service.Acquire]) choose a grant; package oauth makes the one
// exchange; package keyring seals what came, bound to its tenant, service principal
// and name; the store commits it durably; only then is it used. [Service.Token] and
// [Service.Transport] keep the token alive from there on.
//
// The laws:
//   - An authorization code is sent once, whatever happens. It is marked as used in
//     the store before it leaves.
//   - One exchange at a time for a service principal, across goroutines and
//     processes. Who waited looks into the store before asking again.
//   - A rotated refresh token is durable before the access token that came with it
//     is used.
//   - A secret leaves this package in one direction only: towards a token endpoint
//     or the application. Lists, errors, events and printed values hold none.
//
// What Graph has no key for (scope, client authentication, PKCE and others) is kept
// as further sealed entries whose keys begin with "provisor."; Graph's surface
// never lists them.
package credential
