package graphapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/storetest"
	"github.com/provisor/provisor/internal/synchronization"
)

// job makes a job of Payroll and starts it.
func (w *world) job(t *testing.T) (payroll, string) {
	t.Helper()
	p := w.payroll(t)
	jobs := "/v1.0/servicePrincipals/" + p.sp + "/synchronization/jobs"
	id, _ := w.want(t, http.StatusCreated, http.MethodPost, jobs, `{"templateId":"scim"}`)["id"].(string)
	w.want(t, http.StatusNoContent, http.MethodPost, jobs+"/"+id+"/start", "")
	return p, id
}

// TestJobInFull: every member of synchronizationJob as Graph declares it, of a job
// that failed before, is in quarantine and in the midst of a cycle.
func TestJobInFull(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p, id := w.job(t)
	at := func(minutes int) time.Time {
		return now().Truncate(time.Second).Add(time.Duration(minutes) * time.Minute)
	}
	fault := synchronization.ExecutionError{Code: "EncounteredQuarantineException", Message: "The token was refused.", TenantActionable: true}
	execution := synchronization.TaskExecution{
		ActivityID: "dddddddd-0000-4000-8000-000000000001", Result: synchronization.EntryLevelErrors, Began: at(-9), Ended: at(-8),
		Entitled: 1, EntitledForProvisioning: 2, Escrowed: 3, EscrowedRaw: 4, Exported: 5, Exports: 6, Imported: 7, ImportedDeltas: 8, ImportedReferenceDeltas: 9,
		Error: &fault,
	}
	_, err := w.db.UpdateJob(t.Context(), tenantID, synchronization.JobID(id), store.Reset{}, func(j synchronization.Job) (synchronization.Job, error) {
		j.Settings = []synchronization.KeyValue{{Name: "QuarantineTooManyDeletesThreshold", Value: "500"}}
		j.Schedule.Expiration = at(60)
		j.Schedule.Interval = 90 * time.Minute
		j.Status = synchronization.Status{
			Code: synchronization.Quarantine, CountSuccessiveCompleteFailures: 2, EscrowsPruned: true, LastExecution: &execution,
			SteadyStateFirstAchieved: at(-100), SteadyStateLastAchieved: at(-50),
			EntryCounts: []synchronization.EntryCount{{Key: "User to urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", Value: 12}},
			Quarantine: &synchronization.QuarantineState{
				Reason: "EncounteredQuarantineException", SeriesBegan: at(-40), CurrentBegan: at(-8), NextAttempt: at(360), SeriesCount: 2, Error: &fault,
			},
		}
		j.Cycle = &synchronization.Cycle{ID: "c", Total: 10, Counts: synchronization.TaskExecution{Imported: 4}}
		return j, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rec := w.do(t, "reader", http.MethodGet, "/v1.0/applications/"+p.app+"/synchronization/jobs/"+id, "")
	want := `{"@odata.context":"https://provisor.test/v1.0/$metadata#applications('` + p.app + `')/synchronization/jobs/$entity",` +
		`"id":"` + id + `","templateId":"scim",` +
		`"schedule":{"expiration":"2026-01-02T04:04:05Z","interval":"PT1H30M","state":"Active"},` +
		`"status":{"countSuccessiveCompleteFailures":2,"escrowsPruned":true,"code":"Quarantine",` +
		`"lastExecution":{"activityIdentifier":"dddddddd-0000-4000-8000-000000000001","countEntitled":1,"countEntitledForProvisioning":2,` +
		`"countEscrowed":3,"countEscrowedRaw":4,"countExported":5,"countExports":6,"countImported":7,"countImportedDeltas":8,"countImportedReferenceDeltas":9,` +
		`"error":{"code":"EncounteredQuarantineException","message":"The token was refused.","tenantActionable":true},` +
		`"state":"EntryLevelErrors","timeBegan":"2026-01-02T02:55:05Z","timeEnded":"2026-01-02T02:56:05Z"},` +
		`"lastSuccessfulExecution":null,"lastSuccessfulExecutionWithExports":null,` +
		`"quarantine":{"currentBegan":"2026-01-02T02:56:05Z","error":{"code":"EncounteredQuarantineException","message":"The token was refused.","tenantActionable":true},` +
		`"nextAttempt":"2026-01-02T09:04:05Z","reason":"EncounteredQuarantineException","seriesBegan":"2026-01-02T02:24:05Z","seriesCount":2},` +
		`"steadyStateFirstAchievedTime":"2026-01-02T01:24:05Z","steadyStateLastAchievedTime":"2026-01-02T02:14:05Z","troubleshootingUrl":null,` +
		`"progress":[{"completedUnits":4,"progressObservationDateTime":"2026-01-02T03:04:05.6789012Z","totalUnits":10,"units":"changes"}],` +
		`"synchronizedEntryCountByType":[{"key":"User to urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","value":12}]},` +
		`"synchronizationJobSettings":[{"name":"QuarantineTooManyDeletesThreshold","value":"500"}]}`
	if got := rec.Body.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestJobsOfOthers: a job is found below its own service principal only.
func TestJobsOfOthers(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	_, id := w.job(t)
	other := w.payroll(t)
	base := "/v1.0/servicePrincipals/" + other.sp + "/synchronization/jobs/" + id
	for _, request := range []string{"GET ", "DELETE ", "POST /start", "POST /pause", "POST /restart", "GET /schema", "DELETE /schema", "POST /validateCredentials"} {
		method, path, _ := strings.Cut(request, " ")
		if rec := w.do(t, "admin", method, base+path, ""); rec.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s", request, rec.Code, rec.Body)
		}
	}
	for method, body := range map[string]string{http.MethodPut: `{}`, http.MethodPatch: `{}`} {
		if rec := w.do(t, "admin", method, base+"/schema", body); rec.Code != http.StatusNotFound {
			t.Errorf("%s schema: %d %s", method, rec.Code, rec.Body)
		}
	}
}

// TestProvisioningLog: entries come as they were written, and can be filtered.
func TestProvisioningLog(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p, id := w.job(t)
	claim, ok, err := storetest.ClaimNext(t.Context(), w.db, "worker", now().Add(time.Minute), time.Minute)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	entry := func(name, action string, minutes int) *store.LogEntry {
		return &store.LogEntry{Record: synchronization.Record{
			RecordContext: &synchronization.RecordContext{
				TenantID: string(tenantID), JobID: synchronization.JobID(id), CycleID: "cycle", Action: action, Status: "success",
				ServicePrincipal: synchronization.SummaryServicePrincipal{ID: p.sp},
			},
			ID: name, Time: now().Add(time.Duration(minutes) * time.Minute), SourceName: name,
			Whole: json.RawMessage(`{"id":"` + name + `","provisioningAction":"` + action + `"}`),
		}}
	}
	for _, e := range []*store.LogEntry{entry("ada", "create", 1), entry("bob", "create", 2), entry("ada2", "update", 3)} {
		if err := w.db.RecordReferences(t.Context(), claim, 0, directory.Members, nil, e); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]string{
		"":                           `[{"id":"ada2","provisioningAction":"update"},{"id":"bob","provisioningAction":"create"},{"id":"ada","provisioningAction":"create"}]`,
		"?$orderby=activityDateTime": `[{"id":"ada","provisioningAction":"create"},{"id":"bob","provisioningAction":"create"},{"id":"ada2","provisioningAction":"update"}]`,
		"?$filter=provisioningAction eq 'create'&$top=1":                                                  `[{"id":"bob","provisioningAction":"create"}]`,
		"?$filter=jobid eq '" + id + "'&$select=id&$top=1":                                                `[{"id":"ada2"}]`,
		"?$filter=sourceIdentity/displayName eq 'ada'&$select=id":                                         `[{"id":"ada"}]`,
		"?$filter=jobId eq 'scim.x'":                                                                      `[]`,
		"?$filter=servicePrincipal/id eq '" + p.sp + "'&$select=id&$orderby=activityDateTime desc&$top=1": `[{"id":"ada2"}]`,
	} {
		answer := w.want(t, http.StatusOK, http.MethodGet, "/v1.0/auditLogs/provisioning"+query, "")
		if got := jsonOf(t, answer["value"]); got != want {
			t.Errorf("%s: %s, not %s", query, got, want)
		}
	}
	if rec := w.do(t, "reader", http.MethodGet, "/v1.0/auditLogs/provisioning", ""); rec.Code != http.StatusForbidden {
		t.Errorf("without the log's permission: %d %s", rec.Code, rec.Body)
	}
}
