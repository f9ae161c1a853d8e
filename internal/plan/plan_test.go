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

// user is a live user in scope whom the job does not know; group is a group like
// that. The options change one thing each.
func user(options ...func(*plan.Facts)) plan.Facts {
	f := plan.Facts{
		Kind: directory.User, Enabled: true, Verdict: mapping.Verdict{InScope: true, Assigned: true, Reason: "assigned"},
		Matchable: true, Flow: synchronization.FlowAll, Disables: true,
	}
	for _, option := range options {
		option(&f)
	}
	return f
}

func group(options ...func(*plan.Facts)) plan.Facts {
	return user(append([]func(*plan.Facts){func(f *plan.Facts) { f.Kind, f.Disables = directory.Group, false }}, options...)...)
}

func linked(f *plan.Facts)      { f.Linked, f.Managed = true, true }
func letGo(f *plan.Facts)       { f.Linked = true }
func remembered(f *plan.Facts)  { f.Remembered = true }
func begun(f *plan.Facts)       { f.Managed = true }
func disabled(f *plan.Facts)    { f.Enabled = false }
func softDeleted(f *plan.Facts) { f.Presence = directory.SoftDeleted }
func purged(f *plan.Facts)      { f.Presence = directory.Purged }
func same(f *plan.Facts)        { f.Same = true }
func recheck(f *plan.Facts)     { f.Recheck = true }
func failed(f *plan.Facts)      { f.Failed = true }
func unmatchable(f *plan.Facts) { f.Matchable = false }
func kept(f *plan.Facts)        { f.KeepOutOfScope = true }
func noDisabling(f *plan.Facts) { f.Disables = false }
func withheld(f *plan.Facts)    { f.Withheld = "title" }
func ignored(f *plan.Facts)     { f.Verdict = mapping.Verdict{Ignored: true, Reason: "input filter"} }
func unassigned(f *plan.Facts)  { f.Verdict = mapping.Verdict{Reason: "not assigned"} }
func filteredOut(f *plan.Facts) {
	f.Verdict = mapping.Verdict{Assigned: true, Reason: "filter not met"}
}

func without(t synchronization.FlowTypes) func(*plan.Facts) {
	return func(f *plan.Facts) { f.Flow &^= t }
}

// expect is a decision without its wording.
type expect struct {
	step        plan.Step
	code        string
	deprovision bool
	managed     bool
}

func of(d plan.Decision) expect { return expect{d.Step, d.Code, d.Deprovision, d.Managed} }

const (
	skipped     = "EntrySynchronizationSkipped"
	notEntitled = "NotEffectivelyEntitled"
)

