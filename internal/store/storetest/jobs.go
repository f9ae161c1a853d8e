package storetest

import (
	"errors"
	"strings"
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

func jobStored(f *fixture) {
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
	f.succeed(f.CreateJob(f.Context(), j, schema))
	read, err := f.Job(f.Context(), f.tenant, j.ID)
	f.succeed(err)
	f.same(read, j, "job")
	readSchema, err := f.Schema(f.Context(), f.tenant, j.ID)
	f.succeed(err)
	f.same(readSchema, schema, "schema")
	_, err = f.Job(f.Context(), f.tenant, "other")
	f.fail(err, errs.NotFound)
	_, err = f.Schema(f.Context(), f.tenant, "other")
	f.fail(err, errs.NotFound)
}

func jobTaken(f *fixture) {
	j := f.job("scim.x", f.id())
	f.fail(f.CreateJob(f.Context(), j, synchronization.Schema{}), errs.Conflict)
}

func jobsListed(f *fixture) {
	mine, other := f.id(), f.id()
	f.job("b", mine)
	f.job("a", mine)
	f.job("c", other)
	for principal, want := range map[directory.ObjectID]string{mine: "ab", other: "c", "": "abc", "nobody": ""} {
		jobs, err := f.Jobs(f.Context(), f.tenant, principal)
		f.succeed(err)
		var got []string
		for _, j := range jobs {
			got = append(got, string(j.ID))
		}
		equal(f, strings.Join(got, ""), want, "jobs")
	}
}

func jobUpdated(f *fixture) {
	j := f.job("a", f.id())
	updated, err := f.UpdateJob(f.Context(), f.tenant, "a", store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		j.ID, j.ServicePrincipal = "renamed", "stolen"
		return j.Pause(), nil
	})
	f.succeed(err)
	equal(f, updated.ID, j.ID, "the id stays")
	equal(f, updated.ServicePrincipal, j.ServicePrincipal, "the service principal stays")
	equal(f, updated.Status.Code, synchronization.Paused, "status")
	read, err := f.Job(f.Context(), f.tenant, "a")
	f.succeed(err)
	f.same(read, updated, "job")
	refusal := errors.New("no")
	_, err = f.UpdateJob(f.Context(), f.tenant, "a", store.Reset{Links: true}, func(j synchronization.Job) (synchronization.Job, error) {
		return j.Start(f.now), refusal
	})
	f.holds(errors.Is(err, refusal), "the error is the function's")
	read, err = f.Job(f.Context(), f.tenant, "a")
	f.succeed(err)
	f.same(read, updated, "job after the refusal")
	_, err = f.UpdateJob(f.Context(), f.tenant, "b", store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) { return j, nil })
	f.fail(err, errs.NotFound)
}

// keep leaves a job as it is.
func keep(j synchronization.Job) (synchronization.Job, error) { return j, nil }

func jobReset(f *fixture) {
	u, v, w := f.user("ada"), f.user("bob"), f.user("cid")
	f.job("a", f.id())
	c := f.claim()
	failed := linked(u, "t1")
	failed.Link.Failure = &store.Failure{Code: "x", Reason: "r", Attempts: 3, First: f.now, RetryAt: f.now.Add(time.Hour)}
	unlinked := store.Outcome{Object: v.Key, Kind: v.Kind, Link: store.Link{Failure: &store.Failure{Code: "x", Reason: "r", Attempts: 3, First: f.now, RetryAt: f.now.Add(time.Hour)}}}
	begun := store.Outcome{Object: w.Key, Kind: w.Kind, Link: store.Link{Managed: true, Failure: &store.Failure{Code: "x", Reason: "r", Attempts: 3, First: f.now, RetryAt: f.now.Add(time.Hour)}}}
	f.record(c, failed, unlinked, begun)
	equal(f, len(f.retries(c)), 0, "they wait for their time")
	owed, err := f.Owed(f.Context(), c)
	f.succeed(err)
	equal(f, owed, int64(3), "and are owed meanwhile")
	_, err = f.UpdateJob(f.Context(), f.tenant, "a", store.Reset{Failures: true}, keep)
	f.succeed(err)
	equal(f, len(f.retries(c)), 3, "what failed is due at once")
	_, ok, err := f.LinkedTo(f.Context(), c, directory.User, "t1")
	f.succeed(err)
	f.holds(ok, "the link stays")
	anew := &store.Failure{RetryAt: time.Unix(0, 0).UTC()}
	f.same(f.candidate(c, w).Link, store.Link{Managed: true, Failure: anew}, "a creation that was begun stays begun")
	f.same(f.candidate(c, v).Link, store.Link{Failure: anew}, "and the attempts are counted anew")
	_, err = f.UpdateJob(f.Context(), f.tenant, "a", store.Reset{Links: true}, keep)
	f.succeed(err)
	_, ok, err = f.LinkedTo(f.Context(), c, directory.User, "t1")
	f.succeed(err)
	f.holds(!ok, "the link is gone")
	owed, err = f.Owed(f.Context(), c)
	f.succeed(err)
	equal(f, owed, int64(0), "nothing is owed")
}

func jobDeleted(f *fixture) {
	u := f.user("ada")
	f.job("a", f.id())
	c := f.claim()
	o := linked(u, "t1")
	o.Log = f.entry("log-1", f.now)
	f.record(c, o)
	f.succeed(f.DeleteJob(f.Context(), f.tenant, "a"))
	f.fail(f.DeleteJob(f.Context(), f.tenant, "a"), errs.NotFound)
	_, err := f.Job(f.Context(), f.tenant, "a")
	f.fail(err, errs.NotFound)
	f.fail(f.Record(f.Context(), c, store.Batch{}), errs.Conflict)
	page, err := f.Logs(f.Context(), f.tenant, store.LogQuery{})
	f.succeed(err)
	equal(f, len(page.Entries), 1, "log entries")
	f.job("a", f.id())
	again := f.claim()
	f.holds(again.JobKey != c.JobKey, "a job of the same name is another one")
	_, ok, err := f.LinkedTo(f.Context(), again, directory.User, "t1")
	f.succeed(err)
	f.holds(!ok, "it has no links")
}

func schemaReplaced(f *fixture) {
	f.job("a", f.id())
	f.succeed(f.PutSchema(f.Context(), f.tenant, "a", synchronization.Schema{Version: "2"}, func(j synchronization.Job) synchronization.Job {
		return j.SchemaChanged(f.now)
	}))
	schema, err := f.Schema(f.Context(), f.tenant, "a")
	f.succeed(err)
	equal(f, schema.Version, "2", "version")
	j, err := f.Job(f.Context(), f.tenant, "a")
	f.succeed(err)
	equal(f, j.Generation, 1, "generation")
	f.fail(f.PutSchema(f.Context(), f.tenant, "b", schema, func(j synchronization.Job) synchronization.Job { return j }), errs.NotFound)
}
