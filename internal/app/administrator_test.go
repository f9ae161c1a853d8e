package app_test

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

// TestTheAdministratorIsNoName: after the administrator was deleted, who has its name
// is not the next one.
func TestTheAdministratorIsNoName(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	first := serve(t, dir)
	token := first.token(t, first.ClientSecret)
	_, own := first.send(t, http.MethodGet, "/v1.0/applications(appId='"+first.ClientID+"')", token, "")
	id, ok := own["id"].(string)
	require.True(t, ok, own)
	require.Equal(t, identity.AdministratorName, own["uniqueName"])
	status, refused := first.send(t, http.MethodPost, "/v1.0/applications", token, `{"displayName":"Impostor","uniqueName":"Provisor-Administrator"}`)
	require.Equal(t, http.StatusBadRequest, status, refused)
	status, body := first.send(t, http.MethodPatch, "/v1.0/applications/"+id, token, `{"uniqueName":"renamed"}`)
	require.Equal(t, http.StatusNoContent, status, body)
	require.Zero(t, first.stop())

	second := serve(t, dir)
	require.Equal(t, first.ClientID, second.ClientID, "the administrator may have another name")
	status, body = second.send(t, http.MethodDelete, "/v1.0/applications/"+id, second.token(t, second.ClientSecret), "")
	require.Equal(t, http.StatusNoContent, status, body)
	require.Zero(t, second.stop())

	impostor := named(t, dir, first.TenantID)
	third := serve(t, dir)
	require.NotEqual(t, first.ClientID, third.ClientID)
	require.NotEqual(t, impostor, third.ClientID)
	require.NotEmpty(t, third.token(t, third.ClientSecret))
	require.Zero(t, third.stop())
}

// named puts an application with the administrator's name into the database and
// returns its client id.
func named(t *testing.T, dir, tenant string) string {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), filepath.Join(dir, "data", "provisor.db"), sqlstore.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	made, err := db.CreateObject(t.Context(), directory.TenantID(tenant), directory.Object{
		ID: directory.ObjectID(uuid.NewString()), Kind: directory.Application,
		Attributes: directory.Attributes{"appId": uuid.NewString(), "displayName": "Impostor", "uniqueName": identity.AdministratorName},
	})
	require.NoError(t, err)
	return made.Attributes.String("appId")
}
