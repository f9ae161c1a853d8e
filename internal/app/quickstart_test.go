package app_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
)

const people = `{"users":[
 {"userPrincipalName":"ada@example.com","displayName":"Ada","accountEnabled":true,"jobTitle":"Pilot","department":"Air"},
 {"userPrincipalName":"ben@example.com","displayName":"Ben","accountEnabled":true,"manager":"ada@example.com"},
 {"userPrincipalName":"cem@example.com","displayName":"Cem","accountEnabled":true},
 {"userPrincipalName":"dia@example.com","displayName":"Dia","accountEnabled":false}],
 "groups":[{"displayName":"All of them","members":["ada@example.com","ben@example.com","cem@example.com","dia@example.com"]}]}`

const bearer = "a-token-that-nobody-may-read"

// application is somebody's own application, reached with a bearer token.
func application(t *testing.T, flaws scimserver.Flaws) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String() + "/scim"
	server.Config.Handler = scimserver.New(scimserver.Options{
		Authenticate: scimserver.BearerToken(bearer), BaseURL: base, Mode: scim.Tolerant, Now: time.Now, Flaws: flaws,
	})
	server.Start()
	t.Cleanup(server.Close)
	return base
}

func quickstartInto(t *testing.T, target string, more ...string) (int, string, string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "people.json")
	require.NoError(t, os.WriteFile(file, []byte(people), 0o600))
	args := []string{"quickstart", "--once", "--data", filepath.Join(dir, "data"), "--users", file, "--target-url", target, "--bearer", bearer}
	return run(t, append(args, more...)...)
}

func TestQuickstartIntoOnesOwnApplication(t *testing.T) {
	t.Parallel()

	code, stdout, stderr := quickstartInto(t, application(t, scimserver.Flaws{}))
	require.Zero(t, code, "%s%s", stdout, stderr)
	require.Regexp(t, `Users +3 +3 +all there`, stdout)
	require.Regexp(t, `Memberships +2 +2 +all there`, stdout, "Cem is disabled by then")
	require.Contains(t, stdout, "What was sent to")
	require.Regexp(t, `POST /scim/Users +201 +3`, stdout)
	require.Contains(t, stdout, "as entra does", "an own application gets what Entra sends")
	require.NotContains(t, stdout+stderr, bearer)
}

// TestQuickstartTellsWhatIsMissing: an application that answers every query with
// everybody gets nobody twice, and the exit code says that not all is well.
func TestQuickstartTellsWhatIsMissing(t *testing.T) {
	t.Parallel()

	code, stdout, stderr := quickstartInto(t, application(t, scimserver.Flaws{IgnoreFilters: true}))
	require.Equal(t, 10, code, "%s%s", stdout, stderr)
	require.Contains(t, stdout, "Not everything in scope arrived as it should.")
	require.Contains(t, stdout, "why")
	require.Empty(t, stderr, "what is missing was shown")
}

func TestQuickstartWithATokenThatDoesNotHold(t *testing.T) {
	t.Parallel()

	code, stdout, stderr := quickstartInto(t, application(t, scimserver.Flaws{}), "--bearer", "another-token-entirely")
	require.NotZero(t, code, stdout)
	require.Contains(t, stderr, "Error:")
	require.Contains(t, stderr, "The log of the service is")
	require.NotContains(t, stdout+stderr, "another-token-entirely")
}
