package synchronization_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/synchronization"
)

func at(minutes int) time.Time {
	return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
}

// The states from which orders are given.
func created() synchronization.Job {
	return synchronization.Job{
		Schedule: synchronization.Schedule{State: synchronization.ScheduleDisabled, Interval: 40 * time.Minute},
		Status:   synchronization.Status{Code: synchronization.NotConfigured}, Generation: 1,
	}
}

func waiting() synchronization.Job {
	j := created().Start(at(0))
	return j.Finished(synchronization.Cycle{ID: "first", Head: 7, Counts: synchronization.TaskExecution{Began: at(0), Exported: 3}}, at(1))
}

func running() synchronization.Job {
	return waiting().Interrupted(synchronization.Cycle{ID: "second", From: 7, Head: 9, Phase: synchronization.PhaseGroups, After: 8}, at(2))
}

func failing() synchronization.Job {
	j := running()
	for range 9 {
		j = j.Failing(*j.Cycle, synchronization.ExecutionError{Code: "Timeout", Message: "no answer"}, at(2))
	}
	return j
}

func quarantined() synchronization.Job {
	j := failing()
	j.Status.Code, j.Status.Quarantine = synchronization.Quarantine, &synchronization.QuarantineState{Reason: "EncounteredQuarantineException", CurrentBegan: at(2)}
	return j
}

// state is what an order changes.
type state struct {
	schedule   synchronization.ScheduleState
	code       synchronization.StatusCode
	next       int // minutes; -1 never
	watermark  int64
	cycle      string
	overtakes  bool
	failures   int64
	quarantine bool
}

func stateOf(before, j synchronization.Job) state {
	s := state{
		schedule: j.Schedule.State, code: j.Status.Code, next: -1, watermark: j.Watermark, overtakes: j.Generation > before.Generation,
		failures: j.Status.CountSuccessiveCompleteFailures, quarantine: j.Status.Quarantine != nil,
	}
	if !j.NextRun.IsZero() {
		s.next = int(j.NextRun.Sub(at(0)).Minutes())
	}
	if j.Cycle != nil {
		s.cycle = j.Cycle.ID
	}
	return s
}

