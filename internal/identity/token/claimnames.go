package token

import (
	"encoding/json"
	"strings"
)

// ClaimNames says where an external issuer keeps the claims that Entra's tokens
// have under fixed names. A name with dots leads into nested objects, as Keycloak's
// realm_access.roles does. Empty means Entra's name.
type ClaimNames struct {
	Tenant         string // tid
	ObjectID       string // oid
	Scopes         string // scp
	Roles          string // roles: application permissions
	DirectoryRoles string // wids: template ids of directory roles
}

// rename returns payload with the renamed claims under Entra's names. A renamed
// claim that the token lacks is absent afterwards, whatever stood under Entra's
// name: the configuration says that this name is not the one to trust.
func (n ClaimNames) rename(payload []byte) ([]byte, error) {
	if n == (ClaimNames{}) {
		return payload, nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(payload, &all); err != nil {
		return nil, err
	}
	found := map[string]json.RawMessage{}
	for entra, theirs := range map[string]string{
		"tid": n.Tenant, "oid": n.ObjectID, "scp": n.Scopes, "roles": n.Roles, "wids": n.DirectoryRoles,
	} {
		if theirs == "" || theirs == entra {
			continue
		}
		found[entra] = at(all, theirs)
	}
	for entra, value := range found {
		delete(all, entra)
		if value != nil {
			all[entra] = value
		}
	}
	return json.Marshal(all)
}

// at returns the value at a dotted path, or nil.
func at(object map[string]json.RawMessage, path string) json.RawMessage {
	name, rest, nested := strings.Cut(path, ".")
	value := object[name]
	if !nested || value == nil {
		return value
	}
	var inner map[string]json.RawMessage
	if json.Unmarshal(value, &inner) != nil {
		return nil
	}
	return at(inner, rest)
}
