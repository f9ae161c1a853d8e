package graphapi

import (
	"time"

	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/synchronization"
)

// The types below are Graph's, member by member. Absent values are null, and
// collections are never null: typed clients dereference both.

type wireJob struct {
	ID         string                     `json:"id"`
	TemplateID string                     `json:"templateId"`
	Schedule   wireSchedule               `json:"schedule"`
	Status     wireStatus                 `json:"status"`
	Settings   []synchronization.KeyValue `json:"synchronizationJobSettings"`
}

type wireSchedule struct {
	Expiration any                           `json:"expiration"`
	Interval   string                        `json:"interval"`
	State      synchronization.ScheduleState `json:"state"`
}

type wireStatus struct {
	CountSuccessiveCompleteFailures    int64                        `json:"countSuccessiveCompleteFailures"`
	EscrowsPruned                      bool                         `json:"escrowsPruned"`
	Code                               synchronization.StatusCode   `json:"code"`
	LastExecution                      *wireExecution               `json:"lastExecution"`
	LastSuccessfulExecution            *wireExecution               `json:"lastSuccessfulExecution"`
	LastSuccessfulExecutionWithExports *wireExecution               `json:"lastSuccessfulExecutionWithExports"`
	Quarantine                         *wireQuarantine              `json:"quarantine"`
	SteadyStateFirstAchieved           string                       `json:"steadyStateFirstAchievedTime"`
	SteadyStateLastAchieved            string                       `json:"steadyStateLastAchievedTime"`
	TroubleshootingURL                 *string                      `json:"troubleshootingUrl"`
	Progress                           []wireProgress               `json:"progress"`
	EntryCounts                        []synchronization.EntryCount `json:"synchronizedEntryCountByType"`
}

type wireExecution struct {
	ActivityID              string                          `json:"activityIdentifier"`
	Entitled                int64                           `json:"countEntitled"`
	EntitledForProvisioning int64                           `json:"countEntitledForProvisioning"`
	Escrowed                int64                           `json:"countEscrowed"`
	EscrowedRaw             int64                           `json:"countEscrowedRaw"`
	Exported                int64                           `json:"countExported"`
	Exports                 int64                           `json:"countExports"`
	Imported                int64                           `json:"countImported"`
	ImportedDeltas          int64                           `json:"countImportedDeltas"`
	ImportedReferenceDeltas int64                           `json:"countImportedReferenceDeltas"`
	Error                   *synchronization.ExecutionError `json:"error"`
	State                   synchronization.ExecutionResult `json:"state"`
	Began                   string                          `json:"timeBegan"`
	Ended                   string                          `json:"timeEnded"`
}

type wireQuarantine struct {
	CurrentBegan string                          `json:"currentBegan"`
	Error        *synchronization.ExecutionError `json:"error"`
	NextAttempt  string                          `json:"nextAttempt"`
	Reason       string                          `json:"reason"`
	SeriesBegan  string                          `json:"seriesBegan"`
	SeriesCount  int64                           `json:"seriesCount"`
}

type wireProgress struct {
	Completed int64  `json:"completedUnits"`
	Observed  string `json:"progressObservationDateTime"`
	Total     int64  `json:"totalUnits"`
	Units     string `json:"units"`
}

func newWireJob(j synchronization.Job, now time.Time) wireJob {
	return wireJob{
		ID: string(j.ID), TemplateID: j.TemplateID,
		Schedule: wireSchedule{
			Expiration: instantOrNull(j.Schedule.Expiration),
			Interval:   odata.FormatDuration(j.Schedule.Interval),
			State:      j.Schedule.State,
		},
		Status:   newWireStatus(j, now),
		Settings: orEmpty(j.Settings),
	}
}

func newWireStatus(j synchronization.Job, now time.Time) wireStatus {
	s := j.Status
	return wireStatus{
		CountSuccessiveCompleteFailures:    s.CountSuccessiveCompleteFailures,
		EscrowsPruned:                      s.EscrowsPruned,
		Code:                               s.Code,
		LastExecution:                      newWireExecution(s.LastExecution),
		LastSuccessfulExecution:            newWireExecution(s.LastSuccessfulExecution),
		LastSuccessfulExecutionWithExports: newWireExecution(s.LastSuccessfulExecutionWithExports),
		Quarantine:                         newWireQuarantine(s.Quarantine),
		SteadyStateFirstAchieved:           odata.FormatTime(s.SteadyStateFirstAchieved),
		SteadyStateLastAchieved:            odata.FormatTime(s.SteadyStateLastAchieved),
		Progress:                           newWireProgress(j, now),
		EntryCounts:                        orEmpty(s.EntryCounts),
	}
}

func newWireExecution(e *synchronization.TaskExecution) *wireExecution {
	if e == nil {
		return nil
	}
	return &wireExecution{
		ActivityID: e.ActivityID, Entitled: e.Entitled, EntitledForProvisioning: e.EntitledForProvisioning,
		Escrowed: e.Escrowed, EscrowedRaw: e.EscrowedRaw, Exported: e.Exported, Exports: e.Exports,
		Imported: e.Imported, ImportedDeltas: e.ImportedDeltas, ImportedReferenceDeltas: e.ImportedReferenceDeltas,
		Error: e.Error, State: e.Result, Began: odata.FormatTime(e.Began), Ended: odata.FormatTime(e.Ended),
	}
}

func newWireQuarantine(q *synchronization.QuarantineState) *wireQuarantine {
	if q == nil {
		return nil
	}
	return &wireQuarantine{
		CurrentBegan: odata.FormatTime(q.CurrentBegan), Error: q.Error, NextAttempt: odata.FormatTime(q.NextAttempt),
		Reason: q.Reason, SeriesBegan: odata.FormatTime(q.SeriesBegan), SeriesCount: q.SeriesCount,
	}
}

// newWireProgress says how far the cycle is that runs or is about to begin; between
// cycles there is none.
func newWireProgress(j synchronization.Job, now time.Time) []wireProgress {
	c := j.Cycle
	switch due := !j.NextRun.IsZero() && !j.NextRun.After(now); {
	case c == nil && !due:
		return []wireProgress{}
	case c == nil:
		c = &synchronization.Cycle{}
	}
	return []wireProgress{{
		Completed: min(c.Counts.Imported, c.Total), Total: c.Total, Units: "changes", Observed: odata.FormatTime(now),
	}}
}

// orEmpty is list, or an empty list for nil.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
