package graphapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/synchronization"
)

// falling is a job service with a fault in it.
type falling struct{ graphapi.Jobs }

func (falling) List(context.Context, directory.TenantID, directory.ObjectID) ([]synchronization.Job, error) {
	panic("the value of a variable")
}

// TestPanic: a fault of ours is a 500 with an id under which the log has the rest.
func TestPanic(t *testing.T) {
	t.Parallel()

	w := newWorldWith(t, func(c *graphapi.Config) { c.Jobs = falling{c.Jobs} })
	p := w.payroll(t)
	w.log.Reset()
	rec := w.do(t, "admin", http.MethodGet, "/v1.0/servicePrincipals/"+p.sp+"/synchronization/jobs", "")
	code, message, _ := fault(t, rec)
	if rec.Code != http.StatusInternalServerError || code != "InternalServerError" || strings.Contains(message, "variable") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	line := w.lines(t)[0]
	if line["level"] != "ERROR" || line["request_id"] != rec.Header().Get("request-id") ||
		!strings.Contains(fmt.Sprint(line["error"]), "the value of a variable") || !strings.Contains(fmt.Sprint(line["stack"]), "falling") {
		t.Errorf("logged %v", line)
	}
}

// lines are those of the log.
func (w *world) lines(t *testing.T) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for text := range strings.Lines(w.log.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

// TestLog: one line for each request, which says who did what and holds nothing
// that was sent.
func TestLog(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	w.connect(t, p)
	w.log.Reset()
	const hidden = "hunter2-in-every-place"
	secrets := "/v1.0/servicePrincipals/" + p.sp + "/synchronization/secrets"
	w.do(t, "admin", http.MethodPut, secrets+"?"+hidden+"="+hidden, `{"value":[`+pair("SecretToken", hidden)+`]}`)
	w.do(t, "admin", http.MethodPut, secrets, `{"value":[{"key":"SecretToken","value":["`+hidden+`"]}]}`)
	w.do(t, "admin", http.MethodPost, strings.Replace(secrets, "secrets", "acquireAccessToken", 1), `{"credentials":[`+pair("Oauth2ClientSecret", hidden)+`]}`)
	w.do(t, hidden, http.MethodGet, secrets, "")
	lines := w.lines(t)
	if len(lines) != 4 {
		t.Fatalf("%d lines for four requests", len(lines))
	}
	if log := w.log.String(); strings.Contains(log, hidden) {
		t.Errorf("the log holds what was sent: %s", log)
	}
	for name, want := range map[string]any{
		"msg": "request", "method": "PUT", "version": "v1.0", "route": "/servicePrincipals/{id}/synchronization/secrets", "status": 204.0,
		"caller": string(adminSP), "tenant": string(tenantID), "caller_kind": "application", "operation": "synchronization.secrets.put",
	} {
		if got := lines[0][name]; got != want {
			t.Errorf("%s is %v, not %v", name, got, want)
		}
	}
	if got := w.seen[len(w.seen)-4]; got != "PUT /servicePrincipals/{id}/synchronization/secrets 204" {
		t.Errorf("observed %q", got)
	}
}

// TestClientRequestID: a caller's id comes back, unless it is unfit for a log.
func TestClientRequestID(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	for given, kept := range map[string]bool{
		"92cd20f6-fcc3-5d61-098e-a6dd35e460ef": true, "my-id_7": true,
		"": false, strings.Repeat("x", 65): false, "two words": false, "quote\"": false, "<script>": false, "ümlaut": false,
	} {
		r := newRequest(t, http.MethodGet, "/v1.0/organization")
		r.Header.Set("client-request-id", given)
		rec := w.send(r)
		got := rec.Header().Get("client-request-id")
		if kept != (got == given) || got == "" || !kept && got != rec.Header().Get("request-id") {
			t.Errorf("%q came back as %q", given, got)
		}
	}
}

// TestLogOfAnEmptyAnswer: a 204 that a connection carried is no fault.
func TestLogOfAnEmptyAnswer(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	w.log.Reset()
	server := httptest.NewUnstartedServer(w.api)
	server.EnableHTTP2 = true // refuses even an empty body after 204
	server.StartTLS()
	defer server.Close()
	rq, err := http.NewRequestWithContext(t.Context(), http.MethodPut,
		server.URL+"/v1.0/servicePrincipals/"+p.sp+"/synchronization/secrets", strings.NewReader(`{"value":[`+pair("SecretToken", "x")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	rq.Header.Set("Authorization", "Bearer admin")
	rq.Header.Set("Content-Type", "application/json")
	rs, err := server.Client().Do(rq)
	if err != nil {
		t.Fatal(err)
	}
	if err := rs.Body.Close(); err != nil {
		t.Fatal(err)
	}
	server.Close() // waits for the line
	line := w.lines(t)[0]
	if rs.StatusCode != http.StatusNoContent || line["status"] != 204.0 || line["code"] != nil || line["error"] != nil {
		t.Errorf("%d, logged %v", rs.StatusCode, line)
	}
}
