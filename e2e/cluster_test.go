//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/pgtest"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
)

// cluster is several processes on one PostgreSQL.
type cluster struct {
	t        *testing.T
	database string
	first    *program // made the tenant; its secret stays good
	members  []*member
}

// member is one process of a cluster that may be killed and paused.
type member struct {
	c     *cluster
	dir   string
	flags []string
	keys  string
	log   output
	cmd   *exec.Cmd
}

// newCluster starts the process that makes the tenant, and one more for each list
// of flags.
func newCluster(t *testing.T, others ...[]string) *cluster {
	t.Helper()
	pgtest.Need(t)
	server, err := pgtest.Start(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.WithoutCancel(t.Context()))) })
	c := &cluster{t: t, database: server.Database(t)}
	c.first = newProgram(t, "--database", c.database)
	keys, err := os.ReadFile(filepath.Join(c.first.dir, "data", "keys.json"))
	require.NoError(t, err)
	for _, flags := range others {
		m := &member{c: c, dir: t.TempDir(), flags: flags, keys: string(keys)}
		c.members = append(c.members, m)
		t.Cleanup(func() {
			m.kill()
			if t.Failed() {
				t.Logf("a member printed:\n%.20000s", m.log.String())
			}
		})
		m.start()
	}
	return c
}

func (m *member) start() {
	m.c.t.Helper()
	path, err := binary()
	require.NoError(m.c.t, err)
	already := len(readyLine.FindAllString(m.log.String(), -1))
	m.cmd = exec.Command(path, append([]string{
		"serve", "--database", m.c.database, "--data", filepath.Join(m.dir, "data"), "--listen", "127.0.0.1:0", "--interval", "1s", "--log-level", "debug",
	}, m.flags...)...)
	m.cmd.Env = append(os.Environ(), "PROVISOR_SEALING_KEY="+m.keys)
	m.cmd.Stdout, m.cmd.Stderr = &m.log, &m.log
	require.NoError(m.c.t, m.cmd.Start())
	require.Eventually(m.c.t, func() bool { return len(readyLine.FindAllString(m.log.String(), -1)) > already },
		60*time.Second, 20*time.Millisecond, "the member is ready: %s", &m.log)
}

var readyLine = regexp.MustCompile(`(?m)^Provisor is ready at .*$`)

func (m *member) kill() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Signal(syscall.SIGCONT)
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	m.cmd = nil
}

func (m *member) signal(s os.Signal) { _ = m.cmd.Process.Signal(s) }