func TestOrders(t *testing.T) {
	t.Parallel()
	start := func(j synchronization.Job) synchronization.Job { return j.Start(at(5)) }
	restart := func(scope synchronization.ResetScope) func(synchronization.Job) synchronization.Job {
		return func(j synchronization.Job) synchronization.Job { return j.Restart(scope, at(5)) }
	}
	changed := func(j synchronization.Job) synchronization.Job { return j.SchemaChanged(at(5)) }
	const active, paused = synchronization.ScheduleActive, synchronization.SchedulePaused
	for name, test := range map[string]struct {
		from  synchronization.Job
		order func(synchronization.Job) synchronization.Job
		want  state
	}{
		"start of a new job":                    {created(), start, state{schedule: active, code: synchronization.Active, next: 5}},
		"start of a waiting job: at once":       {waiting(), start, state{schedule: active, code: synchronization.Active, next: 5, watermark: 7}},
		"start of a running job changes naught": {running(), start, state{schedule: active, code: synchronization.Active, next: 2, watermark: 7, cycle: "second"}},
		"start of a failing job: at once":       {failing(), start, state{schedule: active, code: synchronization.Active, next: 5, watermark: 7, cycle: "second", failures: 9}},
		"start lifts a quarantine":              {quarantined(), start, state{schedule: active, code: synchronization.Active, next: 5, watermark: 7, cycle: "second", failures: 9}},
		"start of a paused job goes on":         {running().Pause(), start, state{schedule: active, code: synchronization.Active, next: 5, watermark: 7, cycle: "second"}},

		"pause of a new job":             {created(), synchronization.Job.Pause, state{schedule: paused, code: synchronization.Paused, next: -1, overtakes: true}},
		"pause keeps everything":         {running(), synchronization.Job.Pause, state{schedule: paused, code: synchronization.Paused, next: -1, watermark: 7, cycle: "second", overtakes: true}},
		"pause twice":                    {running().Pause(), synchronization.Job.Pause, state{schedule: paused, code: synchronization.Paused, next: -1, watermark: 7, cycle: "second", overtakes: true}},
		"restart with None starts":       {running().Pause(), restart(0), state{schedule: active, code: synchronization.Active, next: 5, watermark: 7, cycle: "second", overtakes: true}},
		"ForceDeletes alone":             {waiting(), restart(synchronization.ResetForceDeletes), state{schedule: active, code: synchronization.Active, next: 5, watermark: 7, overtakes: true}},
		"Watermark":                      {running(), restart(synchronization.ResetWatermark), state{schedule: active, code: synchronization.Active, next: 5, overtakes: true}},
		"ConnectorDataStore reads all":   {running(), restart(synchronization.ResetConnectorDataStore), state{schedule: active, code: synchronization.Active, next: 5, overtakes: true}},
		"Escrows keeps the cycle":        {running(), restart(synchronization.ResetEscrows), state{schedule: active, code: synchronization.Active, next: 5, watermark: 7, cycle: "second", overtakes: true}},
		"QuarantineState":                {quarantined(), restart(synchronization.ResetQuarantineState), state{schedule: active, code: synchronization.Active, next: 5, watermark: 7, cycle: "second", overtakes: true}},
		"the quarantine is not named":    {quarantined(), restart(synchronization.ResetEscrows), state{schedule: active, code: synchronization.Quarantine, next: 5, watermark: 7, cycle: "second", overtakes: true, failures: 9, quarantine: true}},
		"the portal's restart":           {quarantined(), restart(synchronization.ResetDefault), state{schedule: active, code: synchronization.Active, next: 5, overtakes: true}},
		"Full":                           {failing(), restart(synchronization.ResetFull), state{schedule: active, code: synchronization.Active, next: 5, overtakes: true}},
		"a new schema reads all":         {running(), changed, state{schedule: active, code: synchronization.Active, next: 5, overtakes: true}},
		"a new schema of a paused job":   {running().Pause(), changed, state{schedule: paused, code: synchronization.Paused, next: -1, overtakes: true}},
		"a new schema of a new job":      {created(), changed, state{schedule: synchronization.ScheduleDisabled, code: synchronization.NotConfigured, next: -1, overtakes: true}},
		"a cycle that ends ends failure": {failing(), func(j synchronization.Job) synchronization.Job { return j.Finished(*j.Cycle, at(5)) }, state{schedule: active, code: synchronization.Active, next: 5, watermark: 9}},
		"and a quarantine":               {quarantined(), func(j synchronization.Job) synchronization.Job { return j.Finished(*j.Cycle, at(5)) }, state{schedule: active, code: synchronization.Active, next: 5, watermark: 9}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, stateOf(test.from, test.order(test.from)))
		})
	}
}

// TestForcedDeparturesAreThoseOfTheSchema by which they were seen.
func TestForcedDeparturesAreThoseOfTheSchema(t *testing.T) {
	t.Parallel()
	forced := waiting().Restart(synchronization.ResetForceDeletes, at(5))
	require.True(t, forced.ForceDeletes)
	require.True(t, forced.Pause().Start(at(6)).ForceDeletes, "a pause comes in between")
	require.False(t, forced.SchemaChanged(at(6)).ForceDeletes)
}

