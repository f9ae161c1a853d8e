package courier_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/subscription"
	"github.com/provisor/provisor/internal/synchronization"
)

// job puts a job that is due.
func (w *world) job(sp directory.Object) store.Address {
	w.Helper()
	at := store.Address{Tenant: tenant, Job: "scim.x"}
	require.NoError(w, w.db.CreateJob(w.Context(), synchronization.Job{
		ID: at.Job, Tenant: tenant, ServicePrincipal: sp.ID, TemplateID: "scim", Status: synchronization.Status{Code: synchronization.Active},
		Schedule: synchronization.Schedule{State: synchronization.ScheduleActive}, NextRun: w.clock(), Created: w.clock(),
	}, synchronization.Schema{ID: "s"}))
	return at
}

// claim begins a turn of the job; the function it returns ends it.
func (w *world) claim() func(func(*synchronization.Job)) {
	w.Helper()
	due, err := w.db.DueJobs(w.Context(), w.clock(), 1)
	require.NoError(w, err)
	require.Len(w, due, 1)
	c, ok, err := w.db.ClaimDue(w.Context(), due[0], "worker", w.clock(), time.Minute)
	require.NoError(w, err)
	require.True(w, ok)
	return func(change func(*synchronization.Job)) {
		require.NoError(w, w.db.ReleaseClaim(w.Context(), c, func(j synchronization.Job) synchronization.Job {
			change(&j)
			return j
		}))
	}
}

// TestJob tells of the end of a cycle and of quarantine, not of the slices between.
func TestJob(t *testing.T) {
	t.Parallel()

	w, e, life := newWorld(t), newEndpoint(t), newEndpoint(t)
	sp, err := w.db.CreateObject(t.Context(), tenant, directory.Object{
		ID: directory.ObjectID(w.newID()), Kind: directory.ServicePrincipal, Created: w.clock(), Attributes: directory.Attributes{"appId": "x", "displayName": "Payroll"},
	})
	require.NoError(t, err)
	at := w.job(sp)
	resource := "servicePrincipals/" + string(sp.ID) + "/synchronization/jobs/" + string(at.Job)
	w.subscribe(resource, e, lifecycle(life), func(s *subscription.Subscription) { s.ChangeType = "updated" })
	for range 3 {
		w.run(w.courier)
	}
	require.Empty(t, e.told(), "nothing happened yet")
	require.Zero(t, w.run(w.courier))

	end := w.claim()
	require.Zero(t, w.run(w.courier), "it is worked on")
	end(func(j *synchronization.Job) { j.Cycle = &synchronization.Cycle{ID: "cycle"} })
	require.Equal(t, 1, w.run(w.courier))
	require.Empty(t, e.told(), "a slice is no cycle")

	ended := w.clock()
	w.claim()(func(j *synchronization.Job) {
		j.Status.LastExecution = &synchronization.TaskExecution{ActivityID: "cycle", Result: synchronization.EntryLevelErrors, Ended: ended}
	})
	w.run(w.courier)
	told := e.took()
	require.Len(t, told, 1)
	require.Equal(t, &subscription.Data{
		Type: "#microsoft.graph.synchronizationJob", Address: resource, ID: string(at.Job), OrganizationID: string(tenant),
		Status: &subscription.JobStatus{Code: "Active", LastExecution: &subscription.JobExecution{ActivityID: "cycle", State: "EntryLevelErrors", Ended: ended}},
	}, told[0].ResourceData)

	e.answer(status(500))
	w.claim()(func(j *synchronization.Job) {
		*j = j.Quarantined("EncounteredQuarantineException", synchronization.ExecutionError{Code: "x"}, ended)
		j.NextRun = ended
	})
	w.run(w.courier)
	e.answer(nil)
	w.pass(time.Minute)
	require.Equal(t, 1, w.run(w.courier))
	require.Equal(t, "EncounteredQuarantineException", *e.took()[0].ResourceData.Status.Quarantine)

	_, err = w.db.UpdateJob(t.Context(), tenant, at.Job, store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		j.Status.Quarantine, j.Status.Code = nil, synchronization.Active
		j.Generation++
		return j, nil
	})
	require.NoError(t, err)
	w.run(w.courier)
	require.Nil(t, e.took()[0].ResourceData.Status.Quarantine, "an order lifted it")

	require.NoError(t, w.db.DeleteJob(t.Context(), tenant, at.Job))
	require.Equal(t, 1, w.run(w.courier))
	require.Equal(t, []string{"subscriptionRemoved "}, life.told())
	require.Zero(t, w.run(w.courier))
}
