package graphapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/graphapi"
)

// TestThrottle: each application has its own calls, which come back with time, and a
// refused call says when.
func TestThrottle(t *testing.T) {
	t.Parallel()

	clock := now()
	w := newWorldWith(t, func(c *graphapi.Config) {
		c.Now = func() time.Time { return clock }
		c.Limits = graphapi.Limits{All: graphapi.Rate{Calls: 3, Period: 30 * time.Second}}
	})
	call := func(caller string) int { return w.do(t, caller, http.MethodGet, "/v1.0/organization", "").Code }
	for range 3 {
		if got := call("admin"); got != http.StatusOK {
			t.Fatal(got)
		}
	}
	rec := w.do(t, "admin", http.MethodGet, "/v1.0/organization", "")
	code, message, _ := fault(t, rec)
	if rec.Code != http.StatusTooManyRequests || code != "TooManyRequests" || rec.Header().Get("Retry-After") != "10" || !strings.Contains(message, "3 such calls in 30s") {
		t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	if rec.Header().Get("request-id") == "" || rec.Header().Get("client-request-id") == "" {
		t.Errorf("headers %v", rec.Header())
	}
	if got := call("human"); got != http.StatusOK {
		t.Errorf("another application: %d", got)
	}
	if got := call(""); got != http.StatusUnauthorized {
		t.Errorf("nobody: %d", got)
	}
	clock = clock.Add(10 * time.Second)
	if got := call("admin"); got != http.StatusOK {
		t.Errorf("after the wait: %d", got)
	}
	if got := call("admin"); got != http.StatusTooManyRequests {
		t.Errorf("one came back: %d", got)
	}
}

// TestDocumentedLimits: provisioning on demand has 5 calls in 10 seconds, bulk upload
// 40 in 5, and what is refused does not reach the handler.
func TestDocumentedLimits(t *testing.T) {
	t.Parallel()

	w := newWorldWith(t, func(c *graphapi.Config) { c.Limits = graphapi.DocumentedLimits() })
	p := w.payroll(t)
	for path, calls := range map[string]int{"provisionOnDemand": 5, "bulkUpload": 40} {
		throttled := 0
		for range calls + 2 {
			rec := w.do(t, "admin", http.MethodPost, "/v1.0/servicePrincipals/"+p.sp+"/synchronization/jobs/none/"+path, "{}")
			if rec.Code == http.StatusTooManyRequests {
				throttled++
			}
		}
		if throttled != 2 {
			t.Errorf("%s: %d of %d calls were throttled", path, throttled, calls+2)
		}
	}
	for range 50 {
		w.want(t, http.StatusOK, http.MethodGet, "/v1.0/users", "")
	}
}
