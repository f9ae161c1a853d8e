package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

func jobChecks() []check {
	return []check{
		{"a job and its schema read back as they were", jobStored},
		{"the id of a job is unique", jobTaken},
		{"jobs are those of a service principal, or all, ordered by id", jobsListed},
		{"an update stores what the function makes, or nothing on its error", jobUpdated},
		{"a reset clears links, or only failures", jobReset},
		{"deleting a job removes what was recorded for it, but its log", jobDeleted},
		{"a schema is replaced together with the job", schemaReplaced},
	}
}

func jobStored(t *testing.T, f *fixture) {
	ended := f.now.Add(time.Minute)
	j := synchronization.Job{
		ID: "scim.x", Tenant: f.tenant, ServicePrincipal: f.id(), TemplateID: "scim",
		Settings: []synchronization.KeyValue{{Name: "a", Value: "b"}},
		Schedule: synchronization.Schedule{State: synchronization.ScheduleActive, Interval: time.Hour, Expiration: ended},
		Status: synchronization.Status{
			Code: synchronization.Quarantine, CountSuccessiveCompleteFailures: 3,
			LastExecution: &synchronization.TaskExecution{ActivityID: "x", Result: synchronization.Failed, Began: f.now, Ended: ended},
			Quarantine:    &synchronization.QuarantineState{Reason: "EncounteredBaseEscrowThreshold", SeriesBegan: f.now},
		},
		NextRun: ended, Watermark: 7, Generation: 2, Created: f.now,
		Cycle: &synchronization.Cycle{ID: "c", Initial: true, Head: 9, Phase: synchronization.PhaseGroups, After: 4},
	}
	name := "urn"
	schema := synchronization.Schema{ID: "scim.x", Version: "1", Rules: []synchronization.Rule{{ID: "r", ObjectMappings: []synchronization.ObjectMapping{{
		Name: "users", Enabled: true, FlowTypes: synchronization.FlowAll,
		AttributeMappings: []synchronization.AttributeMapping{{DefaultValue: &name, TargetAttributeName: "userName"}},
	}}}}}
	succeed(t, f.CreateJob(t.Context(), j, schema))
	read, err := f.Job(t.Context(), f.tenant, j.ID)
	succeed(t, err)
	same(t, read, j, "job")
	readSchema, err := f.Schema(t.Context(), f.tenant, j.ID)
	succeed(t, err)
	same(t, readSchema, schema, "schema")
	_, err = f.Job(t.Context(), f.tenant, "other")
	fail(t, err, errs.NotFound)
	_, err = f.Schema(t.Context(), f.tenant, "other")
	fail(t, err, errs.NotFound)
}

func jobTaken(t *testing.T, f *fixture) {
	j := f.job(t, "scim.x", f.id())
	fail(t, f.CreateJob(t.Context(), j, synchronization.Schema{}), errs.Conflict)
}

func jobsListed(t *testing.T, f *fixture) {
	mine, other := f.id(), f.id()
	f.job(t, "b", mine)
	f.job(t, "a", mine)
	f.job(t, "c", other)
	for principal, want := range map[directory.ObjectID]string{mine: "ab", other: "c", "": "abc", "nobody": ""} {
		jobs, err := f.Jobs(t.Context(), f.tenant, principal)
		succeed(t, err)
		got := ""
		for _, j := range jobs {
			got += string(j.ID)
		}
		equal(t, got, want, "jobs")
	}
}

