package graphapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/identity"
)

// TestChangeOfAnIncompleteObject: an import may bring people without all that POST
// asks for. They can be changed, but what is required cannot be taken away.
func TestChangeOfAnIncompleteObject(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	const id = "dddddddd-0000-4000-8000-000000000009"
	w.add(t, directory.Object{
		ID: id, Kind: directory.User, Created: now(),
		Attributes: directory.Attributes{"displayName": "Imported", "userPrincipalName": "imported@contoso.example", "accountEnabled": true},
	})
	for body, status := range map[string]int{
		`{"jobTitle":"Clerk"}`:        http.StatusNoContent,
		`{"accountEnabled":false}`:    http.StatusNoContent,
		`{"mailNickname":"imported"}`: http.StatusNoContent,
		`{"displayName":null}`:        http.StatusBadRequest,
		`{"userPrincipalName":""}`:    http.StatusBadRequest,
		`{"mailNickname":null}`:       http.StatusBadRequest,
	} {
		if rec := w.do(t, "admin", http.MethodPatch, "/v1.0/users/"+id, body); rec.Code != status {
			t.Errorf("%s: %d %s", body, rec.Code, rec.Body)
		}
	}
}

// TestChangeOfAComplexProperty: what a complex value lacks stays as it was, at every
// depth; a collection in it is replaced, and null takes a member away. Terraform writes
// the redirect URIs of an application alone, and its scopes apart from its clients.
func TestChangeOfAComplexProperty(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	path := "/v1.0/applications/" + w.payroll(t).app
	w.want(t, http.StatusNoContent, http.MethodPatch, path, `{"api":{"requestedAccessTokenVersion":2,"oauth2PermissionScopes":[{"id":"00000000-0000-4000-8000-000000000001","value":"read"}]},
		"web":{"logoutUrl":"https://payroll.example/out","redirectUris":["https://payroll.example/a","https://payroll.example/b"],"implicitGrantSettings":{"enableIdTokenIssuance":true}}}`)
	w.want(t, http.StatusNoContent, http.MethodPatch, path, `{"api":{"requestedAccessTokenVersion":null,"knownClientApplications":["00000000-0000-4000-8000-000000000002"]},
		"web":{"redirectUris":["https://payroll.example/c"],"implicitGrantSettings":{"enableAccessTokenIssuance":true}}}`)

	application := w.want(t, http.StatusOK, http.MethodGet, path, "")
	for name, want := range map[string]string{
		"api": `{"acceptMappedClaims":null,"knownClientApplications":["00000000-0000-4000-8000-000000000002"],` +
			`"oauth2PermissionScopes":[{"id":"00000000-0000-4000-8000-000000000001","value":"read"}],"preAuthorizedApplications":[],"requestedAccessTokenVersion":null}`,
		"web": `{"homePageUrl":null,"implicitGrantSettings":{"enableAccessTokenIssuance":true,"enableIdTokenIssuance":true},` +
			`"logoutUrl":"https://payroll.example/out","redirectUris":["https://payroll.example/c"]}`,
	} {
		if got := jsonOf(t, application[name]); got != want {
			t.Errorf("%s is %s", name, got)
		}
	}
	w.want(t, http.StatusNoContent, http.MethodPatch, path, `{"web":null,"optionalClaims":{"idToken":[{"name":"groups"}]}}`)
	w.want(t, http.StatusNoContent, http.MethodPatch, path, `{"optionalClaims":{}}`)
	application = w.want(t, http.StatusOK, http.MethodGet, path, "")
	if claims := jsonOf(t, application["optionalClaims"]); application["web"] != nil || claims != "{}" {
		t.Errorf("web is %v, optionalClaims is %s", application["web"], claims)
	}
}

// TestGraphStays: the service principal of Graph carries every permission, the caller's
// own among them. Terraform tries to delete it when it has used it.
func TestGraphStays(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	path := "/v1.0/servicePrincipals(appId='" + identity.GraphAppID + "')"
	id := fmt.Sprint(w.want(t, http.StatusOK, http.MethodGet, path, "")["id"])
	for _, way := range []string{path, "/v1.0/servicePrincipals/" + id, "/v1.0/directoryObjects/" + id} {
		w.want(t, http.StatusBadRequest, http.MethodDelete, way, "")
	}
	w.want(t, http.StatusOK, http.MethodGet, path, "")
}

// TestServicePrincipalShowsItsApplication: the pages of an application are those of its
// service principal, and go with it.
func TestServicePrincipalShowsItsApplication(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	for body, want := range map[string]any{
		`{"web":{"homePageUrl":"https://payroll.example"}}`: "https://payroll.example", `{"web":{"homePageUrl":null}}`: nil,
	} {
		w.want(t, http.StatusNoContent, http.MethodPatch, "/v1.0/applications/"+p.app, body)
		if page := w.want(t, http.StatusOK, http.MethodGet, "/v1.0/servicePrincipals/"+p.sp, "")["homepage"]; page != want {
			t.Errorf("after %s the homepage is %v", body, page)
		}
	}
}

// TestWritebackOfGroups: beta answers it without being asked, an object in any case.
func TestWritebackOfGroups(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	id := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/groups", `{"displayName":"All","mailEnabled":false,"mailNickname":"all","securityEnabled":true}`)["id"]
	path := fmt.Sprintf("/groups/%s", id)
	if got := jsonOf(t, w.want(t, http.StatusOK, http.MethodGet, "/beta"+path, "")["writebackConfiguration"]); got != `{"isEnabled":null,"onPremisesGroupType":null}` {
		t.Errorf("at first it is %s", got)
	}
	w.want(t, http.StatusNoContent, http.MethodPatch, "/beta"+path, `{"writebackConfiguration":{"isEnabled":true}}`)
	if got := jsonOf(t, w.want(t, http.StatusOK, http.MethodGet, "/beta"+path, "")["writebackConfiguration"]); got != `{"isEnabled":true}` {
		t.Errorf("afterwards it is %s", got)
	}
	if _, answered := w.want(t, http.StatusOK, http.MethodGet, "/v1.0"+path, "")["writebackConfiguration"]; answered {
		t.Error("version 1.0 has no such property")
	}
}
