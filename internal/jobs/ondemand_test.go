package jobs_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/jobs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// resting is a service whose workers do not run.
func (w *world) resting(base string) *jobs.Service {
	return jobs.New(jobs.Options{
		Store: w.db, Credentials: secrets{base}, Outbound: http.DefaultTransport, Log: slog.New(slog.DiscardHandler), Now: wall, NewID: uuid.NewString, Holder: "idle",
	})
}

// ask wraps subjects into the parameters of the job's rule.
func (w *world) ask(id synchronization.JobID, subjects ...synchronization.OnDemandSubject) []synchronization.OnDemandParameters {
	w.t.Helper()
	schema, err := w.db.Schema(w.t.Context(), tenant, id)
	require.NoError(w.t, err)
	return []synchronization.OnDemandParameters{{RuleID: schema.Rules[0].ID, Subjects: subjects}}
}

// call asks for provisioning on demand as an administrator does.
func (w *world) call(id synchronization.JobID, parameters []synchronization.OnDemandParameters) jobs.OnDemandCall {
	return jobs.OnDemandCall{
		Tenant: tenant, ServicePrincipal: w.sp.ID, Job: id, Parameters: parameters,
		By: synchronization.SummaryInitiator{ID: "4dm1n", DisplayName: "Ada Administrator", InitiatorType: "user"},
	}
}

func subject(o directory.Object) synchronization.OnDemandSubject {
	return synchronization.OnDemandSubject{ObjectID: o.ID, ObjectTypeName: string(o.Kind)}
}

func (w *world) person(name string) directory.Object {
	return w.object(directory.User, directory.Attributes{"accountEnabled": true, "displayName": name, "userPrincipalName": name + "@example.com"})
}

// TestOnDemandBeforeTheFirstStart provisions one user and tells every step; again, and
// there is nothing to do.
func TestOnDemandBeforeTheFirstStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 0)
	s := w.resting(w.base)
	id := w.unstarted(s)
	ada := w.person("ada")
	done, err := s.ProvisionOnDemand(t.Context(), w.call(id, w.ask(id, subject(ada))))
	require.NoError(t, err)
	require.Equal(t, synchronization.OnDemandSuccess, done.Result)
	require.Len(t, done.Objects, 1)
	one := done.Objects[0]
	require.Equal(t, "Create", one.Action)
	require.Equal(t, "Success", one.StatusInfo.Status)
	require.Equal(t, "ada@example.com", one.ReportableIdentifier)
	var steps []string
	for _, step := range one.ProvisioningSteps {
		steps = append(steps, step.Type+" "+step.Status)
		require.False(t, step.Timestamp.IsZero())
	}
	require.Equal(t, []string{"Import Success", "Scoping Success", "Matching Success", "Export Success"}, steps)
	require.Equal(t, "ada@example.com", one.ProvisioningSteps[0].Details["userPrincipalName"])
	require.Equal(t, "True", one.ProvisioningSteps[1].Details["IsEffectivelyEntitledForProvisioning"])
	require.NotNil(t, one.TargetIdentity.ID)
	require.NotEmpty(t, one.ModifiedProperties)
	require.Equal(t, 1, w.accounts(), "of the one user, and of no other")
	j := w.stored(id)
	require.Equal(t, synchronization.ScheduleDisabled, j.Schedule.State)
	require.True(t, j.NextRun.IsZero())
	require.Nil(t, j.Cycle)

	done, err = s.ProvisionOnDemand(t.Context(), w.call(id, w.ask(id, subject(ada))))
	require.NoError(t, err)
	require.Equal(t, synchronization.OnDemandSkipped, done.Result)
	require.Equal(t, "RedundantExport", done.ErrorCode)
	require.Equal(t, "RedundantExport", done.Objects[0].ProvisioningSteps[3].Details["SkipReason"])
	page, err := w.db.Logs(t.Context(), tenant, store.LogQuery{})
	require.NoError(t, err)
	require.Len(t, page.Entries, 2, "both are in the log")
	for _, e := range page.Entries {
		require.Equal(t, synchronization.SummaryInitiator{ID: "4dm1n", DisplayName: "Ada Administrator", InitiatorType: "user"}, e.InitiatedBy)
		require.Contains(t, string(e.Document()), `"initiatedBy":{"id":"4dm1n","displayName":"Ada Administrator","initiatorType":"user"}`)
	}

	pair, err := done.DocumentedPair()
	require.NoError(t, err)
	require.JSONEq(t, fmt.Sprintf(`{"result":"Skipped","details":{"errorCode":"RedundantExport","errorMessage":%q}}`, done.ErrorMessage), pair.Key)
	var object map[string]any
	require.NoError(t, json.Unmarshal([]byte(pair.Value), &object))
	require.Equal(t, "Other", object["action"])
	pair, err = done.LivePair()
	require.NoError(t, err)
	var objects []any
	require.NoError(t, json.Unmarshal([]byte(pair.Value), &objects))
	require.Len(t, objects, 1)
}

