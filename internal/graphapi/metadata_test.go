package graphapi_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/graphapi"
)

// declared is the part of a metadata document that the tests look at.
type declared struct {
	Schema struct {
		Namespace string `xml:",attr"`
		Enums     []struct {
			Name string `xml:",attr"`
		} `xml:"EnumType"`
		Entities  []declaredType `xml:"EntityType"`
		Complexes []declaredType `xml:"ComplexType"`
		Actions   []declaredType `xml:"Action"`
		Functions []declaredType `xml:"Function"`
		Container struct {
			Sets       []declaredSet `xml:"EntitySet"`
			Singletons []declaredSet `xml:"Singleton"`
		} `xml:"EntityContainer"`
	} `xml:"DataServices>Schema"`
}

type declaredSet struct {
	Name       string `xml:",attr"`
	EntityType string `xml:",attr"`
	Type       string `xml:",attr"`
}

type declaredType struct {
	Name        string          `xml:",attr"`
	BaseType    string          `xml:",attr"`
	OpenType    string          `xml:",attr"`
	Properties  []declaredValue `xml:"Property"`
	Navigations []declaredValue `xml:"NavigationProperty"`
	Parameters  []declaredValue `xml:"Parameter"`
	Return      *declaredValue  `xml:"ReturnType"`
}

type declaredValue struct {
	Name string `xml:",attr"`
	Type string `xml:",attr"`
}

func metadata(t *testing.T, w *world, version string) declared {
	t.Helper()
	rec := w.do(t, "", http.MethodGet, "/"+version+"/$metadata", "")
	if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "application/xml" {
		t.Fatalf("%d %v", rec.Code, rec.Header())
	}
	var d declared
	if err := xml.Unmarshal(rec.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.Schema.Namespace != "microsoft.graph" || len(d.Schema.Entities) < 20 || len(d.Schema.Actions) < 20 || len(d.Schema.Functions) < 6 {
		t.Fatalf("%s: %d entity types, %d actions, %d functions", version, len(d.Schema.Entities), len(d.Schema.Actions), len(d.Schema.Functions))
	}
	return d
}

// types are all structured types by name.
func (d declared) types() map[string]declaredType {
	all := map[string]declaredType{}
	for _, t := range slices.Concat(d.Schema.Entities, d.Schema.Complexes) {
		all[t.Name] = t
	}
	return all
}

func bare(name string) (string, bool) {
	name = strings.TrimSuffix(strings.TrimPrefix(name, "Collection("), ")")
	return strings.CutPrefix(name, "graph.")
}

// TestMetadataIsWhole: every type that the document names, it declares; names are
// declared once.
func TestMetadataIsWhole(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	for _, version := range []string{"v1.0", "beta"} {
		d := metadata(t, w, version)
		known := map[string]int{}
		for name := range d.types() {
			known[name] = 0
		}
		for _, e := range d.Schema.Enums {
			known[e.Name]++
		}
		for _, named := range slices.Concat(d.Schema.Entities, d.Schema.Complexes) {
			if known[named.Name]++; known[named.Name] > 1 {
				t.Errorf("%s declares %s twice", version, named.Name)
			}
		}
		check := func(where, name string) {
			short, ours := bare(name)
			if _, ok := known[short]; ours != ok && name != "" || !ours && !slices.Contains([]string{
				"", "Edm.String", "Edm.Boolean", "Edm.Guid", "Edm.Int32", "Edm.Int64", "Edm.DateTimeOffset", "Edm.Duration", "Edm.Binary",
			}, short) {
				t.Errorf("%s: %s has the type %q", version, where, name)
			}
		}
		for _, named := range slices.Concat(d.Schema.Entities, d.Schema.Complexes, d.Schema.Actions, d.Schema.Functions) {
			check(named.Name, named.BaseType)
			for _, value := range slices.Concat(named.Properties, named.Navigations, named.Parameters) {
				check(named.Name+"/"+value.Name, value.Type)
			}
			if named.Return != nil {
				check(named.Name, named.Return.Type)
			}
		}
		for _, set := range slices.Concat(d.Schema.Container.Sets, d.Schema.Container.Singletons) {
			check(set.Name, set.EntityType+set.Type)
		}
	}
}

// TestMetadataSets: every first step of a route is a set or a singleton, and the
// reverse.
func TestMetadataSets(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	d := metadata(t, w, "v1.0")
	var have, want []string
	for _, set := range slices.Concat(d.Schema.Container.Sets, d.Schema.Container.Singletons) {
		have = append(have, set.Name)
	}
	for _, row := range w.api.Routes() {
		first, _, _ := strings.Cut(row.Pattern, "/")
		if row.Versions&graphapi.V1 != 0 && !strings.HasPrefix(first, "$") && !slices.Contains(want, first) {
			want = append(want, first)
		}
	}
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("%q\nroutes have %q", have, want)
	}
}

