package graphapi_test

import (
	"fmt"
	"net/http"
	"testing"
)

// TestAdministratorsName: no application takes the name of the one that administers
// the service; a group may, for groups have names of their own.
func TestAdministratorsName(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	const body = `{"displayName":"Tool","uniqueName":"Provisor-Administrator"}`
	w.want(t, http.StatusBadRequest, http.MethodPost, "/v1.0/applications", body)
	id := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/applications", `{"displayName":"Tool","uniqueName":"tool"}`)["id"]
	path := fmt.Sprintf("/v1.0/applications/%s", id)
	w.want(t, http.StatusBadRequest, http.MethodPatch, path, body)
	if name := w.want(t, http.StatusOK, http.MethodGet, path, "")["uniqueName"]; name != "tool" {
		t.Errorf("%v", name)
	}
	w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/groups",
		`{"displayName":"All","mailEnabled":false,"mailNickname":"all","securityEnabled":true,"uniqueName":"provisor-administrator"}`)
}