// TestOnDemandMemberNamedTwice is written once.
func TestOnDemandMemberNamedTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	s := w.resting(w.base)
	id := w.unstarted(s)
	group := w.object(directory.Group, directory.Attributes{"displayName": "Team", "securityEnabled": true, "mailEnabled": false, "mailNickname": "team"})
	ada := w.person("ada")
	_, err := w.db.Relate(t.Context(), tenant, group.ID, directory.Members, ada.ID)
	require.NoError(t, err)
	asked := subject(group)
	asked.Links = &synchronization.OnDemandLinks{Members: []synchronization.OnDemandSubject{subject(ada), subject(ada)}}
	done, err := s.ProvisionOnDemand(t.Context(), w.call(id, w.ask(id, asked)))
	require.NoError(t, err)
	require.Equal(t, synchronization.OnDemandSuccess, done.Result)
	steps := done.Objects[0].ProvisioningSteps
	require.Equal(t, "1 reference(s) of members were written.", steps[len(steps)-1].Description)
	_, groups := w.target.Snapshot()
	require.Len(t, groups[0].MemberIDs(), 1)
}

// TestOnDemandGroupWritesTheListedMembersOnly; the next cycle writes the others.
func TestOnDemandGroupWritesTheListedMembersOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	s := w.resting(w.base)
	id := w.unstarted(s)
	group := w.object(directory.Group, directory.Attributes{"displayName": "Team", "securityEnabled": true, "mailEnabled": false, "mailNickname": "team"})
	var people []directory.Object
	for i := range 4 {
		people = append(people, w.person(fmt.Sprint("p", i)))
		_, err := w.db.Relate(t.Context(), tenant, group.ID, directory.Members, people[i].ID)
		require.NoError(t, err)
	}
	asked := subject(group)
	asked.Links = &synchronization.OnDemandLinks{Members: []synchronization.OnDemandSubject{subject(people[2]), subject(people[0])}}
	done, err := s.ProvisionOnDemand(t.Context(), w.call(id, w.ask(id, asked)))
	require.NoError(t, err)
	require.Equal(t, synchronization.OnDemandSuccess, done.Result)
	require.Equal(t, "Create", done.Objects[0].Action)
	require.Len(t, done.Objects, 3, "the group, and the members that had to be created")
	steps := done.Objects[0].ProvisioningSteps
	require.Equal(t, "ReferenceResolution", steps[len(steps)-1].Type)
	users, groups := w.target.Snapshot()
	require.Len(t, users, 2)
	require.Len(t, groups[0].MemberIDs(), 2)

	again, err := s.ProvisionOnDemand(t.Context(), w.call(id, w.ask(id, asked)))
	require.NoError(t, err)
	require.Equal(t, synchronization.OnDemandSkipped, again.Result)

	w.service("worker")
	require.NoError(t, s.Start(t.Context(), tenant, w.sp.ID, id))
	require.Eventually(t, func() bool {
		_, groups := w.target.Snapshot()
		return len(groups[0].MemberIDs()) == 4
	}, 20*time.Second, 10*time.Millisecond)
}

// TestOnDemandWhileACycleRuns in another process: the cycle lets go and goes on.
func TestOnDemandWhileACycleRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 400, 5*time.Millisecond)
	worker := w.service("worker")
	id := w.job(worker)
	require.Eventually(t, func() bool { return w.accounts() > 10 }, 20*time.Second, time.Millisecond)
	ada := w.person("ada")
	for name, s := range map[string]*jobs.Service{"the same process": worker, "another": w.resting(w.base)} {
		before := w.stored(id).Generation
		done, err := s.ProvisionOnDemand(t.Context(), w.call(id, w.ask(id, subject(ada))))
		require.NoError(t, err, name)
		require.NotEqual(t, synchronization.OnDemandFailure, done.Result, name)
		require.Less(t, w.accounts(), 401, name)
		require.Equal(t, before, w.stored(id).Generation, name)
	}
	require.Eventually(t, func() bool { return w.stored(id).Watermark > 0 }, 40*time.Second, 10*time.Millisecond)
	require.Equal(t, 401, w.accounts())
}

