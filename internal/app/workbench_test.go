package app_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/synchronization"
)

// post sends JSON and returns the id and the client id of what was made.
func (s *served) post(t *testing.T, token, path, body string) (string, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.GraphEndpoint+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := s.http.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	var got map[string]any
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&got))
	require.Less(t, answer.StatusCode, 300, "%s: %v", path, got)
	id, _ := got["id"].(string)
	appID, _ := got["appId"].(string) // of applications
	return id, appID
}

// TestTheWorkbenchOnARealService: a filter is exported, changed, compared, imported
// and explained, and an expression is tried on a user of the directory.
func TestTheWorkbenchOnARealService(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	s := serveMade(t, dir)
	token := s.token(t, s.ClientSecret)
	user, _ := s.post(t, token, "/v1.0/users", `{"accountEnabled":true,"displayName":"Anna Berg","givenName":"Anna","surname":"Berg","mailNickname":"anna",
		"userPrincipalName":"anna@example.com","department":"Support","businessPhones":["555"],"passwordProfile":{"password":"xWwvJ]6NMw+bWH-d"}}`)
	_, appID := s.post(t, token, "/v1.0/applications", `{"displayName":"App"}`)
	principal, _ := s.post(t, token, "/v1.0/servicePrincipals", `{"appId":"`+appID+`"}`)
	job, _ := s.post(t, token, "/v1.0/servicePrincipals/"+principal+"/synchronization/jobs", `{"templateId":"scim"}`)
	s.post(t, token, "/v1.0/servicePrincipals/"+principal+"/appRoleAssignedTo",
		`{"principalId":"`+user+`","resourceId":"`+principal+`","appRoleId":"00000000-0000-0000-0000-000000000000"}`)

	file := filepath.Join(dir, "schema.json")
	here := []string{"--bootstrap-file", filepath.Join(dir, "bootstrap.json")}
	ofJob := append([]string{"--service-principal", principal, "--job", job}, here...)
	command := func(code int, args ...string) string {
		t.Helper()
		got, stdout, stderr := run(t, args...)
		require.Equal(t, code, got, "%s\n%s", stdout, stderr)
		return stdout + stderr
	}
	with := func(args []string, more ...string) []string { return append(append([]string{}, more...), args...) }

	require.Equal(t, "Anna Berg 555 False\n", command(0, with(here, "expression", "eval",
		`Join(" ", [displayName], [telephoneNumber], [IsSoftDeleted])`, "--user", "anna@example.com")...))
	require.Contains(t, command(0, with(ofJob, "scope", "explain", "--user", "anna@example.com")...), "is in scope")

	command(0, with(ofJob, "schema", "export", file)...)
	require.Contains(t, command(0, "schema", "validate", file), "no fault found")
	require.Empty(t, command(0, with(ofJob, "schema", "diff", file)...))
	addFilter(t, file, "department", "Sales")
	require.Contains(t, command(1, with(ofJob, "schema", "diff", file)...), "scope")
	command(0, with(ofJob, "schema", "import", file)...)
	require.Empty(t, command(0, with(ofJob, "schema", "diff", file)...))

	explained := command(0, with(ofJob, "scope", "explain", "--user", "anna@example.com")...)
	require.Contains(t, explained, "is not in scope")
	require.Contains(t, explained, `Decided by the clause department EQUALS "Sales", and the value is "Support"`)
}

// TestValidateFindsWhatPutRefuses: one check for both, whatever a file leaves out.
func TestValidateFindsWhatPutRefuses(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	s := serveMade(t, dir)
	token := s.token(t, s.ClientSecret)
	_, appID := s.post(t, token, "/v1.0/applications", `{"displayName":"App"}`)
	principal, _ := s.post(t, token, "/v1.0/servicePrincipals", `{"appId":"`+appID+`"}`)
	job, _ := s.post(t, token, "/v1.0/servicePrincipals/"+principal+"/synchronization/jobs", `{"templateId":"scim"}`)
	file := filepath.Join(dir, "schema.json")
	const mapped = `"objectMappings":[{"enabled":true,"flowTypes":"Add","name":"U","sourceObjectName":"User","targetObjectName":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","attributeMappings":[
		{"matchingPriority":1,"targetAttributeName":"userName","source":{"expression":"[userPrincipalName]","type":"Attribute"}}]}]`
	for text, code := range map[string]int{
		`{}`:                             0,
		`{"directories":null}`:           0,
		`{"directories":[{}]}`:           1,
		`{"synchronizationRules":[{}]}`:  1,
		`{"synchronizationRules":"all"}`: 1,
		`{"SynchronizationRules":[{"sourceDirectoryName":"Nowhere","targetDirectoryName":"customappsso",` + mapped + `}]}`:                1,
		`{"synchronizationRules":[{"sourceDirectoryName":"Azure Active Directory","targetDirectoryName":"customappsso",` + mapped + `}]}`: 0,
	} {
		writeText(t, file, text)
		ofJob := []string{"--service-principal", principal, "--job", job, "--bootstrap-file", filepath.Join(dir, "bootstrap.json")}
		for _, args := range [][]string{
			{"schema", "validate", file}, append([]string{"schema", "validate", file}, ofJob...), append([]string{"schema", "import", file}, ofJob...),
		} {
			got, stdout, stderr := run(t, args...)
			require.Equal(t, code, got, "%s of %s: %s%s", args[1], text, stdout, stderr)
		}
	}
}

// addFilter puts a scoping filter on the users of the schema in the file.
func addFilter(t *testing.T, file, attribute, value string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var schema synchronization.Schema
	require.NoError(t, json.Unmarshal(text, &schema))
	for i := range schema.Rules {
		for k := range schema.Rules[i].ObjectMappings {
			if om := &schema.Rules[i].ObjectMappings[k]; om.SourceObjectName == "User" {
				om.Scope = &synchronization.Filter{Groups: []synchronization.FilterGroup{{Name: "Only " + value, Clauses: []synchronization.FilterClause{
					{OperatorName: "EQUALS", SourceOperandName: attribute, TargetOperand: &synchronization.FilterOperand{Values: []string{value}}},
				}}}}
			}
		}
	}
	text, err = json.Marshal(schema)
	require.NoError(t, err)
	writeText(t, file, string(text))
}
