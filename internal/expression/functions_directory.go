package expression

import (
	"encoding/json"
	"strings"
)

// directoryDefinitions are the functions that know the tenant and its
// application roles.
func directoryDefinitions() []definition {
	return []definition{
		{"SingleAppRoleAssignment", singleAppRoleAssignmentFunction},
		{"AppRoleAssignments", appRoleAssignmentsFunction},
		{"AppRoleAssignmentsComplex", appRoleAssignmentsComplexFunction},
		{"AssertiveAppRoleAssignmentsComplex", assertiveAppRoleAssignmentsComplexFunction},
		{"DefaultDomain", defaultDomainFunction},
	}
}

// roleType is the type that the service gives every role.
const roleType = "WindowsAzureActiveDirectoryRole"

// role is one application role that the object is assigned. Its members are
// those of the JSON text in which Entra adds a role by PATCH, in that order.
type role struct {
	ID          string `json:"id"`
	Value       string `json:"value"`
	DisplayName string `json:"displayName"`
}

// scim is the role as an element of the SCIM attribute roles.
func (r role) scim() map[string]any {
	return map[string]any{"primary": false, "type": roleType, "display": r.DisplayName, "value": r.Value}
}

func (r role) json() string { return jsonText(r) }

// roles evaluates the argument as role assignments: complex values with id,
// value and displayName, each of them as an object or as its JSON text, or just
// the names. Null has none.
func (o *operand) roles(env *Environment) ([]role, *Error) {
	v, err := o.value(env)
	if err != nil {
		return nil, err
	}
	all := make([]role, 0, 4)
	for _, object := range v.Complex() {
		all = append(all, roleOf(object))
	}
	for _, text := range v.List() {
		if text != "" {
			all = append(all, roleNamed(text))
		}
	}
	return all, nil
}

func roleOf(object map[string]any) role {
	text := func(key string) string { return ValueOf(object[key]).Text() }
	r := role{ID: text("id"), Value: text("value"), DisplayName: text("displayName")}
	if r.DisplayName == "" {
		r.DisplayName = r.Value
	}
	if r.Value == "" {
		r.Value = r.DisplayName
	}
	return r
}

func roleNamed(text string) role {
	if strings.HasPrefix(text, "{") {
		var object map[string]any
		if json.Unmarshal([]byte(text), &object) == nil {
			return roleOf(object)
		}
	}
	return role{Value: text, DisplayName: text}
}

func assignments(name string) map[string]any {
	return map[string]any{"appRoleAssignments": []map[string]any{
		{"id": "06b07648-ecfe-589f-9d2f-6325724a46ee", "value": name, "displayName": name},
	}}
}

func singleAppRoleAssignmentFunction() Function {
	return Function{
		Name:       "SingleAppRoleAssignment",
		Parameters: []Parameter{source()},
		Summary:    "The role that the object is assigned, for roles[primary eq \"True\"]. Of several, the first. Null when there is none.",
		Example:    Example{`SingleAppRoleAssignment([appRoleAssignments])`, assignments("Admin"), nil, "Admin"},
		compile: func(c *call) evaluator {
			source := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				all, err := source.roles(env)
				if err != nil || len(all) == 0 {
					return Value{}, err
				}
				return StringValue(all[0].Value), nil
			}
		},
	}
}

func appRoleAssignmentsFunction() Function {
	return Function{
		Name:       "AppRoleAssignments",
		Parameters: []Parameter{source()},
		Summary:    "The names of all roles that the object is assigned, as a list. Null when there is none.",
		Example:    Example{`AppRoleAssignments([appRoleAssignments])`, assignments("Admin"), nil, []string{"Admin"}},
		compile: func(c *call) evaluator {
			source := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				all, err := source.roles(env)
				if err != nil || len(all) == 0 {
					return Value{}, err
				}
				names := make([]string, len(all))
				for i, r := range all {
					names[i] = r.Value
				}
				return ListValue(names), nil
			}
		},
	}
}

func appRoleAssignmentsComplexFunction() Function {
	return Function{
		Name:       "AppRoleAssignmentsComplex",
		Parameters: []Parameter{source()},
		Summary: "All roles that the object is assigned, as complex values for the target attribute roles. An update adds roles and " +
			"removes none. Null when there is no role.",
		Example: Example{
			`AppRoleAssignmentsComplex([appRoleAssignments])`, assignments("Admin"), nil,
			[]map[string]any{{"primary": false, "type": roleType, "display": "Admin", "value": "Admin"}},
		},
		compile: func(c *call) evaluator {
			source := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				all, err := source.roles(env)
				if err != nil || len(all) == 0 {
					return Value{}, err
				}
				roles := complexes{objects: scimRoles(all)}
				for _, r := range all {
					roles.patch = append(roles.patch, r.json())
				}
				return complexValue(roles), nil
			}
		},
	}
}

func assertiveAppRoleAssignmentsComplexFunction() Function {
	return Function{
		Name:       "AssertiveAppRoleAssignmentsComplex",
		Parameters: []Parameter{source()},
		Summary: "All roles that the object is assigned, as complex values for the target attribute roles. An update replaces the " +
			"whole list, so that roles that are no longer assigned are removed: without a role the list is empty.",
		Example: Example{
			`AssertiveAppRoleAssignmentsComplex([appRoleAssignments])`, assignments("User"), nil,
			[]map[string]any{{"primary": false, "type": roleType, "display": "User", "value": "User"}},
		},
		compile: func(c *call) evaluator {
			source := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				all, err := source.roles(env)
				if err != nil {
					return Value{}, err
				}
				return complexValue(complexes{objects: scimRoles(all)}), nil
			}
		},
	}
}

func scimRoles(all []role) []map[string]any {
	objects := make([]map[string]any, len(all))
	for i, r := range all {
		objects[i] = r.scim()
	}
	return objects
}

func defaultDomainFunction() Function {
	return Function{
		Name:    "DefaultDomain",
		Summary: "The default domain of the tenant.",
		Example: Example{`Join("@", [mailNickname], DefaultDomain())`, map[string]any{"mailNickname": "anna"}, nil, "anna@contoso.com"},
		compile: func(c *call) evaluator {
			at := c.site()
			return func(env *Environment) (Value, *Error) {
				if env.DefaultDomain == "" {
					return Value{}, at.fail(Unavailable, "the tenant has no default domain; set one in the configuration")
				}
				return StringValue(env.DefaultDomain), nil
			}
		},
	}
}
