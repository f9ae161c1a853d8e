package quickstart

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/provisor/provisor/internal/errs"
)

// pollEvery is how often the job is asked how far it is.
const pollEvery = 100 * time.Millisecond

// jobView is what the quickstart reads of a synchronizationJob.
type jobView struct {
	Status struct {
		Code          string     `json:"code"`
		LastExecution *execution `json:"lastExecution"`
		Progress      []struct {
			Completed int64 `json:"completedUnits"`
			Total     int64 `json:"totalUnits"`
		} `json:"progress"`
		Quarantine *struct {
			Reason string `json:"reason"`
			Error  *fault `json:"error"`
		} `json:"quarantine"`
	} `json:"status"`
}

type execution struct {
	ID        string    `json:"activityIdentifier"`
	State     string    `json:"state"`
	TimeBegan time.Time `json:"timeBegan"`
	TimeEnded time.Time `json:"timeEnded"`
	Imported  int64     `json:"countImported"`
	Exported  int64     `json:"countExported"`
	Escrowed  int64     `json:"countEscrowed"`
	Error     *fault    `json:"error"`
}

type fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (f *fault) message() string {
	if f == nil || f.Message == "" {
		return "the reason is in the log of the service"
	}
	return f.Message
}

func (r *run) firstCycle(ctx context.Context) error {
	r.Screen.Title("4  The initial cycle")
	if err := r.makeJob(ctx); err != nil {
		return err
	}
	r.Screen.Say("Made job %s from template %s; it writes SCIM as %s does.", r.result.JobID, templateID, r.Target.Dialect)
	cycle, err := r.runCycle(ctx, "Initial cycle", "")
	if err != nil {
		return err
	}
	return r.showCycle(ctx, cycle)
}

// runCycle starts the job and watches until a cycle other than the one before has
// ended.
func (r *run) runCycle(ctx context.Context, label, before string) (execution, error) {
	progress := r.Screen.Progress(label, r.Now)
	if err := r.graph.call(ctx, http.MethodPost, r.job("/start"), nil, nil); err != nil {
		return execution{}, err
	}
	for {
		var job jobView
		if err := r.graph.call(ctx, http.MethodGet, r.job(""), nil, &job); err != nil {
			return execution{}, err
		}
		if ended := job.Status.LastExecution; ended != nil && ended.ID != before && !ended.TimeEnded.IsZero() {
			return *ended, r.judge(progress, *ended)
		}
		if q := job.Status.Quarantine; q != nil {
			return execution{}, errs.New(errs.Unavailable, "Quarantine", "The job is in quarantine (%s): %s", q.Reason, q.Error.message())
		}
		for _, p := range job.Status.Progress {
			progress.Set(p.Completed, p.Total)
		}
		if err := pause(ctx, pollEvery); err != nil {
			return execution{}, err
		}
	}
}

// judge ends the progress, or fails when the cycle did.
func (r *run) judge(p interface{ Done(string, ...any) }, e execution) error {
	if e.State == "Failed" {
		return errs.New(errs.Unavailable, "CycleFailed", "The cycle ended early: %s", e.Error.message())
	}
	p.Done("%d objects read, %d written, %d failed", e.Imported, e.Exported, e.Escrowed)
	return nil
}

// record is what the quickstart reads of one entry of the provisioning log.
type record struct {
	Action string `json:"provisioningAction"`
	Status struct {
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

// records reads the provisioning log of one cycle.
func (r *run) records(ctx context.Context, cycle string, each func(record) error) error {
	return collection(ctx, r.graph, "/auditLogs/provisioning?$top=500&$filter=cycleId%20eq%20"+literal(cycle), each)
}

// outcomes are the columns of the table of a cycle.
func outcomes() []string {
	return []string{"create", "update", "disable", "delete", "skipped", "failure"}
}

// maxShown is how many failed objects are shown with their reason.
const maxShown = 10

func (r *run) showCycle(ctx context.Context, e execution) error {
	counts := map[string]map[string]int{"User": {}, "Group": {}}
	var failures [][]string
	err := r.records(ctx, e.ID, func(one record) error {
		if counts[one.Source.Type] == nil {
			counts[one.Source.Type] = map[string]int{}
		}
		counts[one.Source.Type][outcome(one)]++
		if outcome(one) == "failure" {
			failures = append(failures, []string{one.Source.Name, one.reason()})
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.failed = int64(len(failures))
	rows := [][]string{}
	for _, kind := range []string{"User", "Group"} {
		row := []string{kind + "s"}
		for _, o := range outcomes() {
			row = append(row, strconv.Itoa(counts[kind][o]))
		}
		rows = append(rows, row)
	}
	r.Screen.Say("")
	r.Screen.Table([]string{"", "created", "updated", "disabled", "deleted", "skipped", "failed"}, rows)
	if counts["User"]["update"]+counts["Group"]["update"] > 0 {
		r.Screen.Say(" %s", r.Screen.Faint("The updates of an initial cycle are managers and members: they are written once both ends exist."))
	}
	r.showFailures(failures)
	return nil
}

func (r *run) showFailures(failures [][]string) {
	if len(failures) == 0 {
		return
	}
	r.Screen.Say("")
	r.Screen.Table([]string{"failed", "why"}, failures[:min(len(failures), maxShown)])
	if more := len(failures) - maxShown; more > 0 {
		r.Screen.Say("… and %d more; GET /v1.0/auditLogs/provisioning has them all.", more)
	}
}

func outcome(one record) string {
	switch one.Status.Status {
	case "failure":
		return "failure"
	case "skipped":
		return "skipped"
	}
	return one.Action
}

func (one record) reason() string {
	if one.Status.Error == nil {
		return "no reason is given"
	}
	return one.Status.Error.Code + ": " + one.Status.Error.Reason
}
