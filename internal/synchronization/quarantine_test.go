package synchronization_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/synchronization"
)

func TestQuarantineReason(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		failed, succeeded, references int64
		want                          string
	}{
		"nothing failed":                        {0, 100, 0, ""},
		"everything failed, below the floor":    {4_999, 1, 0, ""},
		"at the floor, all":                     {5_000, 0, 0, synchronization.ReasonProportion},
		"at the floor, 40 percent":              {5_000, 7_500, 0, ""},
		"at the floor, more than 40 percent":    {5_000, 7_499, 0, synchronization.ReasonProportion},
		"86 percent":                            {30_000, 5_000, 0, synchronization.ReasonProportion},
		"17 percent":                            {20_000, 100_000, 0, ""},
		"40,000 are not more than 40,000":       {40_000, 1_000_000, 0, ""},
		"45,000":                                {45_000, 1_000_000, 0, synchronization.ReasonBaseEscrows},
		"references alone are not a proportion": {0, 0, 60_000, ""},
		"60,001 references":                     {0, 0, 60_001, synchronization.ReasonTotalEscrows},
		"60,000 in all":                         {30_000, 1_000_000, 30_000, ""},
		"60,001 in all":                         {30_000, 1_000_000, 30_001, synchronization.ReasonTotalEscrows},
	} {
		c := synchronization.Cycle{Failed: test.failed, Succeeded: test.succeeded, FailedReferences: test.references}
		require.Equal(t, test.want, c.QuarantineReason(), name)
	}
}

func TestRetryAt(t *testing.T) {
	t.Parallel()
	first := at(0)
	for now, want := range map[time.Duration]time.Duration{
		0:                         6 * time.Hour,
		6*time.Hour - 1:           6 * time.Hour,
		6 * time.Hour:             12 * time.Hour,
		6*time.Hour + time.Minute: 12 * time.Hour,
		13 * time.Hour:            24 * time.Hour,
		24 * time.Hour:            48 * time.Hour,
		25 * time.Hour:            48 * time.Hour,
		27 * 24 * time.Hour:       28 * 24 * time.Hour,
	} {
		got, ok := synchronization.RetryAt(first, first.Add(now))
		require.True(t, ok)
		require.Equal(t, first.Add(want), got, "after %v", now)
	}
	_, ok := synchronization.RetryAt(first, first.Add(28*24*time.Hour))
	require.False(t, ok, "28 days are enough")
}

// TestQuarantineIsTriedEverLessOftenAndThenDisabled walks through four weeks.
func TestQuarantineIsTriedEverLessOftenAndThenDisabled(t *testing.T) {
	t.Parallel()
	now := at(0)
	fault := synchronization.ExecutionError{Code: "InvalidCredentials", Message: "no", TenantActionable: true}
	j := created().Start(now)
	var attempts []time.Duration
	for j.Schedule.State == synchronization.ScheduleActive {
		j = j.Failing(synchronization.Cycle{}, fault, now)
		q := j.Status.Quarantine
		require.Equal(t, synchronization.ReasonException, q.Reason)
		require.Equal(t, at(0), q.SeriesBegan)
		require.Equal(t, now, q.CurrentBegan)
		require.Equal(t, fault, *q.Error)
		require.EqualValues(t, len(attempts)+1, q.SeriesCount)
		if j.Schedule.State == synchronization.ScheduleActive {
			require.Equal(t, synchronization.Quarantine, j.Status.Code)
			require.Equal(t, q.NextAttempt, j.NextRun)
			now = j.NextRun
			attempts = append(attempts, now.Sub(at(0)))
		}
	}
	require.Equal(t, []time.Duration{5 * time.Minute, 40 * time.Minute, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour}, attempts[:6])
	require.Equal(t, 28*24*time.Hour, now.Sub(at(0)))
	require.Equal(t, synchronization.ScheduleDisabled, j.Schedule.State)
	require.Equal(t, synchronization.Quarantine, j.Status.Code)
	require.True(t, j.NextRun.IsZero())
	j = j.Start(now)
	require.Equal(t, synchronization.Active, j.Status.Code)
	require.Equal(t, now, j.NextRun)
}

// TestOutageOfFourWeeksDisables: a target that never answers is no quarantine at
// first, and not tried for ever.
func TestOutageOfFourWeeksDisables(t *testing.T) {
	t.Parallel()
	now, n := at(0), 0
	j := created().Start(now)
	for ; j.Schedule.State == synchronization.ScheduleActive; n++ {
		require.Nil(t, j.Status.Quarantine)
		now = j.NextRun
		j = j.Failing(synchronization.Cycle{ID: "c"}, synchronization.ExecutionError{Code: "Timeout"}, now)
	}
	require.InDelta(t, 28*24*time.Hour, now.Sub(at(0)), float64(time.Hour))
	require.Greater(t, n, 1000, "it was tried at least every interval")
	require.EqualValues(t, n, j.Status.CountSuccessiveCompleteFailures)
}

