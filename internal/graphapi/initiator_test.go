package graphapi_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/synchronization"
)

// asking are jobs that only hear who asks.
type asking struct {
	graphapi.Jobs

	by *synchronization.SummaryInitiator
}

func (a asking) ProvisionOnDemand(_ context.Context, _ directory.TenantID, _ directory.ObjectID, _ synchronization.JobID, by synchronization.SummaryInitiator, _ []synchronization.OnDemandParameters) (synchronization.OnDemandResult, error) { //nolint:revive // the port's arguments
	*a.by = by
	return synchronization.OnDemandResult{}, nil
}

// TestOnDemandIsByTheCaller: the log names a person, an application, or, of a caller
// whom the directory does not have, the id.
func TestOnDemandIsByTheCaller(t *testing.T) {
	t.Parallel()

	var by synchronization.SummaryInitiator
	w := newWorldWith(t, func(c *graphapi.Config) { c.Jobs = asking{c.Jobs, &by} })
	human := w.callers["human"].ObjectID
	w.add(t, directory.Object{ID: human, Kind: directory.User, Created: now(), Attributes: directory.Attributes{"displayName": "Hanna Human", "userPrincipalName": "hanna@contoso.example"}})
	stranger := w.callers["human"]
	stranger.ObjectID = "0f0f0f0f-0000-4000-8000-000000000001"
	w.callers["stranger"] = stranger
	p, job := w.job(t)
	for caller, want := range map[string]synchronization.SummaryInitiator{
		"human":    {ID: string(human), DisplayName: "Hanna Human", InitiatorType: "user"},
		"admin":    {ID: string(adminSP), DisplayName: "admin", InitiatorType: "application"},
		"stranger": {ID: string(stranger.ObjectID), DisplayName: string(stranger.ObjectID), InitiatorType: "user"},
	} {
		by = synchronization.SummaryInitiator{}
		rec := w.do(t, caller, http.MethodPost, p.sync()+"/jobs/"+job+"/provisionOnDemand", `{"parameters":[]}`)
		if rec.Code != http.StatusOK || by != want {
			t.Errorf("%s: %d %s: %+v", caller, rec.Code, rec.Body, by)
		}
	}
}