func TestFirst(t *testing.T) {
	t.Parallel()
	for why, test := range map[string]struct {
		facts plan.Facts
		want  expect
	}{
		// In scope.
		"a new user is looked up, never created blindly": {user(), expect{step: plan.Find, managed: true}},
		"a new group likewise":                           {group(), expect{step: plan.Find, managed: true}},
		"who is disabled has to be active once":          {user(disabled), expect{code: skipped}},
		"a group has nothing to be disabled by":          {group(disabled), expect{step: plan.Find, managed: true}},
		"without a matching value it cannot be found":    {user(unmatchable), expect{step: plan.Refuse, code: "ImportSkipped"}},
		"what changed is compared with the target":       {user(linked), expect{step: plan.Fetch, managed: true}},
		"what did not change sends nothing":              {user(linked, same), expect{managed: true}},
		"an initial cycle compares all the same":         {user(linked, same, recheck), expect{step: plan.Fetch, managed: true}},
		"a failure leaves the target unknown":            {user(linked, same, failed), expect{step: plan.Fetch, managed: true}},
		"who comes back into scope is managed again":     {user(letGo, same), expect{step: plan.Fetch, managed: true}},
		"who is disabled is compared, not looked past":   {user(linked, disabled), expect{step: plan.Fetch, managed: true}},
		"a linked object needs no matching value":        {user(linked, unmatchable), expect{step: plan.Fetch, managed: true}},

		// Out of scope.
		"who was never meant leaves no trace":                {user(unassigned), expect{}},
		"who was assigned and filtered out is logged":        {user(filteredOut), expect{code: notEntitled}},
		"who is unassigned is disabled and let go":           {user(linked, unassigned), expect{step: plan.Fetch, deprovision: true}},
		"who leaves the filter is disabled and let go":       {user(linked, filteredOut), expect{step: plan.Fetch, deprovision: true}},
		"who was let go is left alone":                       {user(letGo, unassigned), expect{}},
		"SkipOutOfScopeDeletions keeps the account":          {user(linked, unassigned, kept), expect{code: skipped, managed: true}},
		"disabling is an update, which must be permitted":    {user(linked, unassigned, without(synchronization.FlowUpdate)), expect{code: skipped}},
		"without an attribute that disables, it is told":     {user(linked, unassigned, noDisabling), expect{code: skipped}},
		"a group is deleted: it has no other end":            {group(linked, unassigned), expect{step: plan.Delete}},
		"a group is kept when Delete is not permitted":       {group(linked, unassigned, without(synchronization.FlowDelete)), expect{code: skipped}},
		"what an input filter drops does not exist":          {user(ignored), expect{}},
		"what an input filter drops is not deprovisioned":    {user(linked, ignored), expect{managed: true}},
		"what was deprovisioned before sends nothing":        {user(linked, unassigned, same), expect{}},
		"but a failed deprovisioning is tried again":         {user(linked, unassigned, same, failed), expect{step: plan.Fetch, deprovision: true}},
		"and an initial cycle looks whether it held":         {user(linked, unassigned, same, recheck), expect{step: plan.Fetch, deprovision: true}},
		"an expression may leave an object alone":            {user(withheld), expect{code: skipped}},
		"an expression may leave a linked object alone":      {user(linked, withheld, unassigned), expect{code: skipped, managed: true}},
		"an input filter is asked before any expression":     {user(linked, withheld, ignored), expect{managed: true}},
		"a group may disable too, if its mapping says how":   {group(linked, unassigned, func(f *plan.Facts) { f.Disables = true }), expect{step: plan.Fetch, deprovision: true}},
		"SkipOutOfScopeDeletions says nothing of the new":    {user(unassigned, kept), expect{}},
		"SkipOutOfScopeDeletions says nothing of in scope":   {user(linked, kept), expect{step: plan.Fetch, managed: true}},
		"SkipOutOfScopeDeletions says nothing of the let go": {user(letGo, unassigned, kept), expect{code: skipped}},

		// Deleted in the directory.
		"a deleted user is disabled and stays managed":     {user(linked, softDeleted), expect{step: plan.Fetch, deprovision: true, managed: true}},
		"also when out-of-scope accounts are kept":         {user(linked, softDeleted, kept, unassigned), expect{step: plan.Fetch, deprovision: true, managed: true}},
		"a deleted user without account needs nothing":     {user(softDeleted), expect{}},
		"who was let go and then deleted is left alone":    {user(letGo, softDeleted), expect{}},
		"a deleted group is deleted":                       {group(linked, softDeleted), expect{step: plan.Delete}},
		"a purged user is deleted":                         {user(linked, purged), expect{step: plan.Delete}},
		"a purged user is deleted, in scope or not":        {user(linked, purged, unassigned), expect{step: plan.Delete}},
		"who was let go and then purged keeps the account": {user(letGo, purged), expect{code: notEntitled}},
		"a purged user is kept when Delete is off":         {user(linked, purged, without(synchronization.FlowDelete)), expect{code: skipped}},
		"a purged user without account needs nothing":      {user(purged), expect{}},
		"purged and unchanged is still deleted":            {user(linked, purged, same), expect{step: plan.Delete}},

		// A create was begun, and whether the target carried it out is not known.
		"in scope it is looked up as any other":             {user(begun), expect{step: plan.Find, managed: true}},
		"unassigned, its account is looked for to disable":  {user(begun, unassigned), expect{step: plan.Find, deprovision: true}},
		"disabled, likewise, and it stays managed":          {user(begun, disabled), expect{step: plan.Find, deprovision: true, managed: true}},
		"soft-deleted, likewise":                            {user(begun, softDeleted), expect{step: plan.Find, deprovision: true, managed: true}},
		"a group likewise":                                  {group(begun, unassigned), expect{step: plan.Find, deprovision: true}},
		"without a matching value it is told":               {user(begun, softDeleted, unmatchable), expect{code: skipped}},
		"purged, nothing is left to look it up by":          {user(begun, purged), expect{code: skipped}},
		"purged, looked for by what it was begun with":      {user(begun, purged, remembered), expect{step: plan.Find, deprovision: true}},
		"purged, and Delete is not permitted":               {user(begun, purged, remembered, without(synchronization.FlowDelete)), expect{code: skipped}},
		"without a matching value but with those of before": {user(begun, softDeleted, unmatchable, remembered), expect{step: plan.Find, deprovision: true, managed: true}},
		"kept out of scope, it stays as it is":              {user(begun, unassigned, kept), expect{code: skipped, managed: true}},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			d := plan.First(test.facts)
			require.Equal(t, test.want, of(d), "%+v", d)
			if d.Code != "" || d.Step != plan.Skip {
				require.NotEmpty(t, d.Reason, "every decision carries its reason")
			}
		})
	}
}