func TestWhatACycleLeavesInTheStatus(t *testing.T) {
	t.Parallel()
	cycle := synchronization.Cycle{ID: "c", Head: 5, Counts: synchronization.TaskExecution{Began: at(0)}}
	quiet := created().Finished(cycle, at(1))
	require.Equal(t, synchronization.Succeeded, quiet.Status.LastExecution.Result)
	require.Equal(t, at(1), quiet.Status.LastExecution.Ended)
	require.Nil(t, quiet.Status.LastSuccessfulExecutionWithExports)
	require.Equal(t, at(1), quiet.Status.SteadyStateFirstAchieved)
	later := quiet.Finished(cycle, at(90))
	require.Equal(t, at(1), later.Status.SteadyStateFirstAchieved)
	require.Equal(t, at(90), later.Status.SteadyStateLastAchieved)

	cycle.Counts.Exported, cycle.Counts.Escrowed = 2, 1
	busy := created().Finished(cycle, at(1))
	require.Equal(t, synchronization.EntryLevelErrors, busy.Status.LastExecution.Result)
	require.NotNil(t, busy.Status.LastSuccessfulExecutionWithExports)
	require.True(t, busy.Status.SteadyStateFirstAchieved.IsZero(), "not with something left to write")
	cycle.Counts.Exported = 0
	require.True(t, created().Finished(cycle, at(1)).Status.SteadyStateFirstAchieved.IsZero(), "not with a failure")

	unbegun := created().Failing(synchronization.Cycle{}, synchronization.ExecutionError{Code: "x"}, at(3))
	require.Equal(t, at(3), unbegun.Status.LastExecution.Began)
	require.Equal(t, "x", unbegun.Status.LastExecution.Error.Code)
	require.Nil(t, unbegun.Cycle)
}

// TestLawsOfAJob lets orders and workers come in any order.
func TestLawsOfAJob(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		j, now, head := created(), at(0), int64(0)
		claim := j // what a worker took away
		law := func(holds bool, text string) {
			if !holds {
				t.Fatalf("%s: %+v", text, j)
			}
		}
		end := func(fn func(synchronization.Job, synchronization.Cycle) synchronization.Job) func(*rapid.T) {
			return func(t *rapid.T) {
				if claim.Generation != j.Generation || claim.NextRun.IsZero() {
					t.Skip("overtaken: the store refuses it")
				}
				head++
				before := j
				j = fn(j, synchronization.Cycle{ID: "c", From: j.Watermark, Head: head, Counts: synchronization.TaskExecution{Began: now}})
				law(j.Schedule == before.Schedule && j.Generation == before.Generation, "a worker gives no orders")
				law(!j.NextRun.IsZero() && !j.NextRun.After(now.Add(j.Schedule.Interval)), "the next run is at most an interval away")
				law(j.Watermark >= before.Watermark, "a worker never takes the watermark back")
			}
		}
		order := func(fn func(synchronization.Job) synchronization.Job) func(*rapid.T) {
			return func(*rapid.T) {
				before := j
				j = fn(j)
				law(j.Generation >= before.Generation, "the generation never falls")
				law(j.Watermark == before.Watermark || j.Watermark == 0 && j.Cycle == nil, "an order keeps the watermark or takes it back to nothing")
				law(j.Watermark == before.Watermark || j.Generation > before.Generation, "who takes the watermark back overtakes")
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"start":  order(func(j synchronization.Job) synchronization.Job { return j.Start(now) }),
			"pause":  order(synchronization.Job.Pause),
			"schema": order(func(j synchronization.Job) synchronization.Job { return j.SchemaChanged(now) }),
			"restart": order(func(j synchronization.Job) synchronization.Job {
				return j.Restart(synchronization.ResetScope(rapid.SampledFrom([]int{0, 1, 2, 4, 8, 14, 15, 32, 47}).Draw(t, "scope")), now)
			}),
			"claim": func(*rapid.T) { claim = j },
			"tick": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "minutes")) * time.Minute)
			},
			"finish":    end(func(j synchronization.Job, c synchronization.Cycle) synchronization.Job { return j.Finished(c, now) }),
			"interrupt": end(func(j synchronization.Job, c synchronization.Cycle) synchronization.Job { return j.Interrupted(c, now) }),
			"fail": end(func(j synchronization.Job, c synchronization.Cycle) synchronization.Job {
				return j.Failing(c, synchronization.ExecutionError{}, now)
			}),
			"": func(*rapid.T) {
				scheduled := j.Schedule.State == synchronization.ScheduleActive
				law(scheduled == !j.NextRun.IsZero(), "a job has a next run exactly while it is scheduled")
				law((j.Status.Code == synchronization.Paused) == (j.Schedule.State == synchronization.SchedulePaused), "status and schedule agree on a pause")
			},
		})
	})
}
