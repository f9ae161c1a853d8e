package graphapi

import (
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/identity"
)

// MicrosoftGraph returns the service principal of Graph itself, which every tenant
// has: consenting to an application permission is assigning one of its app roles.
// The ids of roles and scopes are those that Microsoft publishes, so that scripts
// which carry them work.
func MicrosoftGraph(id directory.ObjectID, now time.Time) directory.Object {
	roles, scopes := []any{}, []any{}
	for _, p := range identity.Permissions() {
		if p.AppRoleID != "" {
			roles = append(roles, map[string]any{
				"id": p.AppRoleID, "value": string(p.Name), "displayName": string(p.Name), "description": string(p.Name),
				"isEnabled": true, "origin": "Application", "allowedMemberTypes": []any{"Application"},
			})
		}
		if p.ScopeID != "" {
			scopes = append(scopes, map[string]any{
				"id": p.ScopeID, "value": string(p.Name), "type": "Admin", "isEnabled": true,
				"adminConsentDisplayName": string(p.Name), "adminConsentDescription": string(p.Name),
				"userConsentDisplayName": nil, "userConsentDescription": nil,
			})
		}
	}
	return directory.Object{
		ID: id, Kind: directory.ServicePrincipal, Created: now, Modified: now,
		Attributes: directory.Attributes{
			"appId": identity.GraphAppID, "displayName": "Microsoft Graph", "appDisplayName": "Microsoft Graph",
			"accountEnabled": true, "appRoleAssignmentRequired": false, "servicePrincipalType": "Application",
			"servicePrincipalNames":  []any{"https://graph.microsoft.com/", "https://graph.microsoft.com", identity.GraphAppID},
			"appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a", // Microsoft's own tenant
			"signInAudience":         "AzureADMultipleOrgs",
			"appRoles":               roles,
			"oauth2PermissionScopes": scopes,
		},
	}
}
