package mapping

import (
	"strings"

	"github.com/provisor/provisor/internal/directory"
)

// SoftDeleted is the virtual source attribute that tells that an account should
// not be usable: the object is disabled, soft-deleted, unassigned or out of scope.
const SoftDeleted = "IsSoftDeleted"

// property returns the Graph property that holds a source attribute. The source
// directory of a schema names some attributes as Azure AD Graph did; every other
// name is the property's own.
func property(attribute string) string {
	switch attribute {
	case "objectId":
		return "id"
	case "physicalDeliveryOfficeName":
		return "officeLocation"
	case "telephoneNumber":
		return "businessPhones"
	case "mobile":
		return "mobilePhone"
	case "facsimileTelephoneNumber":
		return "faxNumber"
	case "originalUserPrincipalName":
		return "userPrincipalName"
	case "dirSyncEnabled":
		return "onPremisesSyncEnabled"
	case "immutableId":
		return "onPremisesImmutableId"
	default:
		return attribute
	}
}

// value returns what a source attribute holds for an object, decoded from JSON;
// nil when it holds nothing.
func value(c directory.Change, attribute string, softDeleted bool) any {
	switch attribute {
	case SoftDeleted:
		return softDeleted
	case "objectId", "id":
		return string(c.ID)
	case "telephoneNumber":
		return first(c.Attributes["businessPhones"])
	case "appRoleAssignments":
		return roles(c.AppRoles)
	case "userPrincipalName":
		return homeAddress(c.Attributes)
	}
	if strings.HasPrefix(attribute, "extensionAttribute") {
		return onPremisesExtension(c.Attributes, attribute)
	}
	if v, ok := c.Attributes[attribute]; ok {
		return v
	}
	return c.Attributes[property(attribute)]
}

// first returns the first element of a list; Graph holds at most one business
// phone, in a list.
func first(v any) any {
	if list, ok := v.([]any); ok {
		if len(list) == 0 {
			return nil
		}
		return list[0]
	}
	return v
}

func roles(grants []directory.AppRoleGrant) any {
	list := make([]any, 0, len(grants))
	for _, g := range grants {
		list = append(list, g.AppRoleID)
	}
	return list
}

func onPremisesExtension(a directory.Attributes, name string) any {
	extension, ok := a["onPremisesExtensionAttributes"].(map[string]any)
	if !ok {
		return a[name]
	}
	return extension[name]
}

// homeAddress returns the user principal name; for a guest the address at home:
// alias_home.example#EXT#@tenant becomes alias@home.example.
func homeAddress(a directory.Attributes) any {
	name := a.String("userPrincipalName")
	alias, _, guest := strings.Cut(name, "#EXT#")
	at := strings.LastIndexByte(alias, '_')
	if !guest || at < 0 {
		return a["userPrincipalName"]
	}
	return alias[:at] + "@" + alias[at+1:]
}