func TestFound(t *testing.T) {
	t.Parallel()
	const other = directory.ObjectID("other")
	for why, test := range map[string]struct {
		facts plan.Facts
		hits  int
		other directory.ObjectID
		want  expect
	}{
		"nobody there: create":                         {user(), 0, "", expect{step: plan.Create, managed: true}},
		"nobody there and no Add: skip":                {user(without(synchronization.FlowAdd)), 0, "", expect{code: skipped}},
		"one there: it is adopted":                     {user(), 1, "", expect{step: plan.Update, managed: true}},
		"one there: adopted even without Add":          {user(without(synchronization.FlowAdd)), 1, "", expect{step: plan.Update, managed: true}},
		"one there, another's":                         {user(), 1, other, expect{step: plan.Refuse, code: "DuplicateSourceEntries"}},
		"two there: never the first":                   {user(), 2, "", expect{step: plan.Refuse, code: "DuplicateTargetEntries"}},
		"the linked one is gone: create":               {user(linked), 0, "", expect{step: plan.Create, managed: true}},
		"the linked one is gone, another has its name": {user(linked), 1, "", expect{step: plan.Update, managed: true}},
		"gone, and disabled in the directory":          {user(linked, disabled), 0, "", expect{}},
		"gone, and unassigned":                         {user(linked, unassigned), 0, "", expect{}},
		"gone, and soft-deleted":                       {user(linked, softDeleted), 0, "", expect{}},
		"unassigned, and replaced behind our back":     {user(linked, unassigned), 1, "", expect{step: plan.Update, deprovision: true}},
		"begun, unassigned, there":                     {user(begun, unassigned), 1, "", expect{step: plan.Update, deprovision: true}},
		"begun, soft-deleted, there":                   {user(begun, softDeleted), 1, "", expect{step: plan.Update, deprovision: true, managed: true}},
		"begun, purged, there":                         {user(begun, purged, remembered), 1, "", expect{step: plan.Delete}},
		"begun, purged, not there":                     {user(begun, purged, remembered), 0, "", expect{}},
		"begun, unassigned, not there":                 {user(begun, unassigned), 0, "", expect{}},
		"begun, unassigned, another's":                 {user(begun, unassigned), 1, other, expect{}},
		"begun, unassigned, two there":                 {user(begun, unassigned), 2, "", expect{step: plan.Refuse, code: "DuplicateTargetEntries"}},
		"begun, unassigned, nothing disables":          {user(begun, unassigned, noDisabling), 1, "", expect{code: skipped}},
		"begun group, unassigned, there":               {group(begun, unassigned), 1, "", expect{step: plan.Delete}},
		"begun group, Delete not permitted":            {group(begun, unassigned, without(synchronization.FlowDelete)), 1, "", expect{code: skipped}},
		"begun, in scope, there":                       {user(begun), 1, "", expect{step: plan.Update, managed: true}},
		"begun, in scope, not there":                   {user(begun), 0, "", expect{step: plan.Create, managed: true}},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			d := plan.Found(test.facts, plan.First(test.facts), test.hits, test.other)
			require.Equal(t, test.want, of(d), "%+v", d)
			require.NotEmpty(t, d.Reason)
		})
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	take := plan.Decision{Step: plan.Fetch, Reason: "not assigned", Deprovision: true}
	for why, test := range map[string]struct {
		facts       plan.Facts
		first       plan.Decision
		differences int
		want        expect
	}{
		"differences are written":          {user(linked), plan.Decision{Step: plan.Fetch, Managed: true}, 3, expect{step: plan.Update, managed: true}},
		"no difference: redundant":         {user(linked), plan.Decision{Step: plan.Fetch, Managed: true}, 0, expect{code: "RedundantExport", managed: true}},
		"differences without Update":       {user(linked, without(synchronization.FlowUpdate)), plan.Decision{Managed: true}, 1, expect{code: skipped, managed: true}},
		"taking away lets go":              {user(linked, unassigned), take, 1, expect{step: plan.Update, deprovision: true}},
		"taken away already: lets go, too": {user(linked, unassigned), take, 0, expect{code: "RedundantExport", deprovision: true}},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, of(plan.Write(test.facts, test.first, test.differences)))
		})
	}
}

