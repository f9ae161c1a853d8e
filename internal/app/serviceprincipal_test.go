package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSignInWithoutServicePrincipalSaysWhatIsMissing: an application that POST
// /applications made is told how it comes to sign in, and that is true.
func TestSignInWithoutServicePrincipalSaysWhatIsMissing(t *testing.T) {
	t.Parallel()

	s := serveMade(t, t.TempDir())
	admin := s.token(t, s.ClientSecret)
	code, made := s.send(t, http.MethodPost, "/v1.0/applications", admin, `{"displayName":"Script"}`)
	require.Equal(t, http.StatusCreated, code, made)
	appID, _ := made["appId"].(string)
	objectID, _ := made["id"].(string)
	code, password := s.send(t, http.MethodPost, "/v1.0/applications/"+objectID+"/addPassword", admin, `{}`)
	require.Equal(t, http.StatusOK, code, password)
	secret, _ := password["secretText"].(string)

	description := s.refusal(t, appID, secret)
	require.Contains(t, description, "AADSTS7000229")
	require.Contains(t, description, "missing service principal")
	body := `{"appId":"` + appID + `"}`
	require.Contains(t, description, "POST /v1.0/servicePrincipals and the body "+body)

	code, made = s.send(t, http.MethodPost, "/v1.0/servicePrincipals", admin, body)
	require.Equal(t, http.StatusCreated, code, made)
	s.ClientID = appID
	require.NotEmpty(t, s.token(t, secret))
}

// refusal asks for a token and returns why there is none.
func (s *served) refusal(t *testing.T, client, secret string) string {
	t.Helper()
	answer, err := s.http.PostForm(s.Authority+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret},
		"scope": {"https://graph.microsoft.com/.default"},
	})
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	var body struct {
		Description string `json:"error_description"`
	}
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&body))
	return body.Description
}
