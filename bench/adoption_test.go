package bench_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// shownMembers is how many members the group has, whatever the sizes are divided by: those
// beyond the accounts are strangers.
const shownMembers = 1_000_000

// adopted is a target that has a group already, with all accounts that were made there. It
// shows them whole whenever the group is read, asked to or not.
type adopted struct {
	sink
	shown atomic.Int64
}

func (a *adopted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/Groups") {
		a.sink.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/scim+json")
	out := bufio.NewWriter(w)
	if r.URL.Path == "/Groups" {
		_, _ = io.WriteString(out, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":1,"Resources":[`)
	}
	a.group(out)
	if r.URL.Path == "/Groups" {
		_, _ = io.WriteString(out, `]}`)
	}
	_ = out.Flush()
}

// group writes the group.
func (a *adopted) group(w io.Writer) {
	a.shown.Add(1)
	_, _ = io.WriteString(w, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"everyone","displayName":"Everyone","members":[`)
	for i := range max(shownMembers, a.serial.Load()) {
		if i > 0 {
			_, _ = io.WriteString(w, ",")
		}
		_, _ = fmt.Fprintf(w, `{"value":"%d","$ref":"https://app.example.com/scim/v2/Users/%d","display":"User %d","type":"User"}`, i+1, i+1, i+1)
	}
	_, _ = io.WriteString(w, `]}`)
}

// BenchmarkAdoptedGroup is a cycle that finds a group at the target with all the members
// that it is to have: each read of it is a million of them, 100 MB of text. The memory is that
// of the service alone; the target is the benchmark itself.
func BenchmarkAdoptedGroup(b *testing.B) {
	n := scale(1_000_000)
	for b.Loop() {
		p := loaded(b, n)
		p.start()
		p.must("POST", "/v1.0/groups", map[string]any{"displayName": "Everyone", "mailEnabled": false, "mailNickname": "everyone", "securityEnabled": true})
		p.run("directory", "import", csv(b, "userPrincipalName", n, func(w io.Writer, i int) { _, _ = fmt.Fprintf(w, "%s\n", userName(i)) }), "--group", "Everyone")
		there := &adopted{}
		server := httptest.NewServer(there)
		j := p.newJob(target{server.URL}, map[string]string{"ProvisorMatching": string(byListing)})
		memory := p.watchMemory()
		took, _ := j.cycle()
		b.ReportMetric(memory(), "MiB")
		b.ReportMetric(took.Seconds(), "s/cycle")
		b.ReportMetric(float64(there.shown.Load()), "reads")
		require.EqualValues(b, n, there.post.Load(), "users")
		require.Zero(b, there.added.Load()+there.removed.Load(), "members that had to be written")
		p.stop()
		server.Close()
	}
}
