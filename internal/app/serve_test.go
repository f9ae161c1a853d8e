package app_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/app"
	"github.com/provisor/provisor/internal/graphcli"
)

// output collects what a running program writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// served is one `provisor serve` under way.
type served struct {
	GraphEndpoint, Authority, TenantID, ClientID, ClientSecret, CACertificate string

	stdout, stderr output
	http           *http.Client
	stop           func() int
}

// made is what a first start leaves in its data directory.
var made = struct {
	sync.Mutex

	files map[string][]byte
}{files: map[string][]byte{}}

// leaveMade writes into data what the first start of another service has left there.
func leaveMade(t *testing.T, data string) {
	t.Helper()
	made.Lock()
	defer made.Unlock()
	names := []string{"keys.json", "provisor.db"}
	if len(made.files) == 0 {
		dir := t.TempDir()
		require.Zero(t, serve(t, dir).stop())
		for _, name := range names {
			content, err := os.ReadFile(filepath.Join(dir, "data", name))
			require.NoError(t, err)
			made.files[name] = content
		}
	}
	require.NoError(t, os.Mkdir(data, 0o700))
	for _, name := range names {
		writeText(t, filepath.Join(data, name), string(made.files[name]))
	}
}

// serveMade is serve in a directory where there is nothing yet, for tests of anything
// but the first start. In the inner loop it is a second start, for to make keys and
// tables takes most of the time of such a test.
func serveMade(t *testing.T, dir string, more ...string) *served {
	t.Helper()
	if testing.Short() {
		leaveMade(t, filepath.Join(dir, "data"))
	}
	return serve(t, dir, more...)
}

// serve runs the program on dir until the test stops it, and returns once its
// bootstrap file is there.
func serve(t *testing.T, dir string, more ...string) *served {
	t.Helper()
	s := &served{http: &http.Client{}}
	file := filepath.Join(dir, "bootstrap.json")
	_ = os.Remove(file)
	args := append([]string{"serve", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--bootstrap-file", file}, more...)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan int, 1)
	go func() { ended <- app.Run(ctx, args, strings.NewReader(""), &s.stdout, &s.stderr) }()
	s.stop = sync.OnceValue(func() int {
		s.http.CloseIdleConnections()
		cancel()
		return <-ended
	})
	t.Cleanup(func() { s.stop() })
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(text, s) == nil
	}, 10*time.Second, 5*time.Millisecond, "no bootstrap file: %s", &s.stderr)
	require.Eventually(t, func() bool { return strings.Contains(s.stderr.String(), "ready") },
		10*time.Second, 5*time.Millisecond, "everything was said: %s", &s.stderr)
	if s.CACertificate != "" {
		s.trust(t)
	}
	return s
}

// trust makes the client trust the certificate authority of --tls auto.
func (s *served) trust(t *testing.T) {
	t.Helper()
	pem, err := os.ReadFile(s.CACertificate)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	s.http.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
}

// get asks for a path and returns status, body and protocol.
func (s *served) get(t *testing.T, path, token string) (int, string, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.GraphEndpoint+path, nil)
	require.NoError(t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := s.http.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(body), answer.Proto
}

// token signs the administrator in with a secret; empty when it is refused.
func (s *served) token(t *testing.T, secret string) string {
	t.Helper()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {s.ClientID}, "client_secret": {secret},
		"scope": {"https://graph.microsoft.com/.default"},
	}
	answer, err := s.http.PostForm(s.Authority+"/oauth2/v2.0/token", form)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	var body struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&body))
	return body.AccessToken
}