// cut ends every connection of the database but the one that does it.
func (c *cluster) cut() {
	conn, err := pgx.Connect(c.t.Context(), c.database)
	require.NoError(c.t, err)
	defer func() { _ = conn.Close(c.t.Context()) }()
	_, err = conn.Exec(c.t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	require.NoError(c.t, err)
}

// grants is a token endpoint for the client credentials grant that notices two
// exchanges of one client at once.
type grants struct {
	mu       sync.Mutex
	running  map[string]int
	doubled  bool
	requests int
}

func (g *grants) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	client, _, ok := r.BasicAuth()
	if !ok {
		client = r.FormValue("client_id")
	}
	g.mu.Lock()
	g.requests++
	g.running[client]++
	g.doubled = g.doubled || g.running[client] > 1
	serial := g.requests
	g.mu.Unlock()
	time.Sleep(30 * time.Millisecond)
	g.mu.Lock()
	g.running[client]--
	g.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"access_token":"access-token-that-must-not-be-found-%d","token_type":"Bearer","expires_in":3}`, serial)
}

// oneJob is one job of the cluster with its own target.
type oneJob struct {
	target *scimserver.Server
	base   string // path of its synchronization
	id     string
}

// newJob makes an application with a job that provisions everybody into a target
// that would take duplicates.
func (c *cluster) newJob(n int, tokens string, latency time.Duration) oneJob {
	c.t.Helper()
	target := scimserver.New(scimserver.Options{
		MaxResults: 10000, Flaws: scimserver.Flaws{AllowDuplicates: true, RepeatMembers: true}, Mode: scim.Tolerant,
	})
	listener := httptest.NewServer(slowly(target, latency))
	c.t.Cleanup(listener.Close)
	_, sp := c.first.application()
	base := "/v1.0/servicePrincipals/" + sp + "/synchronization"
	c.first.must("PUT", base+"/secrets", map[string]any{"value": pairs("BaseAddress", listener.URL, "SyncAll", "true",
		"AuthenticationType", "OAuth2ClientCredentialsGrant", "Oauth2ClientId", fmt.Sprint("client", n), "Oauth2ClientSecret", clientSecret,
		"Oauth2TokenExchangeUri", tokens)})
	id := c.first.must("POST", base+"/jobs", map[string]any{"templateId": "scim"}).id()
	return oneJob{target: target, base: base, id: id}
}

// chaos kills, pauses and cuts off members until the time is over.
func (c *cluster) chaos(random *rand.Rand, d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		m := c.members[random.IntN(len(c.members))]
		switch random.IntN(4) {
		case 0, 1:
			m.kill()
			time.Sleep(time.Duration(random.IntN(1000)) * time.Millisecond)
			m.start()
		case 2:
			m.signal(syscall.SIGSTOP)
			time.Sleep(18 * time.Second) // longer than the lease
			m.signal(syscall.SIGCONT)
		default:
			c.cut()
		}
		time.Sleep(time.Duration(500+random.IntN(2000)) * time.Millisecond)
	}
}

// TestCluster runs jobs on three processes that share a PostgreSQL, while members
// are killed, paused for longer than the lease, and cut off from the database, and
// compares every target with the directory in the end.
func TestCluster(t *testing.T) {
	t.Parallel()
	g := &grants{running: map[string]int{}}
	tokens := httptest.NewServer(g)
	t.Cleanup(tokens.Close)
	c := newCluster(t, []string{"--workers", "2"}, []string{"--workers", "2"}, []string{"--workers", "1"})

	const people, jobs = 60, 4
	var members []map[string]any
	var created atomic.Int64
	for i := range people {
		members = append(members, map[string]any{"@odata.id": c.first.boot.GraphEndpoint + "/v1.0/directoryObjects/" + c.first.user(i)})
		created.Add(1)
	}
	group := c.first.must("POST", "/v1.0/groups", map[string]any{"displayName": "Everyone", "mailEnabled": false, "mailNickname": "everyone", "securityEnabled": true}).id()
	for _, m := range members {
		c.first.must("POST", "/v1.0/groups/"+group+"/members/$ref", m)
	}
	all := make([]oneJob, jobs)
	for i := range all {
		all[i] = c.newJob(i, tokens.URL, 5*time.Millisecond)
		c.first.must("POST", all[i].base+"/jobs/"+all[i].id+"/start", nil)
	}

	writing, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := people; writing.Err() == nil; n++ {
			body := map[string]any{
				"accountEnabled": true, "displayName": fmt.Sprint("User ", n), "mailNickname": fmt.Sprint("user", n), "userPrincipalName": fmt.Sprintf("user%d@example.com", n),
				"passwordProfile": map[string]any{"password": "Never-kept"},
			}
			if a, err := c.first.do(t.Context(), "POST", "/v1.0/users", body); err == nil && a.Status == http.StatusCreated {
				created.Add(1)
			}
			time.Sleep(300 * time.Millisecond)
		}
	})
	c.chaos(rand.New(rand.NewPCG(7, 11)), 75*time.Second)
	stop()
	writer.Wait()
	quiet := time.Now()

	expected := c.count("users")
	require.GreaterOrEqual(t, expected, int(created.Load()), "a 201 is durable")
	for i, j := range all {
		require.Eventually(t, func() bool { return c.finishedAfter(j, quiet) }, 2*time.Minute+30*time.Second, time.Second, "job %d is stuck", i)
		users, groups := j.target.Snapshot()
		require.Len(t, users, expected, "job %d: nobody lost, nobody doubled", i)
		require.Len(t, groups, 1)
		require.Len(t, groups[0].MemberIDs(), people, "job %d: no member lost, none doubled", i)
		seen := map[string]bool{}
		for _, u := range users {
			require.False(t, seen[u.ExternalID()], "job %d: %s is doubled", i, u.ExternalID())
			seen[u.ExternalID()] = true
		}
	}
	require.False(t, g.doubled, "one refresh at a time")
	require.Greater(t, g.requests, jobs, "tokens were refreshed")
}

func (c *cluster) count(collection string) int {
	c.t.Helper()
	var n int
	_, err := fmt.Sscan(c.first.must("GET", "/v1.0/"+collection+"/$count", nil).Text, &n)
	require.NoError(c.t, err)
	return n
}

// finishedAfter reports whether a whole cycle of the job began and succeeded after
// the instant.
func (c *cluster) finishedAfter(j oneJob, instant time.Time) bool {
	a, err := c.first.do(c.t.Context(), "GET", j.base+"/jobs/"+j.id, nil)
	if err != nil || a.Status != http.StatusOK {
		return false
	}
	status, _ := a.Body["status"].(map[string]any)
	last, _ := status["lastSuccessfulExecution"].(map[string]any)
	began, err := time.Parse(time.RFC3339, fmt.Sprint(last["timeBegan"]))
	return err == nil && began.After(instant)
}

// TestPauseIsHeardEverywhere pauses a job that another process runs.
func TestPauseIsHeardEverywhere(t *testing.T) {
	t.Parallel()
	g := &grants{running: map[string]int{}}
	tokens := httptest.NewServer(g)
	t.Cleanup(tokens.Close)
	c := newCluster(t, []string{"--role", "worker"})
	c.first.stop()
	c.first.flags = append(c.first.flags, "--role", "api")
	c.first.start()
	for i := range 200 {
		c.first.user(i)
	}
	target := c.newJob(0, tokens.URL, 400*time.Millisecond)
	path := target.base + "/jobs/" + target.id
	c.first.must("POST", path+"/start", nil)
	require.Eventually(t, func() bool {
		users, _ := target.target.Snapshot()
		return len(users) >= 10
	}, time.Minute, 5*time.Millisecond, "the worker provisions what the API ordered")
	c.first.must("POST", path+"/pause", nil)
	time.Sleep(time.Second)
	users, _ := target.target.Snapshot()
	require.Less(t, len(users), 200, "the job was paused in the middle")
	time.Sleep(2 * time.Second)
	later, _ := target.target.Snapshot()
	require.Len(t, later, len(users), "nothing is sent a second after the pause")
}
