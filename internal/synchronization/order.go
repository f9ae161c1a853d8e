package synchronization

import (
	"fmt"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/errs"
)

// ResetScope is the flags enumeration synchronizationJobRestartScope. The zero
// ResetScope is None.
type ResetScope uint8

// The reset scopes with their wire values. Full does not include ForceDeletes.
const (
	ResetConnectorDataStore ResetScope = 1
	ResetEscrows            ResetScope = 2
	ResetWatermark          ResetScope = 4
	ResetQuarantineState    ResetScope = 8
	ResetFull               ResetScope = 15
	ResetForceDeletes       ResetScope = 32
)

// ResetDefault is what an empty criterion means.
const ResetDefault = ResetQuarantineState | ResetWatermark | ResetEscrows

// Has reports whether every flag of t is set in r.
func (r ResetScope) Has(t ResetScope) bool { return r&t == t }

// ParseResetScope reads the comma list of a restart criterion, ignoring case and
// blanks. An empty text is [ResetDefault]. It returns an errs.Invalid error that
// names an unknown flag.
func ParseResetScope(text string) (ResetScope, error) {
	if strings.TrimSpace(text) == "" {
		return ResetDefault, nil
	}
	var scope ResetScope
	for name := range strings.SplitSeq(text, ",") {
		flag, ok := resetFlag(strings.ToLower(strings.TrimSpace(name)))
		if !ok {
			return 0, errs.New(errs.Invalid, "RequestParameterInvalid",
				"resetScope holds %q; it is a comma list of None, ConnectorDataStore, Escrows, Watermark, QuarantineState, Full and ForceDeletes.", name)
		}
		scope |= flag
	}
	return scope, nil
}

func resetFlag(name string) (ResetScope, bool) {
	switch name {
	case "none":
		return 0, true
	case "connectordatastore":
		return ResetConnectorDataStore, true
	case "escrows":
		return ResetEscrows, true
	case "watermark":
		return ResetWatermark, true
	case "quarantinestate":
		return ResetQuarantineState, true
	case "full":
		return ResetFull, true
	case "forcedeletes":
		return ResetForceDeletes, true
	default:
		return 0, false
	}
}

// DefaultInterval is the nominal time between the starts of two cycles.
const DefaultInterval = 40 * time.Minute

// Runs reports whether a cycle of j is under way, so that [Job.Start] leaves it alone.
func (j Job) Runs(now time.Time) bool {
	return j.Status.Code == Active && j.Cycle != nil && !j.NextRun.IsZero() && !j.NextRun.After(now)
}

// Start makes j due at once. A paused job goes on where it stopped, one that waits
// after a failure tries again, and a quarantine is lifted. What failed and waits for
// another attempt is due as well, which the store does in the same transaction; what
// failed in the cycle that goes on now, in a cycle that follows it at once. A job whose
// cycle is running is left as it is.
func (j Job) Start(now time.Time) Job {
	if j.Runs(now) {
		return j
	}
	if j.Cycle != nil && j.Cycle.Failed+j.Cycle.FailedReferences > 0 {
		again := *j.Cycle
		again.Again, j.Cycle = true, &again
	}
	j.Schedule.State, j.Status.Code, j.Status.Quarantine, j.NextRun = ScheduleActive, Active, nil, now
	return j
}

// Pause keeps all state and stops scheduling; it overtakes a running cycle.
func (j Job) Pause() Job {
	j.Schedule.State, j.Status.Code, j.NextRun = SchedulePaused, Paused, time.Time{}
	j.Generation++
	return j
}

// Restart makes the next cycle begin at once and clears of j what scope names.
// Links and escrows are rows of their own: the store clears them in the same
// transaction.
func (j Job) Restart(scope ResetScope, now time.Time) Job {
	if scope.Has(ResetWatermark) || scope.Has(ResetConnectorDataStore) {
		j.Watermark, j.Cycle = 0, nil
	}
	if scope.Has(ResetQuarantineState) {
		j.Status.Quarantine, j.Status.CountSuccessiveCompleteFailures, j.FailingSince = nil, 0, time.Time{}
	}
	if scope.Has(ResetEscrows) {
		j.Status.EscrowsPruned = false
	}
	if scope.Has(ResetForceDeletes) {
		j = j.forced()
	}
	j.Schedule.State, j.Status.Code, j.NextRun = ScheduleActive, j.activeCode(), now
	j.Generation++
	return j
}

// forced lets held-back departures through: a new cycle counts them and sends them.
func (j Job) forced() Job {
	j.ForceDeletes, j.Cycle = true, nil
	if q := j.Status.Quarantine; q != nil && q.Reason == ReasonTooManyDelete {
		j.Status.Quarantine = nil
	}
	return j
}

// activeCode is the status of a job that runs: a quarantine lasts until it is lifted.
func (j Job) activeCode() StatusCode {
	if j.Status.Quarantine != nil {
		return Quarantine
	}
	return Active
}

