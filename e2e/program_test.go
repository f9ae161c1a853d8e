//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// binary builds the program once for all tests of the package.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "provisor-e2e")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "provisor")
	build := exec.Command("go", "build", "-o", path, "github.com/provisor/provisor/cmd/provisor")
	out, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// output gathers what the program prints; several runs of one test share it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// program is one data directory and the process that serves it, if it runs.
type program struct {
	t     *testing.T
	dir   string
	flags []string
	log   output
	cmd   *exec.Cmd
	boot  bootstrap
	token string
}

// bootstrap is the file that scripts rely on.
type bootstrap struct {
	GraphEndpoint string `json:"graphEndpoint"`
	Authority     string `json:"authority"`
	TenantID      string `json:"tenantId"`
	ClientID      string `json:"clientId"`
	ClientSecret  string `json:"clientSecret"`
}

func newProgram(t *testing.T, flags ...string) *program {
	t.Helper()
	p := &program{t: t, dir: t.TempDir(), flags: flags}
	t.Cleanup(func() {
		if p.cmd != nil {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
		if t.Failed() {
			t.Logf("the program printed:\n%s", p.log.String())
		}
	})
	p.start()
	return p
}

// start starts the process and waits until it is ready.
func (p *program) start() {
	p.t.Helper()
	path, err := binary()
	require.NoError(p.t, err)
	file := filepath.Join(p.dir, "bootstrap.json")
	_ = os.Remove(file)
	p.cmd = exec.Command(path, append([]string{
		"serve", "--data", filepath.Join(p.dir, "data"), "--listen", "127.0.0.1:0", "--bootstrap-file", file, "--interval", "1s", "--log-level", "debug",
	}, p.flags...)...)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	require.NoError(p.t, p.cmd.Start())
	require.Eventually(p.t, func() bool {
		text, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(text, &p.boot) == nil
	}, 30*time.Second, 20*time.Millisecond, "the bootstrap file is written when the service is ready")
	p.token = p.signIn()
}

// kill ends the process without warning.
func (p *program) kill() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Kill())
	_ = p.cmd.Wait()
	p.cmd = nil
}

// stop ends the process gracefully.
func (p *program) stop() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(p.t, p.cmd.Wait(), "a graceful stop exits with 0")
	p.cmd = nil
}

// signIn gets an access token as any client would.
func (p *program) signIn() string {
	p.t.Helper()
	resp, err := http.PostForm(p.boot.Authority+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {p.boot.ClientID}, "client_secret": {p.boot.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"},
	})
	require.NoError(p.t, err)
	defer resp.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error_description"`
	}
	require.NoError(p.t, json.NewDecoder(resp.Body).Decode(&answer))
	require.NotEmpty(p.t, answer.AccessToken, answer.Error)
	return answer.AccessToken
}

// answer is what the API said.
type answer struct {
	Status int
	Body   map[string]any
	Text   string
}

// id is the id of the object in the answer.
func (a answer) id() string { return fmt.Sprint(a.Body["id"]) }

// do calls the API; path begins with the version.
func (p *program) do(ctx context.Context, method, path string, body any) (answer, error) {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.boot.GraphEndpoint+path, reader)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{Status: resp.StatusCode, Text: string(text)}
	_ = json.Unmarshal(text, &a.Body)
	return a, nil
}

// must calls the API and requires a success.
func (p *program) must(method, path string, body any) answer {
	p.t.Helper()
	a, err := p.do(p.t.Context(), method, path, body)
	require.NoError(p.t, err)
	require.Less(p.t, a.Status, 300, "%s %s: %s", method, path, a.Text)
	return a
}

// application makes an application from the non-gallery template and returns the
// ids of the application and of its service principal.
func (p *program) application() (string, string) {
	p.t.Helper()
	a := p.must("POST", "/v1.0/applicationTemplates/8adf8e6e-67b2-4cf2-a259-e3dc5476c621/instantiate", map[string]any{"displayName": "Target"})
	application, _ := a.Body["application"].(map[string]any)
	servicePrincipal, _ := a.Body["servicePrincipal"].(map[string]any)
	return fmt.Sprint(application["id"]), fmt.Sprint(servicePrincipal["id"])
}

// pairs writes secrets in the form of the API.
func pairs(keyValues ...string) []map[string]string {
	var list []map[string]string
	for i := 0; i+1 < len(keyValues); i += 2 {
		list = append(list, map[string]string{"key": keyValues[i], "value": keyValues[i+1]})
	}
	return list
}

// user creates the nth user and returns its id.
func (p *program) user(n int) string {
	p.t.Helper()
	name := fmt.Sprintf("user%d", n)
	return p.must("POST", "/v1.0/users", map[string]any{
		"accountEnabled": true, "displayName": "User " + fmt.Sprint(n), "mailNickname": name, "userPrincipalName": name + "@example.com",
		"passwordProfile": map[string]any{"password": "Never-kept-" + name},
	}).id()
}

// everything returns what the program has left in its data directory and printed.
func (p *program) everything() string {
	p.t.Helper()
	var all strings.Builder
	all.WriteString(p.log.String())
	require.NoError(p.t, filepath.Walk(filepath.Join(p.dir, "data"), func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	}))
	return all.String()
}
