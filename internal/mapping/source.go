package mapping

import (
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
)

// SoftDeleted is the virtual source attribute that tells that an account should
// not be usable: the object is disabled, soft-deleted, unassigned or out of scope.
const SoftDeleted = "IsSoftDeleted"

// appRoleAssignments is the virtual source attribute that holds the app roles of an
// object.
const appRoleAssignments = "appRoleAssignments"

// value returns what a source attribute holds for an object, decoded from JSON;
// nil when it holds nothing.
func value(c directory.Change, attribute string, in Inputs) any {
	switch attribute {
	case SoftDeleted:
		return in.SoftDeleted
	case appRoleAssignments:
		return in.AppRoles.held(c.AppRoles)
	default:
		return property(c, attribute)
	}
}

// property returns what the object itself holds. The source directory of a schema
// names some attributes as Azure AD Graph did; every other name is the property's
// own.
func property(c directory.Change, attribute string) any {
	switch attribute {
	case "objectId", "id":
		return string(c.ID)
	case "telephoneNumber":
		return first(c.Attributes["businessPhones"])
	case "userPrincipalName":
		return homeAddress(c.Attributes)
	}
	if strings.HasPrefix(attribute, "extensionAttribute") {
		return onPremisesExtension(c.Attributes, attribute)
	}
	if v, ok := c.Attributes[attribute]; ok {
		return v
	}
	if holder, member, ok := strings.Cut(attribute, "."); ok {
		record, _ := c.Attributes[holder].(map[string]any)
		return record[member]
	}
	return c.Attributes[alias(attribute)]
}

// alias returns the Graph property that holds a source attribute of another name.
func alias(attribute string) string {
	switch attribute {
	case "physicalDeliveryOfficeName":
		return "officeLocation"
	case "mobile":
		return "mobilePhone"
	case "facsimileTelephoneNumber":
		return "faxNumber"
	case "originalUserPrincipalName":
		return "userPrincipalName"
	case "dirSyncEnabled":
		return "onPremisesSyncEnabled"
	case "immutableId", "sourceAnchor":
		return "onPremisesImmutableId"
	case "lastDirSyncTime":
		return "onPremisesLastSyncDateTime"
	case "userState":
		return "externalUserState"
	default:
		return attribute
	}
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

// AppRoles are the app roles of the application by their id, as
// appRoleAssignments shows them to expressions.
type AppRoles map[string]map[string]any

// NewAppRoles reads the property appRoles of a service principal. What is no list
// of roles has none.
func NewAppRoles(property any) AppRoles {
	roles := AppRoles{}
	list, _ := property.([]any)
	for _, item := range list {
		role, _ := item.(map[string]any)
		id, _ := role["id"].(string)
		if id != "" {
			roles[id] = map[string]any{"id": id, "value": role["value"], "displayName": role["displayName"]}
		}
	}
	return roles
}

// held returns the roles that an object holds, each once and in the order of their
// ids, so that the same roles give the same value; nil when it holds none. Default
// access is no role.
func (r AppRoles) held(grants []directory.AppRoleGrant) any {
	ids := make([]string, 0, len(grants))
	for _, g := range grants {
		if g.AppRoleID != directory.DefaultAppRole {
			ids = append(ids, g.AppRoleID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	list := make([]any, 0, len(ids))
	for _, id := range slices.Compact(ids) {
		role, known := r[id]
		if !known {
			role = map[string]any{"id": id, "value": id, "displayName": id}
		}
		list = append(list, role)
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

// SourceValue returns what a source attribute holds for an object, as expressions and
// filters see it: decoded from JSON, nil when it holds nothing.
func SourceValue(c directory.Change, attribute string, in Inputs) any { return value(c, attribute, in) }