// SchemaChanged makes the next cycle an initial one that keeps the links. Departures
// that were forced were those of the schema before.
func (j Job) SchemaChanged(now time.Time) Job {
	j.Watermark, j.Cycle, j.ForceDeletes = 0, nil, false
	j.Generation++
	if j.Schedule.State == ScheduleActive {
		j.NextRun = now
	}
	return j
}

// Finished stores the end of a cycle: the watermark moves to its head, and the next
// cycle is due one interval after this one began, or now when it took longer, or when
// an order asked for what failed in it to be tried again. A cycle
// that held departures back, or in which too much failed, puts the job into
// quarantine; any other one leads out of it.
func (j Job) Finished(c Cycle, now time.Time) Job {
	done := c.Counts
	done.Ended, done.Result = now, Succeeded
	if done.Escrowed > 0 {
		done.Result = EntryLevelErrors
	}
	j.Watermark, j.Cycle = c.Head, nil
	j.ForceDeletes = j.ForceDeletes && !c.Forced
	j.Status.EscrowsPruned = j.Status.EscrowsPruned || c.Pruned > 0
	j.Status.LastExecution, j.Status.LastSuccessfulExecution = &done, &done
	if done.Exported > 0 {
		j.Status.LastSuccessfulExecutionWithExports = &done
	} else if done.Escrowed == 0 && c.Held == nil {
		j = j.steady(now)
	}
	j.NextRun = done.Began.Add(j.Schedule.Interval)
	if j.NextRun.Before(now) || c.Again {
		j.NextRun = now
	}
	return j.judged(c, now)
}

// judged is j after a cycle by what the cycle says of its health.
func (j Job) judged(c Cycle, now time.Time) Job {
	if c.Failed > 0 && c.Succeeded == 0 {
		j = j.failedWhole(now)
	} else {
		j.Status.CountSuccessiveCompleteFailures, j.FailingSince = 0, time.Time{}
	}
	reason := c.QuarantineReason()
	switch {
	case c.Held != nil:
		return j.Quarantined(ReasonTooManyDelete, *c.Held, now)
	case reason != "":
		return j.Quarantined(reason, c.tooManyFailures(), now)
	default:
		j.Status.Code, j.Status.Quarantine = Active, nil
		return j
	}
}

// failedWhole counts one more execution in a row in which nothing succeeded.
func (j Job) failedWhole(now time.Time) Job {
	j.Status.CountSuccessiveCompleteFailures++
	if j.FailingSince.IsZero() {
		j.FailingSince = now
	}
	return j
}

func (c Cycle) tooManyFailures() ExecutionError {
	return ExecutionError{
		Code: "TooManyFailures", TenantActionable: true,
		Message: fmt.Sprintf("%d objects failed and %d succeeded in one cycle, and the references of %d objects could not be written. See the provisioning log for the reasons, correct the attribute mappings or the application, and restart the job.", c.Failed, c.Succeeded, c.FailedReferences),
	}
}

// steady notes a cycle that ended with nothing left to write.
func (j Job) steady(now time.Time) Job {
	if j.Status.SteadyStateFirstAchieved.IsZero() {
		j.Status.SteadyStateFirstAchieved = now
	}
	j.Status.SteadyStateLastAchieved = now
	return j
}

// Interrupted stores what a slice reached. The cycle goes on at once, unless so much
// has failed that the job belongs into quarantine: then it goes on at the next attempt,
// which is judged by itself.
func (j Job) Interrupted(c Cycle, now time.Time) Job {
	reason, fault := c.QuarantineReason(), c.tooManyFailures()
	if reason == "" {
		j.Cycle, j.NextRun = &c, now
		return j
	}
	c.Failed, c.Succeeded, c.FailedReferences = 0, 0, 0
	j.Cycle = &c
	return j.Quarantined(reason, fault, now)
}

// Failing stores that fault ended a slice. The cycle goes on from what it reached
// after a pause that doubles with every failure in a row, up to the interval. A fault
// that time does not mend puts the job into quarantine at once, and one that has
// lasted for 28 days disables it.
func (j Job) Failing(c Cycle, fault ExecutionError, now time.Time) Job {
	failed := c.Counts
	failed.Ended, failed.Result, failed.Error = now, Failed, &fault
	if c.ID != "" {
		j.Cycle = &c
	} else {
		failed.Began = now // nothing was begun
	}
	j.Status.LastExecution = &failed
	j = j.failedWhole(now)
	switch {
	case fault.hopeless():
		return j.Quarantined(ReasonException, fault, now)
	case j.Status.Quarantine != nil:
		return j.Quarantined(j.Status.Quarantine.Reason, fault, now)
	case now.Sub(j.FailingSince) >= Patience:
		j = j.Quarantined(ReasonException, fault, now)
		return j.disabled()
	}
	pause := 10 * time.Second << min(j.Status.CountSuccessiveCompleteFailures-1, 12)
	j.NextRun = now.Add(min(pause, j.Schedule.Interval))
	return j
}
