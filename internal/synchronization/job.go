package synchronization

import (
	"slices"
	"time"

	"github.com/provisor/provisor/internal/directory"
)

// JobID identifies a synchronizationJob. It is opaque to callers: it contains
// dots and is not a GUID.
type JobID string

// NewJobID returns the id of the first job of a template on an application,
// <template>.<tenant without dashes>.<appId>, as the live service forms it.
func NewJobID(template string, tenant directory.TenantID, appID string) JobID {
	return JobID(template + "." + tenant.Compact() + "." + appID)
}

// Job is synchronizationJob: its resource members and what running it needs.
type Job struct {
	ID               JobID
	Tenant           directory.TenantID
	ServicePrincipal directory.ObjectID
	TemplateID       string
	Settings         []KeyValue
	Schedule         Schedule
	Status           Status
	// NextRun is when a worker may take the job; zero means never.
	NextRun time.Time
	// Watermark is the feed position that the last completed cycle reached; the
	// next cycle reads what came after it. Zero makes the next cycle initial.
	Watermark int64
	// Cycle is the running cycle, or nil between cycles.
	Cycle *Cycle
	// Generation grows with every order that overtakes a running cycle (pause,
	// restart, schema change). A worker that started under an older generation
	// can record nothing.
	Generation int64
	// ForceDeletes lets the departures of the next cycle through, however many.
	ForceDeletes bool
	// FailingSince is when the failures in a row began; zero when the last cycle did
	// not fail.
	FailingSince time.Time
	Created      time.Time
}

// KeyValue is keyValuePair, a free setting of a job.
type KeyValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Schedule is synchronizationSchedule.
type Schedule struct {
	State      ScheduleState
	Interval   time.Duration
	Expiration time.Time // zero means never
}

// ScheduleState is synchronizationScheduleState.
type ScheduleState string

// The schedule states.
const (
	ScheduleActive   ScheduleState = "Active"
	ScheduleDisabled ScheduleState = "Disabled"
	SchedulePaused   ScheduleState = "Paused"
)

// StatusCode is synchronizationStatusCode.
type StatusCode string

// The status codes of Graph v1.0.
const (
	NotConfigured StatusCode = "NotConfigured"
	NotRun        StatusCode = "NotRun"
	Active        StatusCode = "Active"
	Paused        StatusCode = "Paused"
	Quarantine    StatusCode = "Quarantine"
)

// Status is synchronizationStatus, without what is derived from it on the wire.
type Status struct {
	Code                               StatusCode
	CountSuccessiveCompleteFailures    int64
	EscrowsPruned                      bool
	LastExecution                      *TaskExecution
	LastSuccessfulExecution            *TaskExecution
	LastSuccessfulExecutionWithExports *TaskExecution
	SteadyStateFirstAchieved           time.Time
	SteadyStateLastAchieved            time.Time
	EntryCounts                        []EntryCount
	Quarantine                         *QuarantineState
}

// EntryCount is one member of synchronizedEntryCountByType.
type EntryCount struct {
	Key   string `json:"key"`
	Value int64  `json:"value"`
}

// TaskExecution is synchronizationTaskExecution: what one cycle did. The counts
// are of entries, not of requests.
type TaskExecution struct {
	ActivityID              string
	Result                  ExecutionResult
	Began, Ended            time.Time
	Entitled                int64
	EntitledForProvisioning int64
	// Escrowed counts the entries in error: those that failed, and at the end of a cycle
	// also those that failed before and wait for another attempt.
	Escrowed                int64
	EscrowedRaw             int64
	Exported                int64
	Exports                 int64
	Imported                int64
	ImportedDeltas          int64
	ImportedReferenceDeltas int64
	Error                   *ExecutionError
}

// ExecutionResult is synchronizationTaskExecutionResult.
type ExecutionResult string

// The results of an execution.
const (
	Succeeded        ExecutionResult = "Succeeded"
	Failed           ExecutionResult = "Failed"
	EntryLevelErrors ExecutionResult = "EntryLevelErrors"
)

// ExecutionError is synchronizationError.
type ExecutionError struct {
	Code             string `json:"code"`
	Message          string `json:"message"`
	TenantActionable bool   `json:"tenantActionable"`
}

// QuarantineState is synchronizationQuarantine.
type QuarantineState struct {
	Reason       string
	SeriesBegan  time.Time
	CurrentBegan time.Time
	NextAttempt  time.Time
	SeriesCount  int64
	Error        *ExecutionError
}

// Phase is a stage of a cycle. What is to be taken away is counted before any of it
// is sent, and sent before anything is given: it frees names and seats. Users come
// before groups, and references after both, because a reference can be written only
// when both its ends exist.
type Phase uint8

// The phases in the order of a cycle. The zero Phase is the first.
const (
	PhaseSurveyUsers Phase = iota
	PhaseSurveyGroups
	PhaseWeigh
	PhaseDepartUsers
	PhaseDepartGroups
	PhaseRetryUsers
	PhaseUsers
	PhaseRetryGroups
	PhaseGroups
	PhaseReferences
	PhaseDone
)

// Cycle is the position and the counts of one running cycle. It is written with
// the outcomes it covers, so that a worker that takes over goes on from there.
type Cycle struct {
	ID      string // GUID; cycleId in the provisioning log
	Initial bool
	From    int64 // the cycle reads changes after From …
	Head    int64 // … up to and including Head
	Phase   Phase
	// After is the last processed feed sequence (survey, users, groups) or object
	// key (departures, retries, references) of the phase.
	After int64
	// Beyond are positions behind After, in order, that are processed already: several are
	// at a time, and they do not end in the order in which they began.
	Beyond []int64
	Total  int64 // changes to read, counted when the cycle began
	Counts TaskExecution

	Forced bool // departures are sent, however many there are
	Again  bool // the job was started meanwhile: what failed in the cycle is tried again after it
	// Held is why departures are held back; nil when they are not.
	Held *ExecutionError
	// Failed, Succeeded and FailedReferences are the events by which the health of
	// the cycle is judged: objects that were written or compared, or could not be,
	// and objects whose references could not be written.
	Failed, Succeeded, FailedReferences int64
	// Pruned counts the failures that were given up.
	Pruned int64
	// Unlisted: the target takes too long to be listed, so everything is looked up.
	Unlisted bool
}

// Processed reports whether what stands at a position of the phase is processed.
func (c Cycle) Processed(position int64) bool {
	_, beyond := slices.BinarySearch(c.Beyond, position)
	return beyond || position <= c.After
}