// TestMetadataTellsAll: whatever an answer has, the document declares.
func TestMetadataTellsAll(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	w.connect(t, p)
	ada := w.person(t, "ada")
	w.want(t, http.StatusNoContent, http.MethodPatch, "/v1.0/users/"+ada, `{
		"identities":[{"signInType":"federated","issuer":"x","issuerAssignedId":"y"}],"employeeOrgData":{"costCenter":"1","division":"2"},
		"onPremisesExtensionAttributes":{"extensionAttribute1":"x"}}`)
	group := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/groups", `{"displayName":"All","mailEnabled":false,"mailNickname":"all","securityEnabled":true}`)
	w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/oauth2PermissionGrants", fmt.Sprintf(`{"clientId":%q,"consentType":"AllPrincipals","resourceId":%q,"scope":"User.Read"}`, p.sp, graphSP))
	w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/roleManagement/directory/roleAssignments", fmt.Sprintf(`{"principalId":%q,"roleDefinitionId":"62e90394-69f5-4237-9190-012177145e10","directoryScopeId":"/"}`, ada))
	w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/servicePrincipals/"+p.sp+"/appRoleAssignedTo", fmt.Sprintf(`{"principalId":%q,"resourceId":%q,"appRoleId":"00000000-0000-0000-0000-000000000000"}`, ada, p.sp))
	w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/applications/"+p.app+"/extensionProperties", `{"name":"shoe","dataType":"String","targetObjects":["User"]}`)
	job := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/servicePrincipals/"+p.sp+"/synchronization/jobs", `{"templateId":"scim"}`)
	sync := "servicePrincipals/" + p.sp + "/synchronization"
	for path, name := range map[string]string{
		"users/" + ada: "user", "groups/" + fmt.Sprint(group["id"]): "group", "applications/" + p.app: "application",
		"servicePrincipals/" + p.sp: "servicePrincipal", "servicePrincipals/" + string(graphSP): "servicePrincipal",
		"users": "user", "organization": "organization", "domains": "domain", "applicationTemplates": "applicationTemplate",
		"oauth2PermissionGrants": "oAuth2PermissionGrant", "roleManagement/directory/roleDefinitions": "unifiedRoleDefinition",
		"roleManagement/directory/roleAssignments?$expand=principal": "unifiedRoleAssignment", "directoryRoles": "directoryRole",
		"directoryRoleTemplates": "directoryRoleTemplate", "servicePrincipals/" + p.sp + "/appRoleAssignedTo": "appRoleAssignment",
		"applications/" + p.app + "/extensionProperties":                 "extensionProperty",
		sync + "/jobs/" + fmt.Sprint(job["id"]):                          "synchronizationJob",
		sync + "/jobs/" + fmt.Sprint(job["id"]) + "/schema":              "synchronizationSchema",
		sync + "/templates":                                              "synchronizationTemplate",
		"users/" + ada + "?$select=" + selectAll("user"):                 "user",
		"applications/" + p.app + "?$select=" + selectAll("application"): "application",
	} {
		for _, version := range []string{"v1.0", "beta"} {
			d := metadata(t, w, version)
			answer := w.want(t, http.StatusOK, http.MethodGet, "/"+version+"/"+path, "")
			entities := []any{answer}
			if list, ok := answer["value"].([]any); ok {
				entities = list
			}
			if len(entities) == 0 {
				t.Errorf("%s answers nothing to look at", path)
			}
			for _, e := range entities {
				for _, missing := range d.undeclared(name, e) {
					t.Errorf("%s/%s: %s", version, path, missing)
				}
			}
		}
	}
}

// selectAll names some properties that are not answered without being asked for.
func selectAll(kind string) string {
	if kind == "user" {
		return "id,identities,employeeOrgData,onPremisesExtensionAttributes,accountEnabled,createdDateTime,assignedLicenses,proxyAddresses"
	}
	return "id,api,appRoles,web,spa,publicClient,info,requiredResourceAccess,optionalClaims,keyCredentials,passwordCredentials"
}

// undeclared lists the members of an answer that the document does not declare.
func (d declared) undeclared(name string, answer any) []string {
	var missing []string
	object, ok := answer.(map[string]any)
	if !ok {
		return nil
	}
	if actual, ok := object["@odata.type"].(string); ok {
		name = strings.TrimPrefix(actual, "#microsoft.graph.")
	}
	members, open := map[string]string{}, false
	for t := d.types()[name]; t.Name != ""; {
		for _, value := range slices.Concat(t.Properties, t.Navigations) {
			members[value.Name] = value.Type
		}
		open = open || t.OpenType == "true" && t.Name != "directoryObject" && len(t.Properties) == 0
		base, _ := bare(t.BaseType)
		t = d.types()[base]
	}
	for member, value := range object {
		kind, ok := members[member]
		switch {
		case strings.Contains(member, "@"):
		case !ok && !open:
			missing = append(missing, name+" has no "+member)
		default:
			inner, _ := bare(kind)
			list, isList := value.([]any)
			if isList != strings.HasPrefix(kind, "Collection(") && value != nil && ok {
				missing = append(missing, fmt.Sprintf("%s/%s is %s", name, member, kind))
			}
			if !isList {
				list = []any{value}
			}
			for _, element := range list {
				missing = append(missing, d.undeclared(inner, element)...)
			}
		}
	}
	return missing
}
