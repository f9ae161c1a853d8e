package graphapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/identity"
)

// team makes a group, with members in it, and returns its id.
func (w *world) team(t *testing.T, name string, members ...string) string {
	t.Helper()
	binds := make([]string, len(members))
	for i, id := range members {
		binds[i] = "https://graph.microsoft.com/v1.0/directoryObjects/" + id
	}
	bound, err := json.Marshal(binds)
	if err != nil {
		t.Fatal(err)
	}
	group := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/groups",
		fmt.Sprintf(`{"displayName":%q,"mailEnabled":false,"mailNickname":%q,"securityEnabled":true,"members@odata.bind":%s}`, name, name, bound))
	id, _ := group["id"].(string)
	return id
}

// answered returns one member of every element of an answered list, or the elements.
func answered(answer map[string]any, member string) []string {
	list, _ := answer["value"].([]any)
	var all []string
	for _, element := range list {
		if object, ok := element.(map[string]any); ok {
			element = object[member]
		}
		all = append(all, fmt.Sprint(element))
	}
	slices.Sort(all)
	return all
}

// circle is two people, and groups in groups that close a circle: all ∋ eng ∋ sub ∋
// eng, ada in sub, bob in all.
func (w *world) circle(t *testing.T) map[string]string {
	t.Helper()
	ada, bob := w.person(t, "ada"), w.person(t, "bob")
	sub := w.team(t, "sub", ada)
	eng := w.team(t, "eng", sub)
	all := w.team(t, "all", eng, bob)
	w.want(t, http.StatusNoContent, http.MethodPost, "/v1.0/groups/"+sub+"/members/$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/groups/`+eng+`"}`)
	return map[string]string{"ada": ada, "bob": bob, "sub": sub, "eng": eng, "all": all}
}

// TestTransitive: relations lead on, in every spelling and narrowed to every type.
func TestTransitive(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	ids := w.circle(t)
	for path, want := range map[string]string{
		"groups/{all}/members":                                               "bob eng",
		"groups/{all}/transitiveMembers":                                     "ada bob eng sub",
		"groups/{all}/transitiveMembers/microsoft.graph.user":                "ada bob",
		"groups/{all}/transitiveMembers/graph.group":                         "eng sub",
		"groups/{all}/transitiveMembers?$filter=startswith(displayName,'a')": "ada",
		"groups/{all}/members/microsoft.graph.servicePrincipal":              "",
		"groups/{all}/members/microsoft.graph.device":                        "",
		"users/{ada}/memberOf/microsoft.graph.administrativeUnit":            "",
		"groups/{eng}/transitiveMembers?$top=1":                              "ada sub",
		"users/{ada}/memberOf":                                               "sub",
		"users/{ada}/transitiveMemberOf":                                     "all eng sub",
		"users/ada@contoso.example/transitiveMemberOf/microsoft.graph.group": "all eng sub",
		"groups/{sub}/transitiveMemberOf":                                    "all eng",
	} {
		path = in(path, ids)
		set, query, _ := strings.Cut(path, "?")
		got := w.names(t, set, query)
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, not %q", path, got, want)
		}
	}
	for path, want := range map[string]string{
		"groups/{all}/transitiveMembers/$count": "4", "groups/{all}/transitiveMembers/microsoft.graph.user/$count": "2",
		"groups/{all}/members/$count": "2", "users/{ada}/transitiveMemberOf/$count": "3",
	} {
		if rec := w.do(t, "admin", http.MethodGet, "/v1.0/"+in(path, ids), ""); rec.Body.String() != want {
			t.Errorf("%s: %s, not %s", path, rec.Body, want)
		}
	}
}

// in replaces the names in braces.
func in(path string, ids map[string]string) string {
	for name, id := range ids {
		path = strings.ReplaceAll(path, "{"+name+"}", id)
	}
	return path
}

// TestMembership: the actions that ask to which groups an object belongs.
func TestMembership(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	ids := w.circle(t)
	for request, want := range map[string]string{
		`users/{ada}/checkMemberGroups {"groupIds":["{all}","{eng}","nothing"]}`:   "{all} {eng}",
		`users/{bob}/checkMemberGroups {"groupIds":["{all}","{eng}"]}`:             "{all}",
		`users/{bob}/microsoft.graph.checkMemberObjects {"ids":["{all}","{ada}"]}`: "{all}",
		`users/{ada}/getMemberGroups {"securityEnabledOnly":true}`:                 "{sub} {eng} {all}",
		`groups/{sub}/getMemberObjects {"securityEnabledOnly":false}`:              "{eng} {all}",
		`directoryObjects/{ada}/getMemberObjects {"securityEnabledOnly":false}`:    "{sub} {eng} {all}",
		`directoryObjects/{ada}/checkMemberGroups {"groupIds":[]}`:                 "",
		`servicePrincipals/` + string(adminSP) + `/getMemberGroups {}`:             "",
	} {
		path, body, _ := strings.Cut(request, " ")
		answer := w.want(t, http.StatusOK, http.MethodPost, "/v1.0/"+in(path, ids), in(body, ids))
		wanted := strings.Fields(in(want, ids))
		slices.Sort(wanted)
		if got := answered(answer, ""); !slices.Equal(got, wanted) {
			t.Errorf("%s: %q, not %q", request, got, wanted)
		}
	}
	many, err := json.Marshal(slices.Repeat([]string{ids["all"]}, 21))
	if err != nil {
		t.Fatal(err)
	}
	w.want(t, http.StatusBadRequest, http.MethodPost, "/v1.0/users/"+ids["ada"]+"/checkMemberGroups", `{"groupIds":`+string(many)+`}`)
	w.want(t, http.StatusBadRequest, http.MethodPost, "/v1.0/users/"+ids["ada"]+"/checkMemberGroups", `{}`)
	w.want(t, http.StatusNotFound, http.MethodPost, "/v1.0/users/nobody/getMemberGroups", `{}`)
}

// TestGetByIDs: objects by id, of the types asked for; what is not there is left out.
func TestGetByIDs(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	ids := w.circle(t)
	body := fmt.Sprintf(`{"ids":[%q,%q,%q,"none"]`, strings.ToUpper(ids["ada"]), ids["all"], adminSP)
	for request, want := range map[string]string{
		`directoryObjects/getByIds }`:                                             "ada admin all",
		`directoryObjects/getByIds ,"types":["user","servicePrincipal"]}`:         "ada admin",
		`directoryObjects/microsoft.graph.getByIds ,"types":["directoryObject"]}`: "ada admin all",
		`users/getByIds }`:                    "ada",
		`groups/getByIds ,"types":["group"]}`: "all",
		`servicePrincipals/getByIds }`:        "admin",
	} {
		path, rest, _ := strings.Cut(request, " ")
		answer := w.want(t, http.StatusOK, http.MethodPost, "/v1.0/"+path, body+rest)
		if got := strings.Join(answered(answer, "displayName"), " "); got != want {
			t.Errorf("%s: %q, not %q", request, got, want)
		}
	}
}

// TestExpand: navigation properties inside of objects, managers over managers.
func TestExpand(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	ids := w.circle(t)
	boss := w.person(t, "boss")
	for of, manager := range map[string]string{ids["ada"]: ids["bob"], ids["bob"]: boss, boss: ids["ada"]} {
		w.want(t, http.StatusNoContent, http.MethodPut, "/v1.0/users/"+of+"/manager/$ref", `{"@odata.id":"https://x/v1.0/users/`+manager+`"}`)
	}
	for path, want := range map[string]string{
		"users/{ada}?$expand=manager($select=displayName)&$select=displayName":                      `"manager":{"@odata.type":"#microsoft.graph.user","displayName":"bob","id":"{bob}"}`,
		"users/{ada}?$expand=manager($levels=2;$select=displayName)&$select=displayName":            `"displayName":"bob","id":"{bob}","manager":{"@odata.type":"#microsoft.graph.user","displayName":"boss"`,
		"users/{bob}?$expand=directReports($select=displayName)&$select=id":                         `"directReports":[{"@odata.type":"#microsoft.graph.user","displayName":"ada","id":"{ada}"}]`,
		"users?$filter=id eq '{ada}'&$expand=memberOf($select=displayName)&$select=id":              `"memberOf":[{"@odata.type":"#microsoft.graph.group","displayName":"sub","id":"{sub}"}]`,
		"groups/{sub}?$expand=Members($select=displayName),owners&$select=displayName":              `"owners":[]`,
		"groups/{sub}/members/microsoft.graph.user?$expand=manager($select=displayName)&$select=id": `"displayName":"bob"`,
		"users/{ada}?$expand=appRoleAssignments&$select=id":                                         `"appRoleAssignments":[]`,
		"users/{ada}/manager?$select=displayName":                                                   `"displayName":"bob"`,
	} {
		rec := w.do(t, "admin", http.MethodGet, "/v1.0/"+in(path, ids), "")
		if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), in(want, ids)) {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	if all := w.do(t, "admin", http.MethodGet, "/v1.0/users/"+ids["ada"]+"?$expand=manager($levels=max)", "").Body.String(); strings.Count(all, `"manager"`) != 2 {
		t.Errorf("managers in a circle: %s", all)
	}
}

// TestMe: what the signed-in user may ask of itself, and nobody else.
func TestMe(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	ids := w.circle(t)
	w.callers["ada"] = identity.Caller{
		TenantID: tenantID, Kind: identity.DelegatedUser, ObjectID: directory.ObjectID(ids["ada"]), AppID: "cli", Scopes: []identity.Permission{identity.UserReadSelf},
	}
	for path, want := range map[string]string{
		"me/memberOf": "sub", "me/transitiveMemberOf": "all eng sub", "me/memberOf/microsoft.graph.group": "sub", "me/directReports": "", "me/ownedObjects": "",
	} {
		rec := w.do(t, "ada", http.MethodGet, "/v1.0/"+path, "")
		if got := strings.Join(answered(decoded(rec), "displayName"), " "); rec.Code != http.StatusOK || got != want {
			t.Errorf("%s: %d %q, not %q", path, rec.Code, got, want)
		}
	}
	if rec := w.do(t, "ada", http.MethodPost, "/v1.0/me/getMemberGroups", `{"securityEnabledOnly":false}`); len(answered(decoded(rec), "")) != 3 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := w.do(t, "ada", http.MethodGet, "/v1.0/me", ""); decoded(rec)["displayName"] != "ada" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	for caller, path := range map[string]string{"ada": "users/" + ids["bob"] + "/memberOf", "admin": "me/memberOf"} {
		if rec := w.do(t, caller, http.MethodGet, "/v1.0/"+path, ""); rec.Code != http.StatusForbidden {
			t.Errorf("%s, %s: %d", caller, path, rec.Code)
		}
	}
}

// TestPermissionGrants: the life of a delegated permission grant.
func TestPermissionGrants(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	ada := w.person(t, "ada")
	everybody := fmt.Sprintf(`{"clientId":%q,"consentType":"AllPrincipals","resourceId":%q,"scope":" User.Read openid "}`, adminSP, graphSP)
	hers := fmt.Sprintf(`{"clientId":%q,"consentType":"Principal","principalId":%q,"resourceId":%q,"scope":"User.Read"}`, adminSP, ada, graphSP)
	grant := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/oauth2PermissionGrants", everybody)
	id, _ := grant["id"].(string)
	if grant["scope"] != "User.Read openid" || grant["principalId"] != nil || grant["consentType"] != "AllPrincipals" {
		t.Errorf("%v", grant)
	}
	w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/oauth2PermissionGrants", hers)
	for _, body := range []string{
		everybody, hers, strings.Replace(hers, "Principal\"", "Everyone\"", 1), strings.Replace(hers, string(graphSP), ada, 1), strings.Replace(everybody, string(adminSP), "none", 1),
	} {
		w.want(t, http.StatusBadRequest, http.MethodPost, "/v1.0/oauth2PermissionGrants", body)
	}
	for path, want := range map[string]int{
		"oauth2PermissionGrants": 2, "oauth2PermissionGrants?$filter=consentType eq 'Principal' and principalId eq '" + ada + "'": 1,
		"oauth2PermissionGrants?$filter=clientId eq '" + string(ownerSP) + "'": 0, "servicePrincipals/" + string(adminSP) + "/oauth2PermissionGrants": 2,
		"users/" + ada + "/oauth2PermissionGrants": 1,
	} {
		if got := answered(w.want(t, http.StatusOK, http.MethodGet, "/v1.0/"+path, ""), "id"); len(got) != want {
			t.Errorf("%s: %d, not %d", path, len(got), want)
		}
	}
	w.want(t, http.StatusNoContent, http.MethodPatch, "/v1.0/oauth2PermissionGrants/"+id, `{"scope":"Group.Read.All"}`)
	if scope := w.want(t, http.StatusOK, http.MethodGet, "/v1.0/oauth2PermissionGrants/"+id, "")["scope"]; scope != "Group.Read.All" {
		t.Errorf("the scope is %v", scope)
	}
	w.want(t, http.StatusNoContent, http.MethodDelete, "/v1.0/oauth2PermissionGrants/"+id, "")
	w.want(t, http.StatusNotFound, http.MethodGet, "/v1.0/oauth2PermissionGrants/"+id, "")
}

// TestRoles: built-in and custom roles, and who holds them.
func TestRoles(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	ada := w.person(t, "ada")
	const definitions, assignments = "/v1.0/roleManagement/directory/roleDefinitions", "/v1.0/roleManagement/directory/roleAssignments"
	custom := w.want(t, http.StatusCreated, http.MethodPost, definitions, `{"displayName":"Clerk","description":"Looks after tokens","isEnabled":true,"version":"1","rolePermissions":[{"allowedResourceActions":["microsoft.directory/servicePrincipals/synchronizationCredentials/manage"]}]}`)
	id, _ := custom["id"].(string)
	w.want(t, http.StatusNoContent, http.MethodPatch, definitions+"/"+id, `{"description":"Looks after all tokens","isEnabled":false}`)
	custom = w.want(t, http.StatusOK, http.MethodGet, definitions+"/"+id, "")
	if custom["description"] != "Looks after all tokens" || custom["isEnabled"] != false || custom["isBuiltIn"] != false || !strings.Contains(jsonOf(t, custom["rolePermissions"]), "synchronizationCredentials/manage") {
		t.Errorf("%v", custom)
	}
	if names := answered(w.want(t, http.StatusOK, http.MethodGet, definitions+"?$filter=displayName eq 'Global Administrator'", ""), "id"); len(names) != 1 {
		t.Errorf("the built-in roles: %v", names)
	}
	w.want(t, http.StatusBadRequest, http.MethodPatch, definitions+"/"+string(identity.GlobalAdministrator), `{"displayName":"x"}`)
	w.want(t, http.StatusBadRequest, http.MethodPost, definitions, `{"displayName":"x"}`)

	body := fmt.Sprintf(`{"@odata.type":"#microsoft.graph.unifiedRoleAssignment","principalId":%q,"roleDefinitionId":%q,"directoryScopeId":"/"}`, ada, id)
	assignment, _ := w.want(t, http.StatusCreated, http.MethodPost, assignments, body)["id"].(string)
	w.want(t, http.StatusBadRequest, http.MethodPost, assignments, body)
	w.want(t, http.StatusBadRequest, http.MethodPost, assignments, strings.Replace(body, id, "none", 1))
	w.want(t, http.StatusNotFound, http.MethodPost, assignments, strings.Replace(body, ada, "none", 1))
	w.want(t, http.StatusBadRequest, http.MethodDelete, definitions+"/"+id, "")
	for path, want := range map[string]int{
		assignments + "?$filter=principalId eq '" + ada + "'": 1, assignments + "?$filter=roleDefinitionId eq '" + id + "'": 1,
		assignments + "?$filter=principalId eq '" + string(adminSP) + "'": 0,
	} {
		if got := answered(w.want(t, http.StatusOK, http.MethodGet, path, ""), "id"); len(got) != want {
			t.Errorf("%s: %d, not %d", path, len(got), want)
		}
	}
	if rec := w.do(t, "admin", http.MethodGet, assignments+"/"+assignment+"?$expand=principal($select=displayName),roleDefinition", ""); !strings.Contains(rec.Body.String(), `"displayName":"ada"`) || !strings.Contains(rec.Body.String(), "Clerk") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	w.want(t, http.StatusNoContent, http.MethodDelete, assignments+"/"+assignment, "")
	w.want(t, http.StatusNotFound, http.MethodGet, assignments+"/"+assignment, "")
	w.want(t, http.StatusNoContent, http.MethodDelete, definitions+"/"+id, "")
}

// TestDirectoryRoles: the older view of the built-in roles.
func TestDirectoryRoles(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	ada := w.person(t, "ada")
	const reader = string(identity.GlobalReader)
	role := w.want(t, http.StatusOK, http.MethodGet, "/v1.0/directoryRoles(roleTemplateId='"+reader+"')", "")
	if role["displayName"] != "Global Reader" || role["roleTemplateId"] != reader {
		t.Errorf("%v", role)
	}
	w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/directoryRoles", `{"roleTemplateId":"`+reader+`"}`)
	w.want(t, http.StatusNotFound, http.MethodPost, "/v1.0/directoryRoles", `{"roleTemplateId":"none"}`)
	if got := answered(w.want(t, http.StatusOK, http.MethodGet, "/v1.0/directoryRoleTemplates?$filter=displayName eq 'Global Reader'", ""), "id"); !slices.Equal(got, []string{reader}) {
		t.Errorf("%v", got)
	}
	members := "/v1.0/directoryRoles/" + reader + "/members"
	w.want(t, http.StatusNoContent, http.MethodPost, members+"/$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/`+ada+`"}`)
	w.want(t, http.StatusBadRequest, http.MethodPost, members+"/$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/`+ada+`"}`)
	if got := answered(w.want(t, http.StatusOK, http.MethodGet, members, ""), "displayName"); !slices.Equal(got, []string{"ada"}) {
		t.Errorf("%v", got)
	}
	for filter, want := range map[string]int{"id eq '" + ada + "'": 1, "id eq '" + string(adminSP) + "'": 0} {
		if got := answered(w.want(t, http.StatusOK, http.MethodGet, members+"?$filter="+filter, ""), "id"); len(got) != want {
			t.Errorf("%s: %v", filter, got)
		}
	}
	if got := answered(w.want(t, http.StatusOK, http.MethodGet, "/v1.0/roleManagement/directory/roleAssignments", ""), "principalId"); !slices.Equal(got, []string{ada}) {
		t.Errorf("%v", got)
	}
	w.want(t, http.StatusNoContent, http.MethodDelete, members+"/"+ada+"/$ref", "")
	w.want(t, http.StatusNotFound, http.MethodDelete, members+"/"+ada+"/$ref", "")
}

// TestTenant: the organization and its domain.
func TestTenant(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	if got := answered(w.want(t, http.StatusOK, http.MethodGet, "/v1.0/organization?$select=id,verifiedDomains", ""), "id"); !slices.Equal(got, []string{string(tenantID)}) {
		t.Errorf("%v", got)
	}
	w.want(t, http.StatusOK, http.MethodGet, "/v1.0/organization/"+string(tenantID), "")
	w.want(t, http.StatusNotFound, http.MethodGet, "/v1.0/organization/none", "")
	if got := answered(w.want(t, http.StatusOK, http.MethodGet, "/v1.0/domains?$filter=isDefault eq true", ""), "id"); !slices.Equal(got, []string{"contoso.example"}) {
		t.Errorf("%v", got)
	}
	w.want(t, http.StatusOK, http.MethodGet, "/v1.0/domains/contoso.example", "")
	w.want(t, http.StatusNotFound, http.MethodGet, "/v1.0/domains/other.example", "")
}

// TestExtensionProperties: declared, listed, filtered by and removed.
func TestExtensionProperties(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	path := "/v1.0/applications/" + p.app + "/extensionProperties"
	made := w.want(t, http.StatusCreated, http.MethodPost, path, `{"name":"shoeSize","dataType":"String","targetObjects":["User"]}`)
	name, _ := made["name"].(string)
	if !strings.HasPrefix(name, "extension_") || !strings.HasSuffix(name, "_shoeSize") || strings.Contains(name, "-") {
		t.Errorf("the name is %q", name)
	}
	for _, body := range []string{`{"name":"shoeSize","dataType":"String","targetObjects":["User"]}`, `{"name":"shoe size","dataType":"String","targetObjects":["User"]}`, `{"name":"x","dataType":"Shoe","targetObjects":["User"]}`, `{"name":"x","dataType":"String"}`} {
		w.want(t, http.StatusBadRequest, http.MethodPost, path, body)
	}
	ada := w.person(t, "ada")
	w.want(t, http.StatusNoContent, http.MethodPatch, "/v1.0/users/"+ada, fmt.Sprintf(`{%q:"44"}`, name))
	if got := w.names(t, "users", "$filter="+name+" eq '44'"); !slices.Equal(got, []string{"ada"}) {
		t.Errorf("%v", got)
	}
	if got := answered(w.want(t, http.StatusOK, http.MethodGet, path, ""), "name"); !slices.Equal(got, []string{name}) {
		t.Errorf("%v", got)
	}
	if text := jsonOf(t, w.want(t, http.StatusOK, http.MethodGet, "/v1.0/applications/"+p.app, "")); strings.Contains(text, "shoeSize") {
		t.Errorf("shown in the application: %s", text)
	}
	w.want(t, http.StatusNoContent, http.MethodDelete, path+"/"+fmt.Sprint(made["id"]), "")
	w.want(t, http.StatusNotFound, http.MethodGet, path+"/"+fmt.Sprint(made["id"]), "")
}

// TestPasswordsInBodies: client secrets made with the application, and removed by
// leaving them out.
func TestPasswordsInBodies(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	made := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/applications", `{"displayName":"Payroll","passwordCredentials":[{"displayName":"one"},{"displayName":"two"}]}`)
	id, _ := made["id"].(string)
	list, _ := made["passwordCredentials"].([]any)
	if len(list) != 2 || strings.Count(jsonOf(t, list), `"secretText":null`) != 0 {
		t.Fatalf("%v", made["passwordCredentials"])
	}
	first, _ := list[0].(map[string]any)
	kept := fmt.Sprintf(`{"notes":"x","passwordCredentials":[{"keyId":%q}]}`, first["keyId"])
	w.want(t, http.StatusNoContent, http.MethodPatch, "/v1.0/applications/"+id, kept)
	after := jsonOf(t, w.want(t, http.StatusOK, http.MethodGet, "/v1.0/applications/"+id, "")["passwordCredentials"])
	if !strings.Contains(after, `"one"`) || strings.Contains(after, `"two"`) || !strings.Contains(after, `"secretText":null`) {
		t.Errorf("%s", after)
	}
	w.want(t, http.StatusBadRequest, http.MethodPatch, "/v1.0/applications/"+id, `{"passwordCredentials":[{"displayName":"three"}]}`)
	w.want(t, http.StatusNoContent, http.MethodPatch, "/v1.0/applications/"+id, `{"passwordCredentials":[],"keyCredentials":[{"type":"AsymmetricX509Cert","usage":"Verify","key":"AAAA"}]}`)
	if after := jsonOf(t, w.want(t, http.StatusOK, http.MethodGet, "/v1.0/applications/"+id, "")["passwordCredentials"]); after != "[]" {
		t.Errorf("%s", after)
	}
}

// TestServicePrincipalPasswords: a service principal has client secrets of its own.
func TestServicePrincipalPasswords(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	path := "/v1.0/servicePrincipals/" + p.sp
	made := w.want(t, http.StatusOK, http.MethodPost, path+"/addPassword", `{"passwordCredential":{"displayName":"rotated"}}`)
	if made["secretText"] == nil || made["keyId"] == nil {
		t.Errorf("%v", made)
	}
	if shown := jsonOf(t, w.want(t, http.StatusOK, http.MethodGet, path+"?$select=passwordCredentials", "")); !strings.Contains(shown, "rotated") || strings.Contains(shown, fmt.Sprint(made["secretText"])) {
		t.Errorf("%s", shown)
	}
	w.want(t, http.StatusNoContent, http.MethodPost, path+"/removePassword", fmt.Sprintf(`{"keyId":%q}`, made["keyId"]))
	w.want(t, http.StatusBadRequest, http.MethodPost, path+"/removePassword", fmt.Sprintf(`{"keyId":%q}`, made["keyId"]))
}

// TestAssignmentsFiltered: app role assignments by their ends, counted and paged.
func TestAssignmentsFiltered(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	path := "/v1.0/servicePrincipals/" + p.sp + "/appRoleAssignedTo"
	ids := []string{w.person(t, "ada"), w.person(t, "bob"), w.person(t, "cid")}
	for _, id := range ids {
		w.want(t, http.StatusCreated, http.MethodPost, path, fmt.Sprintf(`{"principalId":%q,"resourceId":%q}`, id, p.sp))
	}
	if got := answered(w.want(t, http.StatusOK, http.MethodGet, path+"?$filter=principalId eq "+ids[1], ""), "principalDisplayName"); !slices.Equal(got, []string{"bob"}) {
		t.Errorf("%v", got)
	}
	answer := w.want(t, http.StatusOK, http.MethodGet, path+"?$count=true&$top=2", "")
	if fmt.Sprint(answer["@odata.count"]) != "3" || len(answered(answer, "id")) != 2 || answer["@odata.nextLink"] == nil {
		t.Errorf("%v", answer)
	}
}

// TestReadOnlyAgrees: an object can be sent back as it was read; what only the service
// sets cannot be changed.
func TestReadOnlyAgrees(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	ada := w.person(t, "ada")
	for path, properties := range map[string]string{
		"applications/" + p.app:     "id,appId,displayName,createdDateTime,deletedDateTime,publisherDomain,api,web",
		"servicePrincipals/" + p.sp: "id,appId,displayName,servicePrincipalType,appOwnerOrganizationId,createdDateTime,signInAudience",
		"users/" + ada:              "id,displayName,createdDateTime,deletedDateTime,assignedPlans,accountEnabled",
	} {
		read := w.want(t, http.StatusOK, http.MethodGet, "/v1.0/"+path+"?$select="+properties, "")
		w.want(t, http.StatusNoContent, http.MethodPatch, "/v1.0/"+path, jsonOf(t, read))
	}
	for path, body := range map[string]string{
		"applications/" + p.app: `{"appId":"00000000-0000-4000-8000-999999999999"}`, "users/" + ada: `{"id":"00000000-0000-4000-8000-999999999999"}`,
		"servicePrincipals/" + p.sp: `{"createdDateTime":"2020-01-01T00:00:00Z"}`,
	} {
		w.want(t, http.StatusBadRequest, http.MethodPatch, "/v1.0/"+path, body)
	}
	w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/groups", `{"id":null,"displayName":"All","mailEnabled":false,"mailNickname":"all","securityEnabled":true}`)
	w.want(t, http.StatusBadRequest, http.MethodPost, "/v1.0/groups", `{"id":"x","displayName":"All","mailEnabled":false,"mailNickname":"all","securityEnabled":true}`)
}

// TestGroupUniqueName: a group is found by its unique name, which is its own.
func TestGroupUniqueName(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	const body = `{"displayName":"All","mailEnabled":false,"mailNickname":"all","securityEnabled":true,"uniqueName":"All-Of-Us"}`
	w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/groups", body)
	w.want(t, http.StatusBadRequest, http.MethodPost, "/v1.0/groups", body)
	if name := w.want(t, http.StatusOK, http.MethodGet, "/v1.0/groups(uniqueName='all-of-us')", "")["displayName"]; name != "All" {
		t.Errorf("%v", name)
	}
	w.want(t, http.StatusNotFound, http.MethodGet, "/v1.0/applications(uniqueName='all-of-us')", "")
}
