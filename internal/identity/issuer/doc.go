// Package issuer is the built-in authority: it gives access tokens to the clients
// of a tenant under the paths, in the forms and with the errors of Entra's, so that
// MSAL and azidentity accept it as a custom authority.
//
//	POST /{tenant}/oauth2/v2.0/token                          scope=<resource>/.default
//	POST /{tenant}/oauth2/token                               resource=<resource>
//	GET  /{tenant}/v2.0/.well-known/openid-configuration      discovery, v2 and v1
//	GET  /{tenant}/.well-known/openid-configuration
//	GET  /{tenant}/discovery/v2.0/keys                        JSON Web Key Set, v2 and v1
//	GET  /{tenant}/discovery/keys
//	GET  /common/discovery/instance
//
// {tenant} is a tenant's id or domain, or common or organizations, which stand for
// the default tenant.
//
// A token request runs through phases that no grant can leave out: read the form,
// find the tenant, authenticate the client, find the resource; then the grant says
// whom the token is for; then it is signed and answered. One file holds one grant.
package issuer
