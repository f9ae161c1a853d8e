package app_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/app"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
)

const people = `{"users":[
 {"mailNickname":"ada","userPrincipalName":"ada@example.com","displayName":"Ada","accountEnabled":true,"jobTitle":"Pilot","department":"Air"},
 {"mailNickname":"ben","userPrincipalName":"ben@example.com","displayName":"Ben","accountEnabled":true,"manager":"ada@example.com"},
 {"mailNickname":"cem","userPrincipalName":"cem@example.com","displayName":"Cem","accountEnabled":true},
 {"mailNickname":"dia","userPrincipalName":"dia@example.com","displayName":"Dia","accountEnabled":false}],
 "groups":[{"displayName":"All of them","members":["ada@example.com","ben@example.com","cem@example.com","dia@example.com"]}]}`

const bearer = "a-token-that-nobody-may-read"

// application is somebody's own application, reached with a bearer token.
func application(t *testing.T, flaws scimserver.Flaws) string {
	t.Helper()
	return applicationBehind(t, flaws, func(h http.Handler) http.Handler { return h })
}

func applicationBehind(t *testing.T, flaws scimserver.Flaws, before func(http.Handler) http.Handler) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String() + "/scim"
	server.Config.Handler = before(scimserver.New(scimserver.Options{
		Authenticate: scimserver.BearerToken(bearer), BaseURL: base, Mode: scim.Tolerant, Now: time.Now, Flaws: flaws,
	}))
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

// TestQuickstartSuggestsAnotherDialect: an application that keeps to the letter of
// RFC 7644 refuses what Entra sends; what helps is named, where it helps.
func TestQuickstartSuggestsAnotherDialect(t *testing.T) {
	t.Parallel()

	target := applicationBehind(t, scimserver.Flaws{}, func(tolerant http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body, err := io.ReadAll(r.Body); r.Method == http.MethodPatch && (err != nil || bytes.Contains(body, []byte(`"op":"Add"`)) || bytes.Contains(body, []byte(`"op":"Replace"`))) {
				w.Header().Set("Content-Type", scim.MediaType)
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidSyntax","detail":"op is add, remove or replace"}`)
				return
			} else {
				r.Body = io.NopCloser(bytes.NewReader(body))
			}
			tolerant.ServeHTTP(w, r)
		})
	})
	code, stdout, _ := quickstartInto(t, target)
	require.NotZero(t, code)
	require.Contains(t, stdout, "try again with --dialect rfc7644")
	code, stdout, stderr := quickstartInto(t, target, "--dialect", "rfc7644")
	require.NotContains(t, stdout, "try again with --dialect", "%d %s", code, stderr)
	_, stdout, _ = quickstartInto(t, application(t, scimserver.Flaws{}))
	require.NotContains(t, stdout, "--dialect")
}

// TestQuickstartStaysForWhatComesNext: it keeps running, the commands that it names
// work, and Ctrl-C ends the service and the demonstration.
func TestQuickstartStaysForWhatComesNext(t *testing.T) {
	t.Parallel()

	dir := filepath.Join(t.TempDir(), "data")
	var stdout, stderr output
	ctx, interrupt := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan int, 1)
	go func() {
		ended <- app.Run(ctx, []string{"quickstart", "--data", dir}, strings.NewReader(""), &stdout, &stderr)
	}()
	t.Cleanup(interrupt)
	require.Eventually(t, func() bool { return strings.Contains(stdout.String(), "Ctrl-C ends everything") }, time.Minute, 20*time.Millisecond)

	commands := regexp.MustCompile(`(?m)^  \S.*? ((?:Get-Mg|service-principals|watch|audit-logs).*)$`).FindAllStringSubmatch(stdout.String(), -1)
	require.Len(t, commands, 4)
	for _, command := range commands {
		args := append(strings.Fields(command[1]), "--bootstrap-file", filepath.Join(dir, "bootstrap.json"))
		code, _, complaint := run(t, args...)
		require.Zero(t, code, "%s: %s", command[1], complaint)
	}
	page := regexp.MustCompile(`application +(http://\S+)`).FindStringSubmatch(stdout.String())[1]
	require.Equal(t, http.StatusOK, status(t, page))

	interrupt()
	require.Zero(t, <-ended, "%s", &stderr)
	require.Zero(t, status(t, page), "the demonstration application has ended")
}

// status asks for a page; zero means that nobody answered.
func status(t *testing.T, link string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		return 0
	}
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
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

func TestQuickstartHelpNamesItsOwnDefaults(t *testing.T) {
	t.Parallel()

	code, help, _ := run(t, "quickstart", "--help")
	require.Zero(t, code)
	require.Regexp(t, `--data DIR .*\(default a temporary one\)`, help)
	require.Regexp(t, `--listen ADDR .*\(default a free port of 127.0.0.1\)`, help)
}

