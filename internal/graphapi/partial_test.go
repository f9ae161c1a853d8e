package graphapi_test

import (
	"net/http"
	"testing"

	"github.com/provisor/provisor/internal/directory"
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
