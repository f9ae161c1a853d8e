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
	roles, scopes := []any{}, signInScopes()
	for _, p := range identity.Permissions() {
		if p.AppRoleID != "" {
			roles = append(roles, map[string]any{
				"id": p.AppRoleID, "value": string(p.Name), "displayName": string(p.Name), "description": string(p.Name),
				"isEnabled": true, "origin": "Application", "allowedMemberTypes": []any{"Application"},
			})
		}
		if p.ScopeID != "" {
			scopes = append(scopes, permissionScope(p.ScopeID, string(p.Name), "Admin"))
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

// signInScopes are the scopes about the sign-in itself (OpenID Connect Core, section
// 5.4), which configurations look up beside the permissions.
func signInScopes() []any {
	return []any{
		permissionScope("37f7f235-527c-4136-accd-4a02d197296e", "openid", "User"),
		permissionScope("14dad69e-099b-42c9-810b-d002981feec1", "profile", "User"),
		permissionScope("64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0", "email", "User"),
		permissionScope("7427e0e9-2fba-42fe-b0c0-848c9e6a8182", "offline_access", "User"),
	}
}

func permissionScope(id, name, consent string) map[string]any {
	return map[string]any{
		"id": id, "value": name, "type": consent, "isEnabled": true, "adminConsentDisplayName": name, "adminConsentDescription": name,
		"userConsentDisplayName": nil, "userConsentDescription": nil,
	}
}
