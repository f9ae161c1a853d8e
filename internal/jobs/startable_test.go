package jobs_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/synchronization"
)

// TestInboundJobHasASchemaAndDoesNotStart: it can be made and edited; an order to run
// it is refused with the reason, and changes nothing.
func TestInboundJobHasASchemaAndDoesNotStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	s := w.idle()
	j, err := s.Create(t.Context(), tenant, w.sp, synchronization.InboundTemplateID)
	require.NoError(t, err)
	schema, err := s.Schema(t.Context(), tenant, w.sp.ID, j.ID)
	require.NoError(t, err)
	require.Equal(t, synchronization.InboundRuleID, schema.Rules[0].ID)
	schema.Rules[0].ObjectMappings[0].AttributeMappings[2].TargetAttributeName = "mail"
	require.NoError(t, s.PutSchema(t.Context(), tenant, w.sp.ID, j.ID, schema))
	before := w.stored(j.ID)
	for name, err := range map[string]error{
		"start":   s.Start(t.Context(), tenant, w.sp.ID, j.ID),
		"restart": s.Restart(t.Context(), tenant, w.sp.ID, j.ID, synchronization.ResetFull),
	} {
		require.True(t, errs.Is(err, errs.Invalid), "%s: %v", name, err)
		require.ErrorContains(t, err, `from "API" into "Azure Active Directory"`, name)
	}
	require.Equal(t, before, w.stored(j.ID))
}
