package bench_test

import (
	"bufio"
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
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// binary builds the program once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "provisor-bench")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "provisor")
	out, err := exec.Command("go", "build", "-trimpath", "-o", path, "github.com/provisor/provisor/cmd/provisor").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// program is a data directory or a database, and the process that serves it.
type program struct {
	b        *testing.B
	dir      string
	flags    []string
	keys     string // for processes that share a database
	cmd      *exec.Cmd
	boot     bootstrap
	token    string
	signedIn time.Time
}

type bootstrap struct {
	GraphEndpoint string `json:"graphEndpoint"`
	Authority     string `json:"authority"`
	ClientID      string `json:"clientId"`
	ClientSecret  string `json:"clientSecret"`
}

func newProgram(b *testing.B, flags ...string) *program {
	b.Helper()
	p := &program{b: b, dir: b.TempDir(), flags: flags}
	b.Cleanup(p.stop)
	return p
}

// run runs a command of the program beside the service, on the same data.
func (p *program) run(args ...string) {
	p.b.Helper()
	path, err := binary()
	require.NoError(p.b, err)
	out, err := exec.Command(path, append(args, append([]string{"--data", filepath.Join(p.dir, "data")}, p.flags...)...)...).CombinedOutput()
	require.NoError(p.b, err, "%s", out)
}

// start serves and returns how long it took to be ready.
func (p *program) start() time.Duration {
	p.b.Helper()
	path, err := binary()
	require.NoError(p.b, err)
	file := filepath.Join(p.dir, "bootstrap.json")
	_ = os.Remove(file)
	p.cmd = exec.Command(path, append([]string{
		"serve", "--data", filepath.Join(p.dir, "data"), "--listen", "127.0.0.1:0", "--bootstrap-file", file, "--log-level", "warn",
	}, p.flags...)...)
	p.cmd.Env = os.Environ()
	if p.keys != "" {
		p.cmd.Env = append(p.cmd.Env, "PROVISOR_SEALING_KEY="+p.keys)
	}
	var log bytes.Buffer
	p.cmd.Stdout, p.cmd.Stderr = io.Discard, &log
	began := time.Now()
	require.NoError(p.b, p.cmd.Start())
	for {
		text, err := os.ReadFile(file)
		if err == nil && json.Unmarshal(text, &p.boot) == nil {
			break
		}
		require.Less(p.b, time.Since(began), time.Minute, "the service is not ready: %s", &log)
		time.Sleep(2 * time.Millisecond)
	}
	took := time.Since(began)
	p.signedIn = time.Time{}
	return took
}

func (p *program) stop() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
	p.cmd = nil
}

// processorTime is what the process has spent on all processors.
func (p *program) processorTime() time.Duration {
	p.b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	require.NoError(p.b, err)
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, err := strconv.Atoi(fields[11]) // utime and stime of proc(5), in ticks of 10 ms
	require.NoError(p.b, err)
	system, err := strconv.Atoi(fields[12])
	require.NoError(p.b, err)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// peak is the most memory that the process has had, in bytes (VmHWM).
func (p *program) peak() float64 {
	p.b.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	require.NoError(p.b, err)
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "RssAnon:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(text)[0], 64)
			require.NoError(p.b, err)
			return kib * 1024
		}
	}
	p.b.Fatal("no RssAnon")
	return 0
}

// watchMemory samples the process's own memory, without the mapped database file,
// until done is called, which returns the most that was seen, in MiB.
func (p *program) watchMemory() func() float64 {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan float64)
	go func() {
		most := 0.0
		for ctx.Err() == nil {
			most = max(most, p.peak())
			time.Sleep(20 * time.Millisecond)
		}
		ended <- most / (1 << 20)
	}()
	return func() float64 {
		cancel()
		return <-ended
	}
}

// signIn gets an access token when the last one is old.
func (p *program) signIn() {
	p.b.Helper()
	if time.Since(p.signedIn) < 30*time.Minute {
		return
	}
	resp, err := http.PostForm(p.boot.Authority+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {p.boot.ClientID}, "client_secret": {p.boot.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"},
	})
	require.NoError(p.b, err)
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(p.b, json.NewDecoder(resp.Body).Decode(&answer))
	p.token, p.signedIn = answer.AccessToken, time.Now()
}

