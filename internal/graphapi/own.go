package graphapi

import (
	id "github.com/provisor/provisor/internal/identity"
)

// ownRoutes are what Graph lacks: the settings of a connection that its enumeration
// has no key for, and the leg of the authorization in which a person consents.
func (a *API) ownRoutes() []Route {
	const settings, authorize = "/credentialSettings", "/authorize"
	var rows []Route
	for _, container := range []string{"applications/{id}", "servicePrincipals/{id}"} {
		rows = append(rows,
			Route{Method: get, Pattern: container + settings, Operation: id.ReadSecrets, handle: a.getCredentialSettings},
			Route{Method: patch, Pattern: container + settings, Operation: id.PutSecrets, body: jsonRequired, handle: a.patchCredentialSettings},
			Route{Method: get, Pattern: container + authorize, Operation: id.AcquireAccessToken, handle: a.beginAuthorize},
		)
	}
	for i := range rows {
		rows[i].Versions, rows[i].subject = Own, applicationOrSP
	}
	return append(rows, Route{Method: get, Pattern: "oauth/callback", Versions: Own, Public: true, handle: a.finishAuthorize})
}