func draw(t *rapid.T) plan.Facts {
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	f := plan.Facts{
		Kind:     rapid.SampledFrom([]directory.Kind{directory.User, directory.Group}).Draw(t, "kind"),
		Presence: rapid.SampledFrom([]directory.Presence{directory.Live, directory.SoftDeleted, directory.Purged}).Draw(t, "presence"),
		Enabled:  flag("enabled"), Linked: flag("linked"), Managed: flag("managed"), Failed: flag("failed"), Same: flag("same"), Recheck: flag("recheck"),
		Matchable: flag("matchable"), Disables: flag("disables"), KeepOutOfScope: flag("keep"),
		Flow: synchronization.FlowTypes(rapid.Uint8Range(0, 7).Draw(t, "flow")),
	}
	f.Verdict.Assigned = flag("assigned")
	f.Verdict.InScope = f.Verdict.Assigned && flag("in scope")
	f.Verdict.Ignored = flag("ignored")
	if flag("withheld") {
		f.Withheld = "title"
	}
	return f
}

// TestLaws: what holds for all facts.
func TestLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := draw(t)
		first := plan.First(f)
		law := func(holds bool, text string) {
			if !holds {
				t.Fatalf("%s: %+v gives %+v", text, f, first)
			}
		}
		law(first.Step != plan.Create && first.Step != plan.Update, "nothing is written before the target was asked")
		law(first.Step != plan.Find || f.Matchable, "a look-up needs a value")
		law(first.Step != plan.Fetch || f.Linked, "only what is linked can be fetched")
		law(first.Step != plan.Delete || f.Linked && f.Managed && f.Flow.Permits(synchronization.FlowDelete), "a deletion needs a managed link and the permission")
		law(first.Step != plan.Delete || f.Presence != directory.Live || !f.Verdict.InScope, "what is in scope is never deleted")
		law(!first.Deprovision || f.SoftDeleted(), "only what is to be taken away is deprovisioned")
		law(!f.Verdict.Ignored || of(first) == expect{managed: f.Managed}, "what an input filter drops does not exist")
		law(plan.First(f) == first, "same facts, same decision")
		if first.Step != plan.Find && first.Step != plan.Fetch {
			return
		}
		hits := rapid.IntRange(0, 3).Draw(t, "hits")
		var other directory.ObjectID
		if hits == 1 && rapid.Bool().Draw(t, "another's") {
			other = "other"
		}
		found := plan.Found(f, first, hits, other)
		law(found.Step != plan.Create || hits == 0 && f.Flow.Permits(synchronization.FlowAdd) && f.Verdict.InScope, "a create needs a look-up that found nothing")
		law(found.Step != plan.Update && found.Step != plan.Delete || hits == 1 && other == "", "two matches never mean the first, and another's is not ours")
		law(found.Step != plan.Update || found.Deprovision == first.Deprovision, "taking away never turns into provisioning")
		law(found.Step != plan.Find && found.Step != plan.Fetch, "a look-up is not followed by another")
		differences := rapid.IntRange(0, 2).Draw(t, "differences")
		written := plan.Write(f, found, differences)
		law(written.Step != plan.Update || differences > 0 && f.Flow.Permits(synchronization.FlowUpdate), "an update needs differences and the permission")
		law(written.Deprovision == found.Deprovision && written.Managed == found.Managed, "writing changes nothing of the decision")
	})
}