// must calls the API and requires a success.
func (p *program) must(method, path string, body any) map[string]any {
	p.b.Helper()
	p.signIn()
	text, err := json.Marshal(body)
	require.NoError(p.b, err)
	req, err := http.NewRequest(method, p.boot.GraphEndpoint+path, bytes.NewReader(text))
	require.NoError(p.b, err)
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(p.b, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(p.b, err)
	require.Less(p.b, resp.StatusCode, 300, "%s %s: %s", method, path, answer)
	var object map[string]any
	_ = json.Unmarshal(answer, &object)
	return object
}

// job is one synchronization job and the path of its resource.
type job struct {
	p    *program
	path string
	ran  string // activityIdentifier of the last cycle that was seen
}

// newJob makes a job that provisions everybody into t.
func (p *program) newJob(t target, settings map[string]string) *job {
	p.b.Helper()
	made := p.must("POST", "/v1.0/applicationTemplates/8adf8e6e-67b2-4cf2-a259-e3dc5476c621/instantiate", map[string]any{"displayName": "Target"})
	sp, _ := made["servicePrincipal"].(map[string]any)
	base := fmt.Sprintf("/v1.0/servicePrincipals/%s/synchronization", sp["id"])
	p.must("PUT", base+"/secrets", map[string]any{"value": []map[string]string{
		{"key": "BaseAddress", "value": t.url}, {"key": "SecretToken", "value": "anything"}, {"key": "SyncAll", "value": "true"},
	}})
	j := &job{p: p, path: base + "/jobs/"}
	j.path += fmt.Sprint(p.must("POST", base+"/jobs", map[string]any{"templateId": "scim"})["id"])
	var list []map[string]string
	for name, value := range settings {
		list = append(list, map[string]string{"name": name, "value": value})
	}
	if list != nil {
		p.must("PATCH", j.path, map[string]any{"synchronizationJobSettings": list})
	}
	return j
}

// start orders a cycle, which runs at once.
func (j *job) start() { j.p.must("POST", j.path+"/start", nil) }

// wait waits for the next cycle to end and returns how long it took from its
// beginning on, as the program tells, and how many objects it exported. It asks seldom:
// what is measured is not the asking.
func (j *job) wait() (time.Duration, float64) {
	j.p.b.Helper()
	for deadline := time.Now().Add(2 * time.Hour); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		status, _ := j.p.must("GET", j.path+"?$select=status", nil)["status"].(map[string]any)
		last, _ := status["lastExecution"].(map[string]any)
		id := fmt.Sprint(last["activityIdentifier"])
		if last == nil || id == j.ran {
			continue
		}
		require.Equal(j.p.b, "Succeeded", last["state"], "%v", last["error"])
		j.ran = id
		began, err := time.Parse(time.RFC3339, fmt.Sprint(last["timeBegan"]))
		require.NoError(j.p.b, err)
		ended, err := time.Parse(time.RFC3339, fmt.Sprint(last["timeEnded"]))
		require.NoError(j.p.b, err)
		exported, _ := last["countExported"].(float64)
		return ended.Sub(began), exported
	}
	j.p.b.Fatal("the cycle does not end")
	return 0, 0
}

// cycle runs one cycle.
func (j *job) cycle() (time.Duration, float64) {
	j.start()
	return j.wait()
}

// people writes n users as the portal exports them.
func people(b *testing.B, n int) string {
	b.Helper()
	return csv(b, "userPrincipalName,displayName,givenName,surname,jobTitle,department,city,country,employeeId,preferredLanguage,accountEnabled", n, func(w io.Writer, i int) {
		_, _ = fmt.Fprintf(w, "%s,User %d,User,Number %d,Engineer,Sales,Bern,CH,%d,en,TRUE\n", userName(i), i, i, i)
	})
}

// csv writes a file of n rows.
func csv(b *testing.B, header string, n int, row func(w io.Writer, i int)) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "rows.csv")
	f, err := os.Create(path)
	require.NoError(b, err)
	w := bufio.NewWriter(f)
	_, _ = fmt.Fprintln(w, header)
	for i := range n {
		row(w, i)
	}
	require.NoError(b, w.Flush())
	require.NoError(b, f.Close())
	return path
}

// removeMembers takes the first n members out of a group.
func (p *program) removeMembers(name string, n int) {
	p.b.Helper()
	groups, _ := p.must("GET", "/v1.0/groups?$filter="+url.QueryEscape("displayName eq '"+name+"'"), nil)["value"].([]any)
	require.Len(p.b, groups, 1)
	group, _ := groups[0].(map[string]any)
	path := fmt.Sprintf("/v1.0/groups/%s/members", group["id"])
	members, _ := p.must("GET", path+"?$select=id&$top="+strconv.Itoa(n), nil)["value"].([]any)
	require.Len(p.b, members, n)
	for _, m := range members {
		object, _ := m.(map[string]any)
		p.must("DELETE", fmt.Sprintf("%s/%s/$ref", path, object["id"]), nil)
	}
}

// median returns the middle one, in seconds.
func median(all []time.Duration) float64 {
	slices.Sort(all)
	return all[len(all)/2].Seconds()
}
