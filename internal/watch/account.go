package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/app/terminal"
)

// Record is what is read of one record of the provisioning log.
type Record struct {
	CycleID string `json:"cycleId"`
	Action  string `json:"provisioningAction"`
	Status  struct {
		Status string `json:"status"`
		Error  *struct {
			Code   string `json:"errorCode"`
			Reason string `json:"reason"`
		} `json:"errorInformation"`
	} `json:"provisioningStatusInfo"`
	Source struct {
		Name string `json:"displayName"`
		Type string `json:"identityType"`
	} `json:"sourceIdentity"`
	Changed []struct {
		Name string  `json:"displayName"`
		Old  *string `json:"oldValue"`
		New  *string `json:"newValue"`
	} `json:"modifiedProperties"`
}

// Failed reports whether the object could not be provisioned.
func (r Record) Failed() bool { return r.Status.Status == "failure" }

// Reason is why it failed.
func (r Record) Reason() string {
	if r.Status.Error == nil {
		return "no reason is given"
	}
	return r.Status.Error.Code + ": " + r.Status.Error.Reason
}

// outcome is the column of the table that counts r.
func (r Record) outcome() string {
	switch r.Status.Status {
	case "failure", "skipped":
		return r.Status.Status
	}
	return strings.ToLower(r.Action)
}

// Counts says in one line what a cycle did.
func (e Execution) Counts() string {
	return fmt.Sprintf("%d objects read, %d written, %d failed", e.Imported, e.Exported, e.Escrowed)
}

// MostRecords is how many records of one cycle are read: an initial cycle of a large
// directory has millions, and the counts of the execution tell of them.
const MostRecords = 10_000

// errEnough ends the reading of a long log.
const errEnough enough = "enough records were read"

type enough string

func (e enough) Error() string { return string(e) }

// Records returns the records of e in the provisioning log, the newest first, and
// whether these are all. Where no record bears the id of the execution, those of the job
// from that time are taken for its own.
func (f Follower) Records(ctx context.Context, e Execution) ([]Record, bool, error) {
	var near, own []Record
	err := f.Graph.Each(ctx, "/auditLogs/provisioning", f.window(e), func(item json.RawMessage) error {
		if len(near) == MostRecords {
			return errEnough
		}
		var r Record
		if err := json.Unmarshal(item, &r); err != nil {
			return fmt.Errorf("a record of the provisioning log cannot be read: %w", err)
		}
		near = append(near, r)
		if r.CycleID == e.ID {
			own = append(own, r)
		}
		return nil
	})
	whole := !errors.Is(err, errEnough)
	if !whole {
		err = nil
	}
	if len(own) == 0 {
		own = near
	}
	return own, whole, err
}

// window asks for the records of the job from the time of e. Their times are less
// precise than those of e.
func (f Follower) window(e Execution) url.Values {
	const second = "2006-01-02T15:04:05Z"
	job, err := url.PathUnescape(path.Base(f.Path))
	if err != nil {
		job = path.Base(f.Path)
	}
	return url.Values{"$top": {"500"}, "$filter": {fmt.Sprintf("jobId eq '%s' and activityDateTime gt %s and activityDateTime lt %s",
		strings.ReplaceAll(job, "'", "''"), e.Began.UTC().Add(-time.Second).Format(second), e.Ended.UTC().Add(2*time.Second).Format(second))}}
}

// Account is what the records of a cycle add up to.
type Account struct {
	counts   map[string]map[string]int // by type and outcome
	Failures [][]string                // name, reason
	whole    bool
}

// Account reads the records of e.
func (f Follower) Account(ctx context.Context, e Execution) (Account, error) {
	a := Account{counts: map[string]map[string]int{}}
	records, whole, err := f.Records(ctx, e)
	for _, r := range records {
		if a.counts[r.Source.Type] == nil {
			a.counts[r.Source.Type] = map[string]int{}
		}
		a.counts[r.Source.Type][r.outcome()]++
		if r.Failed() {
			a.Failures = append(a.Failures, []string{r.Source.Name, r.Reason()})
		}
	}
	a.whole = whole
	return a, err
}

// Empty reports whether the log had nothing of the cycle.
func (a Account) Empty() bool { return len(a.counts) == 0 }

// Updates is how many objects were updated.
func (a Account) Updates() int {
	sum := 0
	for _, of := range a.counts {
		sum += of["update"]
	}
	return sum
}

// maxShown is how many failed objects are shown with their reason.
const maxShown = 10

// Show writes the table of what was done, by type of object, and which objects failed.
func (a Account) Show(screen *terminal.Screen) {
	outcomes := []string{"create", "update", "disable", "delete", "skipped", "failure"}
	types := []string{"User", "Group"}
	for kind := range a.counts {
		if kind != "" && !slices.Contains(types, kind) {
			types = append(types, kind)
		}
	}
	slices.Sort(types[2:])
	rows := [][]string{}
	for _, kind := range types {
		row := []string{kind + "s"}
		for _, o := range outcomes {
			row = append(row, strconv.Itoa(a.counts[kind][o]))
		}
		rows = append(rows, row)
	}
	screen.Say("")
	screen.Table([]string{"", "created", "updated", "disabled", "deleted", "skipped", "failed"}, rows)
	if !a.whole {
		screen.Say(" %s", screen.Faint(fmt.Sprintf("These are the last %d records of the cycle; the provisioning log has more.", MostRecords)))
	}
	ShowFailures(screen, a.Failures)
}

// ShowFailures writes which objects failed, and why.
func ShowFailures(screen *terminal.Screen, failures [][]string) {
	if len(failures) == 0 {
		return
	}
	screen.Say("")
	screen.Table([]string{"failed", "why"}, failures[:min(len(failures), maxShown)])
	if more := len(failures) - maxShown; more > 0 {
		screen.Say("… and %d more; GET /v1.0/auditLogs/provisioning has them all.", more)
	}
}
