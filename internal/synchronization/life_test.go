package synchronization_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/synchronization"
)

func TestLifeOfAJob(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	j := synchronization.Job{Schedule: synchronization.Schedule{State: synchronization.ScheduleDisabled, Interval: 40 * time.Minute}, Generation: 1}

	j = j.Start(now)
	require.Equal(t, synchronization.ScheduleActive, j.Schedule.State)
	require.Equal(t, now, j.NextRun)

	cycle := synchronization.Cycle{ID: "c", Head: 9, Counts: synchronization.TaskExecution{Began: now, Exported: 3}}
	j = j.Interrupted(cycle, now)
	again := j.Start(now.Add(time.Hour))
	require.Equal(t, j.Generation, again.Generation, "a running cycle is left alone")
	require.Equal(t, j.Cycle, again.Cycle)
	paused := j.Pause()
	require.Equal(t, synchronization.Paused, paused.Status.Code)
	require.True(t, paused.NextRun.IsZero())
	require.Greater(t, paused.Generation, j.Generation, "the running worker is overtaken")
	require.Equal(t, &cycle, paused.Start(now).Cycle, "start goes on where pause stopped")

	done := j.Finished(cycle, now.Add(time.Minute))
	require.EqualValues(t, 9, done.Watermark)
	require.Nil(t, done.Cycle)
	require.Equal(t, now.Add(40*time.Minute), done.NextRun, "from start to start")
	require.Equal(t, synchronization.Succeeded, done.Status.LastExecution.Result)
	require.Equal(t, now.Add(time.Hour), j.Finished(cycle, now.Add(time.Hour)).NextRun, "a cycle longer than the interval delays the next")

	restarted := done.Restart(synchronization.ResetDefault, now)
	require.Zero(t, restarted.Watermark, "the next cycle is initial")
	require.Greater(t, restarted.Generation, done.Generation)
	require.EqualValues(t, 9, done.Restart(synchronization.ResetEscrows, now).Watermark)
}

func TestFailuresBackOffUpToTheInterval(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	j := synchronization.Job{Schedule: synchronization.Schedule{Interval: 40 * time.Minute}}
	var pauses []time.Duration
	for range 12 {
		j = j.Failing(synchronization.Cycle{}, synchronization.ExecutionError{Message: errors.ErrUnsupported.Error()}, now)
		pauses = append(pauses, j.NextRun.Sub(now))
	}
	require.Equal(t, []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second}, pauses[:3])
	require.Equal(t, 40*time.Minute, pauses[11])
	require.EqualValues(t, 12, j.Status.CountSuccessiveCompleteFailures)
	require.Zero(t, j.Watermark)
}

func TestDefaultSchemaRoundTrips(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(synchronization.DefaultSchema())
	require.NoError(t, err)
	var back synchronization.Schema
	require.NoError(t, json.Unmarshal(text, &back))
	again, err := json.Marshal(back)
	require.NoError(t, err)
	require.JSONEq(t, string(text), string(again))
	require.Contains(t, string(text), `"flowTypes":"Add,Update,Delete"`, "without blanks: some clients do not trim")
	require.Equal(t, synchronization.OutboundRuleID, back.Rules[0].ID)
}

func TestVersionsAndSettings(t *testing.T) {
	t.Parallel()
	require.Equal(t, "v1.2", synchronization.NextVersion("v1.1"))
	require.Equal(t, "v6.1", synchronization.NextVersion("6.0"))
	require.Equal(t, "v1.1", synchronization.NextVersion("Date:2020"))
	merged := synchronization.MergeSettings([]synchronization.KeyValue{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}}, []synchronization.KeyValue{{Name: "b", Value: "3"}, {Name: "C", Value: "4"}})
	require.Equal(t, []synchronization.KeyValue{{Name: "A", Value: "1"}, {Name: "B", Value: "3"}, {Name: "C", Value: "4"}}, merged)
	for text, want := range map[string]bool{"true": true, "True": true, "1": true, "false": false, "0": false, "": false, "yes": false} {
		require.Equal(t, want, synchronization.ParseFlag(text), "%q", text)
	}
	require.Equal(t, synchronization.JobID("scim.ab.x"), synchronization.NewJobID("scim", "a-b", "x"))
}