func TestWaysOutOfAQuarantine(t *testing.T) {
	t.Parallel()
	fault := synchronization.ExecutionError{Code: "x"}
	j := created().Start(at(0)).Quarantined(synchronization.ReasonException, fault, at(0))
	good := synchronization.Cycle{ID: "c", Head: 5, Counts: synchronization.TaskExecution{Began: at(1)}}
	require.Equal(t, synchronization.Active, j.Finished(good, at(1)).Status.Code, "a good cycle")
	require.Equal(t, synchronization.Active, j.Start(at(1)).Status.Code, "start")
	require.Equal(t, synchronization.Active, j.Restart(synchronization.ResetQuarantineState, at(1)).Status.Code, "restart")
	require.Equal(t, synchronization.Quarantine, j.Restart(synchronization.ResetEscrows, at(1)).Status.Code, "a restart of something else")
	require.Equal(t, synchronization.Active, j.Mended(at(1)).Status.Code, "the application answered well")
	require.Equal(t, at(1), j.Recheck(at(1)).NextRun)
	require.Equal(t, synchronization.Quarantine, j.Recheck(at(1)).Status.Code, "it lasts until an attempt succeeds")

	many := created().Start(at(0)).Quarantined(synchronization.ReasonTooManyDelete, fault, at(0))
	require.Equal(t, many, many.Mended(at(1)), "a good answer says nothing of deletions")
	require.Equal(t, many, many.Recheck(at(1)))
	forced := many.Restart(synchronization.ResetForceDeletes, at(1))
	require.Equal(t, synchronization.Active, forced.Status.Code)
	require.True(t, forced.ForceDeletes)
	good.Forced = true
	require.False(t, forced.Finished(good, at(2)).ForceDeletes, "once")
	good.Forced, good.Held = false, &fault
	held := many.Finished(good, at(2))
	require.Equal(t, synchronization.ReasonTooManyDelete, held.Status.Quarantine.Reason)
	require.EqualValues(t, 2, held.Status.Quarantine.SeriesCount)
	require.EqualValues(t, 5, held.Watermark, "what is held is recorded")
}

// TestLongCycleIsJudgedWhileItRuns: it stops where it is, and the next attempt is
// judged by itself.
func TestLongCycleIsJudgedWhileItRuns(t *testing.T) {
	t.Parallel()
	c := synchronization.Cycle{ID: "c", Initial: true, After: 7, Failed: 5_000, Succeeded: 10}
	j := created().Start(at(0)).Interrupted(c, at(1))
	require.Equal(t, synchronization.ReasonProportion, j.Status.Quarantine.Reason)
	require.Equal(t, at(6), j.NextRun)
	require.EqualValues(t, 7, j.Cycle.After)
	c = *j.Cycle
	require.Zero(t, c.Failed)
	j = j.Interrupted(c, at(7))
	require.Equal(t, at(7), j.NextRun)
	require.Equal(t, synchronization.Quarantine, j.Status.Code, "until a cycle has ended well")
	c.Head = 9
	require.Equal(t, synchronization.Active, j.Finished(c, at(8)).Status.Code)
}

// TestCompleteFailures counts executions in which nothing succeeded, and prunings are
// told until the failures are reset.
func TestCompleteFailures(t *testing.T) {
	t.Parallel()
	c := synchronization.Cycle{ID: "c", Failed: 3, Pruned: 1, Counts: synchronization.TaskExecution{Began: at(0), Escrowed: 3}}
	j := created().Start(at(0)).Finished(c, at(1)).Finished(c, at(50))
	require.EqualValues(t, 2, j.Status.CountSuccessiveCompleteFailures)
	require.True(t, j.Status.EscrowsPruned)
	require.Equal(t, synchronization.Active, j.Status.Code)
	c.Succeeded, c.Pruned = 1, 0
	j = j.Finished(c, at(99))
	require.Zero(t, j.Status.CountSuccessiveCompleteFailures)
	require.True(t, j.Status.EscrowsPruned)
	require.False(t, j.Restart(synchronization.ResetEscrows, at(99)).Status.EscrowsPruned)
}

func TestDeleteThreshold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		setting, notification string
		want                  int64
	}{
		"default":               {"", "", 500},
		"the setting":           {"7", `{"DeleteThresholdEnabled":true,"DeleteThresholdValue":9}`, 7},
		"none at all":           {"0", "", 0},
		"the notification":      {"", `{"Enabled":false,"DeleteThresholdEnabled":true,"DeleteThresholdValue":9}`, 9},
		"switched off is not":   {"", `{"DeleteThresholdEnabled":false,"DeleteThresholdValue":9}`, 500},
		"not JSON":              {"", `x`, 500},
		"not a number":          {"many", "", 500},
		"negative":              {"-1", "", 500},
		"more than fits: as is": {"99999999999999999999", "", 500},
	} {
		j := synchronization.Job{Settings: []synchronization.KeyValue{{Name: "quarantineTooManyDeletesThreshold", Value: test.setting}}}
		require.Equal(t, test.want, j.DeleteThreshold(test.notification), name)
	}
}

// TestRetriesFallInFrequency whatever the instants.
func TestRetriesFallInFrequency(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := at(0)
		for n := 0; ; n++ {
			next, ok := synchronization.RetryAt(at(0), now)
			if !ok {
				if now.Sub(at(0)) < synchronization.Patience || n > 31 {
					t.Fatalf("given up after %v and %d attempts", now.Sub(at(0)), n)
				}
				return
			}
			if !next.After(now) || next.Sub(now) > 24*time.Hour {
				t.Fatalf("after %v it is tried at %v", now.Sub(at(0)), next.Sub(at(0)))
			}
			now = next.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "late")) * time.Minute)
		}
	})
}
