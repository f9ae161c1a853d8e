package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/plan"
	"github.com/provisor/provisor/internal/synchronization"
)

func TestWeigh(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		balance plan.Balance
		want    string
	}{
		"nobody departs":                     {plan.Balance{Accounts: 100, Threshold: 0}, ""},
		"the threshold, exactly":             {plan.Balance{Departing: 500, Accounts: 2000, Threshold: 500}, ""},
		"one more":                           {plan.Balance{Departing: 501, Accounts: 2000, Threshold: 500}, "TooManyDeletes"},
		"a threshold of nothing":             {plan.Balance{Departing: 1, Accounts: 10, Threshold: 0}, "TooManyDeletes"},
		"a raised threshold":                 {plan.Balance{Departing: 1000, Accounts: 2000, Threshold: 5000}, ""},
		"more than half, however raised":     {plan.Balance{Departing: 1001, Accounts: 2000, Threshold: 5000}, "SourceLooksEmpty"},
		"more than half of a few":            {plan.Balance{Departing: 60, Accounts: 100, Threshold: 500}, ""},
		"everything":                         {plan.Balance{Departing: 20, Accounts: 20, Threshold: 500}, "SourceLooksEmpty"},
		"everything, of a handful":           {plan.Balance{Departing: 19, Accounts: 19, Threshold: 500}, ""},
		"more than there are: begun as well": {plan.Balance{Departing: 25, Accounts: 20, Threshold: 500}, "SourceLooksEmpty"},
	} {
		held := plan.Weigh(test.balance)
		if test.want == "" {
			require.Nil(t, held, name)
			continue
		}
		require.NotNil(t, held, name)
		require.Equal(t, test.want, held.Code, name)
		require.True(t, held.TenantActionable)
		require.Contains(t, held.Message, "ForceDeletes", "the next step is named")
	}
}

// TestWhatDeletesOrDisablesDeparts: no decision takes an enabled account away without
// being one.
func TestWhatDeletesOrDisablesDeparts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		yes := rapid.Bool()
		f := plan.Facts{
			Kind:     rapid.SampledFrom([]directory.Kind{directory.User, directory.Group}).Draw(t, "kind"),
			Presence: rapid.SampledFrom([]directory.Presence{directory.Live, directory.SoftDeleted, directory.Purged}).Draw(t, "presence"),
			Enabled:  yes.Draw(t, "enabled"), Linked: yes.Draw(t, "linked"), Managed: yes.Draw(t, "managed"), Failed: yes.Draw(t, "failed"),
			Same: yes.Draw(t, "same"), Recheck: yes.Draw(t, "recheck"), Matchable: yes.Draw(t, "matchable"), Disables: yes.Draw(t, "disables"),
			Verdict: mapping.Verdict{InScope: yes.Draw(t, "in scope")}, Flow: synchronization.FlowAll,
		}
		d := plan.First(f)
		departs := plan.Departs(f, d)
		if (d.Step == plan.Delete || d.Deprovision) && !departs {
			t.Fatalf("%+v of %+v does not depart", d, f)
		}
		if departs && !f.Linked && !f.Managed {
			t.Fatalf("%+v of %+v departs, and there is nothing to take away", d, f)
		}
		f.Disabled = true
		if again := plan.First(f); plan.Departs(f, again) && again.Step != plan.Delete && f.Disables {
			t.Fatalf("%+v of %+v departs a second time", again, f)
		}
	})
}
