package graphapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/storetest"
	"github.com/provisor/provisor/internal/synchronization"
)

// linked gives the job a linked user and returns the user's id.
func (w *world) linked(t *testing.T, job, name, account string) string {
	t.Helper()
	user := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/users",
		`{"displayName":"`+name+`","userPrincipalName":"`+name+`@contoso.example","mailNickname":"`+name+`","accountEnabled":true,"passwordProfile":{"password":"x-1-Y-zzzz"}}`)
	id, _ := user["id"].(string)
	claim, ok, err := storetest.ClaimNext(t.Context(), w.db, "worker", now().Add(time.Minute), time.Minute)
	if err != nil || !ok || claim.Job.ID != synchronization.JobID(job) {
		t.Fatal(claim.Job.ID, ok, err)
	}
	object, err := w.db.Object(t.Context(), tenantID, store.Ref{ID: directory.ObjectID(id)})
	if err != nil {
		t.Fatal(err)
	}
	err = w.db.Record(t.Context(), claim, store.Batch{
		Cycle:    synchronization.Cycle{ID: "c"},
		Outcomes: []store.Outcome{{Object: object.Key, Kind: directory.User, Link: store.Link{TargetID: account, Managed: true}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestLogOnBeta: beta keeps the deprecated members, and filters by them.
func TestLogOnBeta(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p, job := w.job(t)
	w.recordLog(t, p, job)
	const log = "/beta/auditLogs/provisioning"
	failed := w.want(t, http.StatusOK, http.MethodGet, log+"/record-1", "")
	want := `{"@odata.type":"#microsoft.graph.statusDetails","additionalDetails":"","errorCategory":"nonServiceFailure","errorCode":"Conflict","reason":"taken","recommendedAction":"","status":"failure"}`
	if got := jsonOf(t, failed["statusInfo"]); failed["action"] != "Create" || got != want {
		t.Errorf("failure: %v %s", failed["action"], got)
	}
	succeeded := w.want(t, http.StatusOK, http.MethodGet, log+"('record-0')?$select=id,statusInfo", "")
	if got := jsonOf(t, succeeded["statusInfo"]); got != `{"@odata.type":"#microsoft.graph.statusBase","status":"success"}` || succeeded["jobId"] != nil {
		t.Errorf("success: %s", jsonOf(t, succeeded))
	}
	if v1 := w.want(t, http.StatusOK, http.MethodGet, "/v1.0/auditLogs/provisioning/record-0", ""); v1["action"] != nil || v1["statusInfo"] != nil {
		t.Errorf("v1.0 has the older members: %v", v1)
	}
	w.want(t, http.StatusNotFound, http.MethodGet, log+"/none", "")
	for filter, want := range map[string]string{
		"action eq 'Create' and statusInfo/status eq 'failure'": "record-1",
		"not (action eq 'Create')":                              "",
		"action eq 'Delete' or id eq 'record-0'":                "record-0",
		"contains(sourceIdentity/displayName, 'son 1')":         "record-1",
		"contains(sourceIdentity/displayName, 'SON 1')":         "",
		"durationInMilliseconds gt 1000":                        "",
		"ActivityDateTime gt 2026-01-02T03:04:30Z":              "record-1",
		"initiatedBy/displayName eq 'Azure AD Provisioning Service' and servicePrincipal/id eq '" + p.sp + "' and id eq 'record-1'": "record-1",
	} {
		if got := strings.Join(values(w.want(t, http.StatusOK, http.MethodGet, log+"?$filter="+filter, ""), "id"), " "); got != want {
			t.Errorf("%s: %q, not %q", filter, got, want)
		}
	}
	for _, query := range []string{"?$count=true", "?$skip=1", "?$search=x", "?$expand=x", "?$orderby=jobId", "?$filter=mood eq 'good'"} {
		if rec := w.do(t, "admin", http.MethodGet, log+query, ""); rec.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, rec.Code, rec.Body)
		}
	}
}
