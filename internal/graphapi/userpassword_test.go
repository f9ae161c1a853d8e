package graphapi_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store"
)

// TestUserPassword: a password is kept as a digest, one at a time, and shown nowhere.
func TestUserPassword(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	profile := func(password string) string {
		return `"passwordProfile":{"forceChangePasswordNextSignIn":false,"password":` + password + `}`
	}
	user := func(password string) string {
		return `{"accountEnabled":true,"displayName":"Ada","mailNickname":"ada","userPrincipalName":"ada@contoso.example",` + profile(password) + `}`
	}
	for _, bad := range []string{`"short"`, `7`, `"` + strings.Repeat("x", 257) + `"`} {
		rec := w.do(t, "admin", http.MethodPost, "/v1.0/users", user(bad))
		if _, _, target := fault(t, rec); rec.Code != http.StatusBadRequest || target != "passwordProfile/password" {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
	}
	ada, _ := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/users", user(`"correct horse"`))["id"].(string)
	first := w.digests(t, ada)
	w.want(t, http.StatusNoContent, http.MethodPatch, "/v1.0/users/"+ada, `{`+profile(`"battery staple"`)+`}`)
	second := w.digests(t, ada)
	if len(first) != 1 || len(second) != 1 || bytes.Equal(first[0], second[0]) || !bytes.HasPrefix(second[0], []byte("$argon2id$")) {
		t.Errorf("%s, then %s", first, second)
	}
	shown := w.do(t, "admin", http.MethodGet, "/v1.0/users/"+ada+"?$select=id,passwordProfile", "").Body.String()
	if strings.Contains(shown, "argon2") || strings.Contains(shown, "staple") {
		t.Error(shown)
	}
}

// TestPasswordOfARoleHolder: whoever sets a password can sign in with it, so that of
// somebody with a directory role is for those who hand out roles.
func TestPasswordOfARoleHolder(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	ada, _ := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/users",
		`{"accountEnabled":true,"displayName":"Ada","mailNickname":"ada","userPrincipalName":"ada@contoso.example"}`)["id"].(string)
	writer := w.callers["powerful"]
	writer.Roles = []identity.Permission{identity.UserReadWrite}
	w.callers["writer"] = writer
	const change = `{"passwordProfile":{"password":"battery staple"}}`
	if rec := w.do(t, "writer", http.MethodPatch, "/v1.0/users/"+ada, change); rec.Code != http.StatusNoContent {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	err := w.db.AddRoleAssignment(t.Context(), tenantID, store.RoleAssignment{ID: "a", Principal: directory.ObjectID(ada), DefinitionID: string(identity.GlobalAdministrator), Scope: "/"})
	if err != nil {
		t.Fatal(err)
	}
	if rec := w.do(t, "writer", http.MethodPatch, "/v1.0/users/"+ada, change); rec.Code != http.StatusForbidden {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := w.do(t, "admin", http.MethodPatch, "/v1.0/users/"+ada, change); rec.Code != http.StatusNoContent {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

func (w *world) digests(t *testing.T, user string) [][]byte {
	t.Helper()
	passwords, err := w.db.Passwords(t.Context(), tenantID, directory.ObjectID(user))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for _, p := range passwords {
		all = append(all, p.Digest)
	}
	return all
}
