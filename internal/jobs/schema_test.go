package jobs_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/synchronization"
)

// people are the accounts of the target by their userName.
func (w *world) people() map[string]scim.Resource {
	users, _ := w.target.Snapshot()
	byName := map[string]scim.Resource{}
	for _, u := range users {
		name, _ := u["userName"].(string)
		byName[name] = u
	}
	return byName
}

// TestSavingASchemaStartsAnewAndKeepsTheLinks: everybody is looked at again, by the
// mapping and the filter as they are now, and nobody is made a second time.
func TestSavingASchemaStartsAnewAndKeepsTheLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4, 0)
	s := w.service("one")
	id := w.job(s)
	settled := func() bool { return w.stored(id).Watermark > 0 && w.stored(id).Cycle == nil }
	require.Eventually(t, settled, 20*time.Second, 10*time.Millisecond)
	before := w.people()
	require.Len(t, before, 4)

	schema, err := s.Schema(t.Context(), tenant, w.sp.ID, id)
	require.NoError(t, err)
	users := &schema.Rules[0].ObjectMappings[1]
	users.AttributeMappings[3] = synchronization.AttributeMapping{TargetAttributeName: "title", Source: schema.Rules[0].ObjectMappings[1].AttributeMappings[2].Source}
	require.NoError(t, s.PutSchema(t.Context(), tenant, w.sp.ID, id, schema))
	require.Eventually(t, func() bool { return w.people()["user3@example.com"]["title"] == "User 3" && settled() }, 20*time.Second, 10*time.Millisecond)

	users.Scope = &synchronization.Filter{Groups: []synchronization.FilterGroup{{Name: "the first two", Clauses: []synchronization.FilterClause{
		{SourceOperandName: "displayName", OperatorName: "EQUALS", TargetOperand: &synchronization.FilterOperand{Values: []string{"User 0", "User 1"}}},
	}}}}
	require.NoError(t, s.PutSchema(t.Context(), tenant, w.sp.ID, id, schema))
	require.Eventually(t, func() bool { return w.people()["user3@example.com"]["active"] == false && settled() }, 20*time.Second, 10*time.Millisecond)

	after := w.people()
	require.Equal(t, slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)))
	for name, account := range after {
		require.Equal(t, before[name].ID(), account.ID(), "the account that the link remembers")
		require.Equal(t, name == "user0@example.com" || name == "user1@example.com", account["active"], name)
	}
	require.EqualValues(t, 4, w.target.Requests()["POST /Users"])
	changed, err := s.Schema(t.Context(), tenant, w.sp.ID, id)
	require.NoError(t, err)
	require.Equal(t, "v1.3", changed.Version)
}

// TestUsersTheInputFilterDropsAreLeftAlone: they never existed for the job, so that
// leaving by this filter takes nothing away.
func TestUsersTheInputFilterDropsAreLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, 0)
	s := w.service("one")
	id := w.job(s)
	settled := func() bool { return w.stored(id).Watermark > 0 && w.stored(id).Cycle == nil }
	require.Eventually(t, settled, 20*time.Second, 10*time.Millisecond)
	schema, err := s.Schema(t.Context(), tenant, w.sp.ID, id)
	require.NoError(t, err)
	schema.Rules[0].ObjectMappings[1].Scope = &synchronization.Filter{InputFilterGroups: []synchronization.FilterGroup{{Name: "the first", Clauses: []synchronization.FilterClause{
		{SourceOperandName: "displayName", OperatorName: "ENDS_WITH", TargetOperand: &synchronization.FilterOperand{Values: []string{" 0"}}},
	}}}}
	require.NoError(t, s.PutSchema(t.Context(), tenant, w.sp.ID, id, schema))
	require.Eventually(t, func() bool { return settled() && w.stored(id).Status.LastExecution != nil }, 20*time.Second, 10*time.Millisecond)
	for name, account := range w.people() {
		require.Equal(t, true, account["active"], name)
	}
}
