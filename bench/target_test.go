package bench_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// asTarget is the environment variable that makes the test binary a target; its
// value is how long each answer takes.
const asTarget = "PROVISOR_BENCH_TARGET"

func TestMain(m *testing.M) {
	if latency, ok := os.LookupEnv(asTarget); ok {
		serveTarget(latency)
		return
	}
	os.Exit(m.Run())
}

// counts are the requests that a target answered.
type counts struct {
	Get, Post, Patch, Delete, MembersAdded, MembersRemoved int64
}

func (c counts) all() int64 { return c.Get + c.Post + c.Patch + c.Delete }

// sink is the cheapest SCIM service provider that can be: it finds nobody, takes
// everything, and remembers nothing but numbers.
type sink struct {
	latency time.Duration
	serial  atomic.Int64
	get, post, patch, remove,
	added, removed atomic.Int64
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/counts" {
		_ = json.NewEncoder(w).Encode(counts{s.get.Load(), s.post.Load(), s.patch.Load(), s.remove.Load(), s.added.Load(), s.removed.Load()})
		return
	}
	time.Sleep(s.latency)
	w.Header().Set("Content-Type", "application/scim+json")
	switch r.Method {
	case http.MethodGet:
		s.read(w, r)
	case http.MethodPost:
		s.create(w, r)
	case http.MethodPatch:
		s.change(w, r)
	case http.MethodDelete:
		s.remove.Add(1)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (s *sink) read(w http.ResponseWriter, r *http.Request) {
	s.get.Add(1)
	switch parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/"); {
	case len(parts) == 2:
		_, _ = fmt.Fprintf(w, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":%q,"userName":"somebody","displayName":"as it was","active":true}`, parts[1])
	case parts[0] == "Users" || parts[0] == "Groups":
		_, _ = io.WriteString(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// create answers with what it got and an id.
func (s *sink) create(w http.ResponseWriter, r *http.Request) {
	s.post.Add(1)
	body, _ := io.ReadAll(r.Body)
	id := strconv.FormatInt(s.serial.Add(1), 10)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"id":"`+id+`",`)
	_, _ = w.Write(bytes.TrimPrefix(bytes.TrimSpace(body), []byte("{")))
}

func (s *sink) change(w http.ResponseWriter, r *http.Request) {
	s.patch.Add(1)
	var body struct {
		Operations []struct {
			Op    string
			Path  string
			Value any
		}
	}
	_ = json.NewDecoder(r.Body).Decode(&body)
	for _, o := range body.Operations {
		if !strings.HasPrefix(o.Path, "members") {
			continue
		}
		n := int64(1)
		if list, ok := o.Value.([]any); ok {
			n = int64(len(list))
		}
		if strings.EqualFold(o.Op, "remove") {
			s.removed.Add(n)
		} else {
			s.added.Add(n)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func serveTarget(latency string) {
	d, err := time.ParseDuration(latency)
	if err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("http://" + l.Addr().String())
	panic(http.Serve(l, &sink{latency: d}))
}

// target is a running target process.
type target struct {
	url string
}

func startTarget(b *testing.B, latency time.Duration) target {
	b.Helper()
	self, err := os.Executable()
	require.NoError(b, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), asTarget+"="+latency.String())
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var url string
	_, err = fmt.Fscanln(out, &url)
	require.NoError(b, err)
	return target{url}
}

func (t target) counts(b *testing.B) counts {
	b.Helper()
	resp, err := http.Get(t.url + "/counts")
	require.NoError(b, err)
	defer func() { _ = resp.Body.Close() }()
	var c counts
	require.NoError(b, json.NewDecoder(resp.Body).Decode(&c))
	return c
}