func jobUpdated(t *testing.T, f *fixture) {
	j := f.job(t, "a", f.id())
	updated, err := f.UpdateJob(t.Context(), f.tenant, "a", store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		j.ID, j.ServicePrincipal = "renamed", "stolen"
		return j.Pause(), nil
	})
	succeed(t, err)
	equal(t, updated.ID, j.ID, "the id stays")
	equal(t, updated.ServicePrincipal, j.ServicePrincipal, "the service principal stays")
	equal(t, updated.Status.Code, synchronization.Paused, "status")
	read, err := f.Job(t.Context(), f.tenant, "a")
	succeed(t, err)
	same(t, read, updated, "job")
	refusal := errors.New("no")
	_, err = f.UpdateJob(t.Context(), f.tenant, "a", store.Reset{Links: true}, func(j synchronization.Job) (synchronization.Job, error) {
		return j.Start(f.now), refusal
	})
	holds(t, errors.Is(err, refusal), "the error is the function's")
	read, err = f.Job(t.Context(), f.tenant, "a")
	succeed(t, err)
	same(t, read, updated, "job after the refusal")
	_, err = f.UpdateJob(t.Context(), f.tenant, "b", store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) { return j, nil })
	fail(t, err, errs.NotFound)
}

// keep leaves a job as it is.
func keep(j synchronization.Job) (synchronization.Job, error) { return j, nil }

func jobReset(t *testing.T, f *fixture) {
	u, v := f.user(t, "ada"), f.user(t, "bob")
	f.job(t, "a", f.id())
	c := f.claim(t)
	failed := linked(u, "t1")
	failed.Link.Failure = &store.Failure{Code: "x", RetryAt: f.now}
	unlinked := store.Outcome{Object: v.Key, Kind: v.Kind, Link: store.Link{Failure: &store.Failure{Code: "x", RetryAt: f.now}}}
	f.record(t, c, failed, unlinked)
	equal(t, len(f.retries(t, c)), 2, "failures before")
	_, err := f.UpdateJob(t.Context(), f.tenant, "a", store.Reset{Failures: true}, keep)
	succeed(t, err)
	equal(t, len(f.retries(t, c)), 0, "failures after")
	_, ok, err := f.LinkedTo(t.Context(), c, directory.User, "t1")
	succeed(t, err)
	holds(t, ok, "the link stays")
	_, err = f.UpdateJob(t.Context(), f.tenant, "a", store.Reset{Links: true}, keep)
	succeed(t, err)
	_, ok, err = f.LinkedTo(t.Context(), c, directory.User, "t1")
	succeed(t, err)
	holds(t, !ok, "the link is gone")
}

func jobDeleted(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	j := f.job(t, "a", f.id())
	c := f.claim(t)
	o := linked(u, "t1")
	o.Log = &store.LogEntry{ID: "log-1", Time: f.now, JobID: j.ID}
	f.record(t, c, o)
	succeed(t, f.DeleteJob(t.Context(), f.tenant, "a"))
	fail(t, f.DeleteJob(t.Context(), f.tenant, "a"), errs.NotFound)
	_, err := f.Job(t.Context(), f.tenant, "a")
	fail(t, err, errs.NotFound)
	fail(t, f.Record(t.Context(), c, store.Batch{}), errs.Conflict)
	page, err := f.Logs(t.Context(), f.tenant, store.LogQuery{})
	succeed(t, err)
	equal(t, len(page.Entries), 1, "log entries")
	f.job(t, "a", f.id())
	again := f.claim(t)
	holds(t, again.JobKey != c.JobKey, "a job of the same name is another one")
	_, ok, err := f.LinkedTo(t.Context(), again, directory.User, "t1")
	succeed(t, err)
	holds(t, !ok, "it has no links")
}

func schemaReplaced(t *testing.T, f *fixture) {
	f.job(t, "a", f.id())
	succeed(t, f.PutSchema(t.Context(), f.tenant, "a", synchronization.Schema{Version: "2"}, func(j synchronization.Job) synchronization.Job {
		return j.SchemaChanged(f.now)
	}))
	schema, err := f.Schema(t.Context(), f.tenant, "a")
	succeed(t, err)
	equal(t, schema.Version, "2", "version")
	j, err := f.Job(t.Context(), f.tenant, "a")
	succeed(t, err)
	equal(t, j.Generation, 1, "generation")
	fail(t, f.PutSchema(t.Context(), f.tenant, "b", schema, func(j synchronization.Job) synchronization.Job { return j }), errs.NotFound)
}
