package watch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/app/terminal"
	"github.com/provisor/provisor/internal/watch"
)

// script is a Graph that answers for a job what it is told to, one after the other.
type script struct {
	jobs    []string
	records int
}

func (s *script) Get(_ context.Context, _ string, _ url.Values, answer any) error {
	text := s.jobs[0]
	s.jobs = s.jobs[1:]
	return json.Unmarshal([]byte(text), answer)
}

func (s *script) Each(_ context.Context, _ string, _ url.Values, item func(json.RawMessage) error) error {
	for i := range s.records {
		text := `{"cycleId":"c","provisioningAction":"create","provisioningStatusInfo":{"status":"success"},"sourceIdentity":{"displayName":"` + strconv.Itoa(i) + `","identityType":"User"}}`
		if err := item(json.RawMessage(text)); err != nil {
			return err
		}
	}
	return nil
}

func job(state, status string) string {
	return `{"id":"scim.1","schedule":{"state":"` + state + `","interval":"PT40M"},"status":{"code":"Active",` + status + `}}`
}

const (
	running   = `"progress":[{"completedUnits":5,"totalUnits":10}]`
	succeeded = `"lastExecution":{"activityIdentifier":"c","state":"Succeeded","timeBegan":"2026-01-02T03:00:00Z","timeEnded":"2026-01-02T03:00:09Z","countImported":3}`
	failed    = `"lastExecution":{"activityIdentifier":"c","state":"Failed","timeBegan":"2026-01-02T03:00:00Z","timeEnded":"2026-01-02T03:00:05Z","error":{"message":"Nobody answers."}}`
	again     = `"lastExecution":{"activityIdentifier":"c","state":"Failed","timeBegan":"2026-01-02T03:00:00Z","timeEnded":"2026-01-02T03:10:00Z"}`
	held      = `"quarantine":{"reason":"TooManyDeletes","currentBegan":"2026-01-02T03:00:09Z","error":{"message":"600 would go."}}`
)

// TestUntil: a cycle that ended before is no end, a second failure of the same cycle is
// one, and so is whatever keeps a cycle from ending.
func TestUntil(t *testing.T) {
	t.Parallel()

	for name, tc := range map[string]struct {
		before string
		then   []string
		want   string // trouble
	}{
		"the first cycle":         {job("Active", running), []string{job("Active", running), job("Active", succeeded)}, ""},
		"the next cycle":          {job("Active", failed), []string{job("Active", failed+","+running), job("Active", succeeded)}, ""},
		"a second failure":        {job("Active", failed), []string{job("Active", failed), job("Active", again)}, "The cycle ended early: no reason is given."},
		"a quarantine":            {job("Active", succeeded), []string{job("Active", succeeded+","+held)}, "The job is in quarantine (TooManyDeletes): 600 would go."},
		"a quarantine that stood": {job("Active", succeeded+","+held), []string{job("Active", succeeded+","+held), job("Active", again)}, "ended early"},
		"a pause":                 {job("Active", running), []string{job("Active", running), job("Paused", running)}, "does not run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			graph := &script{jobs: append([]string{tc.before}, tc.then...)}
			clock := time.Unix(0, 0)
			f := watch.Follower{
				Graph: graph, Path: "/servicePrincipals/sp/synchronization/jobs/scim.1",
				Screen: terminal.NewSized(&out, 100), Now: func() time.Time { return clock },
				Wait: func(context.Context, time.Duration) error { clock = clock.Add(20 * time.Second); return nil },
			}
			before, err := f.Job(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			after, err := f.Until(t.Context(), before, "Cycle")
			if err != nil || len(graph.jobs) > 0 {
				t.Fatalf("%v, and %d looks were left", err, len(graph.jobs))
			}
			if got := after.Trouble(); (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("trouble %q, want %q", got, tc.want)
			}
			if !strings.Contains(out.String(), "Cycle: ") {
				t.Errorf("%q", out.String())
			}
		})
	}
}

// TestLongLogsAreCut: a cycle of a large directory has more records than anybody waits for.
func TestLongLogsAreCut(t *testing.T) {
	t.Parallel()

	for _, n := range []int{0, 3, watch.MostRecords, watch.MostRecords + 1} {
		var out bytes.Buffer
		f := watch.Follower{Graph: &script{records: n}, Path: "/x/scim.1"}
		account, err := f.Account(t.Context(), watch.Execution{ID: "c"})
		if err != nil {
			t.Fatal(err)
		}
		account.Show(terminal.NewSized(&out, 100))
		if got, want := strings.Contains(out.String(), "the provisioning log has more"), n > watch.MostRecords; got != want {
			t.Errorf("%d records: %s", n, out.String())
		}
		if !strings.Contains(out.String(), " Users   "+strconv.Itoa(min(n, watch.MostRecords))+" ") || account.Empty() != (n == 0) {
			t.Errorf("%d records: %s", n, out.String())
		}
	}
}