func run(t *testing.T, args ...string) (int, string, string) {
	t.Helper()
	var stdout, stderr output
	code := app.Run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestServeFromTheFirstStartOn(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	first := serve(t, dir)
	require.Contains(t, first.stdout.String(), first.ClientSecret, "the first start shows the secret")
	require.NotContains(t, first.stderr.String(), first.ClientSecret, "the log does not")

	info, err := os.Stat(filepath.Join(dir, "bootstrap.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	for name, mode := range map[string]os.FileMode{"data": 0o700, "data/keys.json": 0o600, "data/provisor.db": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}

	code, _, stderr := run(t, "serve", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0")
	require.Equal(t, graphcli.ExitConflict, code)
	require.Contains(t, stderr, "--data", "a second service is refused, with the next step")

	status, body, _ := first.get(t, "/", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, first.GraphEndpoint+"/v1.0", "a browser is told what is here")

	token := first.token(t, first.ClientSecret)
	require.NotEmpty(t, token)
	status, body, _ = first.get(t, "/v1.0/users", token)
	require.Equal(t, http.StatusOK, status, body)
	require.Zero(t, first.stop())

	second := serve(t, dir)
	require.Equal(t, first.TenantID, second.TenantID)
	require.Equal(t, first.ClientID, second.ClientID)
	require.NotEqual(t, first.ClientSecret, second.ClientSecret)
	require.NotContains(t, second.stdout.String(), second.ClientSecret, "later starts show no secret")
	require.NotEmpty(t, second.token(t, first.ClientSecret), "the secret of the first start stays")
	require.NotEmpty(t, second.token(t, second.ClientSecret))
	require.Zero(t, second.stop())

	third := serve(t, dir)
	require.Empty(t, third.token(t, second.ClientSecret), "the file's last secret is withdrawn")
	require.NotEmpty(t, third.token(t, third.ClientSecret))
	require.NotEmpty(t, third.token(t, first.ClientSecret))
	require.Zero(t, third.stop())

	require.NoError(t, os.Remove(filepath.Join(dir, "data", "keys.json")))
	code, _, stderr = run(t, "serve", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0")
	require.NotZero(t, code)
	require.Contains(t, stderr, "keys.json are missing")
	require.NoFileExists(t, filepath.Join(dir, "data", "keys.json"), "lost keys are not papered over")
}

func TestServeTellsHowItIs(t *testing.T) {
	t.Parallel()

	s := serve(t, t.TempDir(), "--log-format", "json")
	status, body, _ := s.get(t, "/healthz", "")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"status":"ok"}`, body)
	status, body, _ = s.get(t, "/readyz", "")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"status":"ready","database":"ok","workers":"ok"}`, body)

	status, _, _ = s.get(t, "/v1.0/users", "")
	require.Equal(t, http.StatusUnauthorized, status)
	s.token(t, s.ClientSecret)
	status, body, _ = s.get(t, "/metrics", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, `provisor_http_requests_total{route="GET /users",status="401"} 1`)
	require.Contains(t, body, `provisor_http_requests_total{route="POST /authority",status="200"} 1`)
	require.Contains(t, body, "provisor_build_info")
	require.NotContains(t, body, s.ClientID)

	require.Zero(t, s.stop())
	var lines int
	for line := range strings.Lines(s.stderr.String()) {
		var entry struct{ Msg, Time string }
		require.NoError(t, json.Unmarshal([]byte(line), &entry), line)
		require.Regexp(t, `:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$`, entry.Time)
		if entry.Msg == "request" {
			lines++
		}
	}
	require.Equal(t, 2, lines, "one line for each request that is not about health:\n%s", &s.stderr)
	require.NotContains(t, s.stderr.String(), s.ClientSecret)
}

func TestServeWithItsOwnCertificate(t *testing.T) {
	t.Parallel()

	s := serveMade(t, t.TempDir(), "--tls", "auto")
	require.True(t, strings.HasPrefix(s.GraphEndpoint, "https://"), s.GraphEndpoint)
	token := s.token(t, s.ClientSecret)
	require.NotEmpty(t, token)
	status, body, protocol := s.get(t, "/v1.0/organization", token)
	require.Equal(t, http.StatusOK, status, body)
	require.Equal(t, "HTTP/2.0", protocol)
}

func TestServeUnderAnotherURL(t *testing.T) {
	t.Parallel()

	s := serveMade(t, t.TempDir(), "--base-url", "https://provisor.example.com")
	require.Equal(t, "https://provisor.example.com", s.GraphEndpoint)
	require.Equal(t, "https://provisor.example.com/"+s.TenantID, s.Authority)
}

func TestWhatCannotBeServedIsSaid(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	busy := serveMade(t, dir)
	address := strings.TrimPrefix(busy.GraphEndpoint, "http://")
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	fresh := func() string { return t.TempDir() }

	for name, tc := range map[string]struct {
		args []string
		code int
		want string
	}{
		"port in use":       {[]string{"--data", fresh(), "--listen", address}, graphcli.ExitUnavailable, "address already in use"},
		"data is a file":    {[]string{"--data", file}, graphcli.ExitFailure, "--data"},
		"bootstrap nowhere": {[]string{"--data", fresh(), "--listen", "127.0.0.1:0", "--bootstrap-file", filepath.Join(file, "x")}, graphcli.ExitFailure, "--bootstrap-file"},
		"no certificate":    {[]string{"--data", fresh(), "--listen", "127.0.0.1:0", "--tls", "a.pem,b.pem"}, graphcli.ExitUsage, "a.pem"},
		"argument":          {[]string{"now"}, graphcli.ExitUsage, "takes no argument"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := run(t, append([]string{"serve"}, tc.args...)...)
			require.Equal(t, tc.code, code, stderr)
			require.Contains(t, stderr, tc.want)
		})
	}
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}
