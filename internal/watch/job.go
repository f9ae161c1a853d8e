// Package watch follows a synchronization job through the Graph API until a cycle has
// ended, and tells people what that cycle did. It only reads, and nothing but what
// Graph documents, so it serves the real clouds as well.
package watch

import (
	"fmt"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/odata"
)

// Job is what is read of a synchronizationJob.
type Job struct {
	ID         string `json:"id"`
	TemplateID string `json:"templateId"`
	Schedule   struct {
		State    string `json:"state"`
		Interval string `json:"interval"`
	} `json:"schedule"`
	Status struct {
		Code       string      `json:"code"`
		Last       *Execution  `json:"lastExecution"`
		Progress   []progress  `json:"progress"`
		Quarantine *quarantine `json:"quarantine"`
	} `json:"status"`
}

// Execution is what is read of a synchronizationTaskExecution: the counts of one cycle,
// or of one attempt at it that failed.
type Execution struct {
	ID       string    `json:"activityIdentifier"`
	State    string    `json:"state"`
	Began    time.Time `json:"timeBegan"`
	Ended    time.Time `json:"timeEnded"`
	Imported int64     `json:"countImported"`
	Exported int64     `json:"countExported"`
	Escrowed int64     `json:"countEscrowed"`
	Error    *fault    `json:"error"`
}

type progress struct {
	Completed int64 `json:"completedUnits"`
	Total     int64 `json:"totalUnits"`
}

type quarantine struct {
	Reason       string    `json:"reason"`
	CurrentBegan time.Time `json:"currentBegan"`
	NextAttempt  time.Time `json:"nextAttempt"`
	Error        *fault    `json:"error"`
}

type fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (f *fault) message() string {
	if f == nil || f.Message == "" {
		return "no reason is given."
	}
	return strings.TrimSpace(f.Message)
}

// Active reports whether the job is scheduled.
func (j Job) Active() bool { return j.Schedule.State == "Active" }

// UnderWay reports whether a cycle runs or is about to begin.
func (j Job) UnderWay() bool {
	return j.Active() && j.Status.Quarantine == nil && (len(j.Status.Progress) > 0 || j.Status.Last == nil)
}

// State says in one line how the job is.
func (j Job) State() string {
	line := j.Status.Code
	if line != j.Schedule.State {
		line += ", schedule " + j.Schedule.State
	}
	if interval, err := odata.ParseDuration(j.Schedule.Interval); err == nil && j.Active() {
		line += fmt.Sprintf(", a cycle every %s", interval)
	}
	return line
}

// Trouble says why there is no good cycle at the end: the job is in quarantine, does not
// run, or its last cycle failed. It is empty when all is well.
func (j Job) Trouble() string {
	q, last := j.Status.Quarantine, j.Status.Last
	switch {
	case q != nil && q.NextAttempt.Year() > 1:
		return fmt.Sprintf("The job is in quarantine (%s): %s It is tried again at %s; start does so at once.", q.Reason, q.Error.message(), q.NextAttempt.Format(time.RFC3339))
	case q != nil:
		return fmt.Sprintf("The job is in quarantine (%s): %s", q.Reason, q.Error.message())
	case !j.Active():
		return fmt.Sprintf("The job does not run: its state is %s. Start it with `jobs start post`, or with `provisor watch --start`.", j.State())
	case last != nil && last.State == "Failed":
		return "The cycle ended early: " + last.Error.message() + " It is tried again by itself; start does so at once."
	default:
		return ""
	}
}

// since reports whether a cycle has ended since j was before, or will not end.
func (j Job) since(before Job) bool {
	last, q := j.Status.Last, j.Status.Quarantine
	switch {
	case !j.Active():
		return true
	case last != nil && last.Ended.Year() > 1:
		was := before.Status.Last
		if was == nil || was.ID != last.ID || !was.Ended.Equal(last.Ended) {
			return true
		}
	}
	was := before.Status.Quarantine
	return q != nil && (was == nil || !was.CurrentBegan.Equal(q.CurrentBegan))
}
