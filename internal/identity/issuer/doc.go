// Package issuer is the built-in authority: it signs in applications and people and
// gives them tokens under the paths, in the forms and with the errors of Entra's, so
// that MSAL and azidentity accept it as a custom authority.
//
//	POST /{tenant}/oauth2/v2.0/token                          and /oauth2/token (v1), likewise below
//	GET  /{tenant}/oauth2/v2.0/authorize                      authorization code with PKCE
//	POST /{tenant}/oauth2/v2.0/devicecode                     device authorization
//	GET  /{tenant}/oauth2/v2.0/logout
//	GET  /{tenant}/v2.0/.well-known/openid-configuration      discovery; v1 without /v2.0
//	GET  /{tenant}/discovery/v2.0/keys                        JSON Web Key Set; v1 without /v2.0
//	GET  /common/discovery/instance
//	POST /{tenant}/login                                      the sign-in page, sent back
//	GET  /devicelogin                                         where people enter a device's code
//
// {tenant} is a tenant's id or domain, or common or organizations, which stand for
// the default tenant.
//
// A token request runs through phases that no grant can leave out: read the form,
// find the tenant and the client, let the client prove itself; then the grant says
// whom the token is for and what for; then it is signed and answered. One file holds
// one grant. What a person's sign-in leads to (a code, a device code, a refresh
// token) is kept as a digest and taken back once.
package issuer
