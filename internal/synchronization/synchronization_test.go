package synchronization_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/synchronization"
)

func TestSecretsOfTheEnumeration(t *testing.T) {
	t.Parallel()
	all := synchronization.Secrets()
	require.Len(t, all, 45)
	seen := map[string]bool{}
	for _, s := range all {
		require.False(t, seen[s.String()], "%s twice", s)
		seen[s.String()] = true
		for _, spelling := range []string{s.String(), strconv.Itoa(int(s))} {
			parsed, err := synchronization.ParseSecret(spelling)
			require.NoError(t, err)
			require.Equal(t, s, parsed)
		}
	}
	parsed, err := synchronization.ParseSecret("oauth2CLIENTid")
	require.NoError(t, err)
	require.Equal(t, synchronization.SecretOauth2ClientId, parsed)
	_, err = synchronization.ParseSecret("NoSuchKey")
	require.ErrorContains(t, err, "Requested value 'NoSuchKey' was not found.")
	require.True(t, errs.Is(err, errs.Invalid))
}

// TestSecretsOfTheMetadata compares with the published CSDL of both versions.
func TestSecretsOfTheMetadata(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("PROVISOR_REFERENCE") //nolint:forbidigo // where the reference data is, if it is there
	if folder == "" {
		t.Skip("PROVISOR_REFERENCE does not name a folder with the CSDL files")
	}
	for _, version := range []string{"v1.0", "beta"} {
		text, err := os.ReadFile(filepath.Join(folder, "csdl-synchronization-"+version+".xml"))
		require.NoError(t, err)
		enum := regexp.MustCompile(`(?s)<EnumType Name="synchronizationSecret".*?</EnumType>`).Find(text)
		members := regexp.MustCompile(`<Member Name="(\w+)" Value="(\d+)"`).FindAllSubmatch(enum, -1)
		require.NotEmpty(t, members)
		for _, m := range members {
			s, err := synchronization.ParseSecret(string(m[1]))
			require.NoError(t, err)
			require.Equal(t, string(m[2]), strconv.Itoa(int(s)), "%s in %s", m[1], version)
		}
	}
}

func FuzzParseSecret(f *testing.F) {
	f.Add("Oauth2ClientId")
	f.Add("27")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := synchronization.ParseSecret(text)
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Fatalf("%q: %v", text, err)
		}
		if again, err2 := synchronization.ParseSecret(s.String()); err == nil && (err2 != nil || again != s) {
			t.Fatalf("%q reads as %s, which reads as %s", text, s, again)
		}
	})
}

func TestTokensAndPasswordsAreWriteOnly(t *testing.T) {
	t.Parallel()
	for _, s := range []synchronization.Secret{
		synchronization.SecretPassword, synchronization.SecretSecretToken, synchronization.SecretOauth2ClientSecret,
		synchronization.SecretOauth2AccessToken, synchronization.SecretOauth2RefreshToken, synchronization.SecretOauth2AuthorizationCode,
	} {
		require.True(t, s.Sensitive(), "%s", s)
	}
	require.False(t, synchronization.SecretBaseAddress.Sensitive())
	require.False(t, synchronization.SecretSyncAll.Sensitive())
}

func TestFlowTypesOnTheWire(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Add, Update, Delete": "Add,Update,Delete", "delete,ADD": "Add,Delete", "None": "None", "": "None", "Update": "Update",
	} {
		var f synchronization.FlowTypes
		require.NoError(t, f.UnmarshalText([]byte(text)))
		require.Equal(t, want, f.String(), "%q", text)
	}
	var f synchronization.FlowTypes
	require.ErrorContains(t, f.UnmarshalText([]byte("Add,Explode")), "Explode")
}

func TestResetScopes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]synchronization.ResetScope{
		"": synchronization.ResetDefault, "None": 0, "Full": synchronization.ResetFull, "watermark, Escrows": 6, "ForceDeletes": synchronization.ResetForceDeletes,
		"Full,ForceDeletes": 47,
	} {
		got, err := synchronization.ParseResetScope(text)
		require.NoError(t, err)
		require.Equal(t, want, got, "%q", text)
	}
	_, err := synchronization.ParseResetScope("Everything")
	require.True(t, errs.Is(err, errs.Invalid))
	require.False(t, synchronization.ResetFull.Has(synchronization.ResetForceDeletes), "Full does not force deletes")
}

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