// TestQuickstartShowsWhatWasSentToABrokenApplication: an application that cannot be
// read back is the one whose developer needs the requests most.
func TestQuickstartShowsWhatWasSentToABrokenApplication(t *testing.T) {
	t.Parallel()

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte("<html>Sign in</html>" + strings.Repeat(" ", 400) + "the end"))
	}))
	defer server.Close()
	code, stdout, stderr := quickstartInto(t, server.URL)
	require.Equal(t, 7, code, "%s%s", stdout, stderr)
	require.Contains(t, stderr, "Nobody could be provisioned: 4 objects failed")
	require.Contains(t, stderr, "was answered 404")
	require.NotContains(t, stdout, "Three people change", "there is no second cycle after one in which all failed")
	require.Contains(t, stdout, "What was sent to "+server.URL)
	require.Regexp(t, `GET /Users +404`, stdout)
	require.Regexp(t, `(?m)^  GET /Users\?filter=.*\n  404 Not Found\n  Content-Type: text/html\n  <html>Sign in</html>`, stdout)
	require.NotContains(t, stdout, "the end", "answers are shortened")
	require.NotContains(t, stdout+stderr, bearer)
}

// TestQuickstartWithoutApplication: nobody listens, and that is said once.
func TestQuickstartWithoutApplication(t *testing.T) {
	t.Parallel()

	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	code, stdout, stderr := quickstartInto(t, server.URL)
	require.Equal(t, 7, code, "%s%s", stdout, stderr)
	require.Contains(t, stdout, "no answer: connect: connection refused")
	require.NotContains(t, stdout, "Three people change")
}

// TestFailedQuickstartLeavesItsLogOnly: keys and database of a temporary directory go.
func TestFailedQuickstartLeavesItsLogOnly(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	code, _, stderr := run(t, "quickstart", "--once", "--target-url", server.URL, "--bearer", bearer)
	require.Equal(t, 7, code, stderr)
	log := regexp.MustCompile(`kept, for what went wrong: (\S+)`).FindStringSubmatch(stderr)
	require.NotNil(t, log, stderr)
	files, err := os.ReadDir(filepath.Dir(log[1]))
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.FileExists(t, log[1])
}

// TestQuickstartTellsWhatIsMissing: where an application has a person twice already,
// Provisor chooses neither, and the exit code says that not all is well.
func TestQuickstartTellsWhatIsMissing(t *testing.T) {
	t.Parallel()

	target := application(t, scimserver.Flaws{AllowDuplicates: true})
	for range 2 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target+"/Users",
			strings.NewReader(`{"schemas":["`+scim.UserURN+`"],"userName":"ben@example.com"}`))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+bearer)
		r.Header.Set("Content-Type", scim.MediaType)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusCreated, answer.StatusCode)
	}
	code, stdout, stderr := quickstartInto(t, target)
	require.Equal(t, 10, code, "%s%s", stdout, stderr)
	require.Regexp(t, `Ben +DuplicateTargetEntries`, stdout)
	require.Regexp(t, `ben@example.com +one user +2 users`, stdout)
	require.Contains(t, stdout, "Not everything in scope arrived as it should.")
	require.NotContains(t, stderr, "Error:", "what is missing was shown")
}

func TestQuickstartWithATokenThatDoesNotHold(t *testing.T) {
	t.Parallel()

	code, stdout, stderr := quickstartInto(t, application(t, scimserver.Flaws{}), "--bearer", "another-token-entirely")
	require.NotZero(t, code, stdout)
	require.Contains(t, stderr, "Error:")
	require.Contains(t, stderr, "The log of the service is kept")
	require.NotContains(t, stdout+stderr, "another-token-entirely")
}

// TestQuickstartBelievesOnlyWhatItReads: an application that says 2xx and keeps
// something else is found out.
func TestQuickstartBelievesOnlyWhatItReads(t *testing.T) {
	t.Parallel()

	for name, tc := range map[string]struct{ old, with, want string }{
		"another title":   {`"title":"Principal Pilot"`, `"title":"Passenger"`, `Ada +title +Principal Pilot +Passenger`},
		"still active":    {`"active":false`, `"active":true`, `Cem +active +false +true`},
		"another manager": {`"manager":{`, `"superior":{`, `Ben-Example +manager +Ada`},
		"no such group":   {`"displayName":"All of them"`, `"displayName":"Some of them"`, `All of them +one group +0 groups`},
		"no members":      {`"members":[`, `"members":[],"guests":[`, `All of them +members +Ada`},
		"a user gone":     {`"userName":"ben@example.com"`, `"userName":"bob@example.com"`, `ben@example.com +one user +0 users`},
	} {
		if testing.Short() && name != "another manager" && name != "a user gone" {
			continue // each is a whole service
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := applicationBehind(t, scimserver.Flaws{}, func(honest http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method != http.MethodGet || r.URL.Query().Get("startIndex") == "" {
						honest.ServeHTTP(w, r)
						return
					}
					answer := httptest.NewRecorder()
					honest.ServeHTTP(answer, r)
					w.WriteHeader(answer.Code)
					_, _ = w.Write([]byte(strings.ReplaceAll(answer.Body.String(), tc.old, tc.with)))
				})
			})
			code, stdout, stderr := quickstartInto(t, target)
			require.Equal(t, 10, code, "%s%s", stdout, stderr)
			require.Regexp(t, tc.want, stdout)
		})
	}
}
