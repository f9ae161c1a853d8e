package graphcli

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// identityKeys are the members of IApplicationsIdentity, all of them text.
func identityKeys() []string {
	return []string{
		"AppId", "AppManagementPolicyId", "AppRoleAssignmentId", "ApplicationId", "ApplicationTemplateId",
		"ClaimsMappingPolicyId", "DelegatedPermissionClassificationId", "DirectoryDefinitionId", "DirectoryObjectId",
		"EndpointId", "ExtensionPropertyId", "FederatedIdentityCredentialId", "GroupId", "HomeRealmDiscoveryPolicyId",
		"OAuth2PermissionGrantId", "ServicePrincipalId", "SynchronizationJobId", "SynchronizationTemplateId",
		"TokenIssuancePolicyId", "TokenLifetimePolicyId", "UserId",
	}
}

// identityPath returns the path of the entity that an identity names: by the id of
// the cmdlet's own entity, else by the alternate key appId.
func (c cmdlet) identityPath(value any) (string, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return "", usagef("-InputObject must be a JSON object or a hashtable @{…}")
	}
	known := identityKeys()
	object = renamed(object, known...)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(known, name) {
			return "", c.unknownIdentityKey(name)
		}
		if _, isText := object[name].(string); !isText && object[name] != nil {
			return "", usagef("%s of -InputObject is not text", name)
		}
	}
	if id, _ := object[c.id()].(string); id != "" {
		return c.entityPath(id), nil
	}
	if appID, _ := object["AppId"].(string); appID != "" {
		return "/" + c.container.set + "(appId='" + url.PathEscape(strings.ReplaceAll(appID, "'", "''")) + "')", nil
	}
	return "", usagef("InputObject has null value for InputObject.%s, and no AppId either.", c.id()).
		next(`give {"%s":"…"}`, lowerFirst(c.id()))
}

func (c cmdlet) unknownIdentityKey(name string) error {
	switch name {
	case "id", "Id":
		return usagef("-InputObject is an object of the directory, not an identity: it has the member %q", name).
			next(`give {"%s":"<its id>"}`, lowerFirst(c.id()))
	case "credentials", "Credentials":
		return usagef("what came as -InputObject is a body, not an identity: it has the member %q", name).
			next("give -%s along, so that the pipeline is read as -BodyParameter", c.id())
	}
	return usagef("-InputObject has the member %q, which no identity has", name).
		next("the members of an identity: %s", strings.Join(identityKeys(), ", "))
}

func (c cmdlet) entityPath(id string) string {
	return "/" + c.container.set + "/" + url.PathEscape(id)
}