// TestOnDemandLimits: what goes beyond is refused, and says why.
func TestOnDemandLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	s := w.resting(w.base)
	id := w.unstarted(s)
	ada := subject(w.person("ada"))
	team := subject(w.object(directory.Group, directory.Attributes{"displayName": "Team", "securityEnabled": true}))
	large := team
	large.Links = &synchronization.OnDemandLinks{Members: []synchronization.OnDemandSubject{ada, ada, ada, ada, ada, ada}}
	nested := team
	nested.Links = &synchronization.OnDemandLinks{Members: []synchronization.OnDemandSubject{team}}
	for name, test := range map[string]struct {
		subjects []synchronization.OnDemandSubject
		target   string
	}{
		"none":         {nil, "subjects"},
		"two groups":   {[]synchronization.OnDemandSubject{team, team}, "subjects"},
		"six objects":  {[]synchronization.OnDemandSubject{ada, ada, ada, ada, ada, ada}, "subjects"},
		"six members":  {[]synchronization.OnDemandSubject{large}, "members"},
		"a group in a": {[]synchronization.OnDemandSubject{nested}, "links"},
		"a device":     {[]synchronization.OnDemandSubject{{ObjectID: ada.ObjectID, ObjectTypeName: "Device"}}, "objectTypeName"},
		"no id":        {[]synchronization.OnDemandSubject{{ObjectTypeName: "User"}}, "objectId"},
	} {
		_, err := s.ProvisionOnDemand(t.Context(), w.call(id, w.ask(id, test.subjects...)))
		require.True(t, errs.Is(err, errs.Invalid), "%s: %v", name, err)
		require.ErrorContains(t, err, "", name)
	}
	_, err := s.ProvisionOnDemand(t.Context(), w.call(id, []synchronization.OnDemandParameters{{RuleID: "none", Subjects: []synchronization.OnDemandSubject{ada}}}))
	require.ErrorContains(t, err, "none")
	require.ErrorContains(t, err, string(id))
	_, err = s.ProvisionOnDemand(t.Context(), w.call(id, w.ask(id, synchronization.OnDemandSubject{ObjectID: "7e57", ObjectTypeName: "User"})))
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)
	require.Zero(t, w.accounts())
}

// TestOnDemandTestsTheConnectionFirst: credentials that do not hold are told, put a
// running job into quarantine, and good ones end it.
func TestOnDemandTestsTheConnectionFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	refusing := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(refusing.Close)
	bad, good := w.resting(refusing.URL), w.resting(w.base)
	id := w.unstarted(good)
	ada := w.person("ada")
	require.NoError(t, good.Start(t.Context(), tenant, w.sp.ID, id))
	done, err := bad.ProvisionOnDemand(t.Context(), w.call(id, w.ask(id, subject(ada))))
	require.NoError(t, err)
	require.Equal(t, synchronization.OnDemandFailure, done.Result)
	require.Equal(t, "InvalidCredentials", done.ErrorCode)
	require.Equal(t, "TestConnection", done.Objects[0].ProvisioningSteps[0].Name)
	j := w.stored(id)
	require.Equal(t, synchronization.Quarantine, j.Status.Code)
	require.Equal(t, synchronization.ReasonOnDemand, j.Status.Quarantine.Reason)
	done, err = good.ProvisionOnDemand(t.Context(), w.call(id, w.ask(id, subject(ada))))
	require.NoError(t, err)
	require.Equal(t, synchronization.OnDemandSuccess, done.Result)
	j = w.stored(id)
	require.Equal(t, synchronization.Active, j.Status.Code)
	require.Nil(t, j.Status.Quarantine)
}

// TestOnDemandQuarantineLastsWhenOnlyTheTestWentWell: credentials may read and not write.
func TestOnDemandQuarantineLastsWhenOnlyTheTestWentWell(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	readable := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.target.ServeHTTP(rw, r)
	}))
	t.Cleanup(readable.Close)
	s := w.resting(readable.URL)
	id := w.unstarted(s)
	require.NoError(t, s.Start(t.Context(), tenant, w.sp.ID, id))
	done, err := s.ProvisionOnDemand(t.Context(), w.call(id, w.ask(id, subject(w.person("ada")))))
	require.NoError(t, err)
	require.Equal(t, synchronization.OnDemandFailure, done.Result)
	require.Equal(t, synchronization.Quarantine, w.stored(id).Status.Code)
	require.Equal(t, synchronization.ReasonOnDemand, w.stored(id).Status.Quarantine.Reason)
}
