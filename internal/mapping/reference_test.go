package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/synchronization"
)

// TestFlowTypesOfReferences: those that can be kept are, the others are refused.
func TestFlowTypesOfReferences(t *testing.T) {
	t.Parallel()
	const manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"
	for _, c := range []struct {
		target, flow  string
		once, addOnly bool
		fault         string
	}{
		{target: "members", flow: synchronization.FlowAlways},
		{target: "members", flow: synchronization.FlowObjectAddOnly, once: true, addOnly: true},
		{target: "members", flow: synchronization.FlowMultiValueAddOnly, addOnly: true},
		{target: "members", flow: synchronization.FlowValueAddOnly, fault: "what the target has of it is not read"},
		{target: "members", flow: synchronization.FlowAttributeAddOnly, fault: "what the target has of it is not read"},
		{target: manager, flow: synchronization.FlowObjectAddOnly, once: true, addOnly: true},
		{target: manager, flow: synchronization.FlowMultiValueAddOnly, fault: "refers to one object"},
		{target: manager, flow: synchronization.FlowValueAddOnly, fault: "what the target has of it is not read"},
	} {
		t.Run(c.target+" "+c.flow, func(t *testing.T) {
			t.Parallel()
			template, _ := synchronization.TemplateNamed("scim")
			s := template.Schema
			for i := range s.Rules[0].ObjectMappings {
				attributes := s.Rules[0].ObjectMappings[i].AttributeMappings
				for k := range attributes {
					if attributes[k].TargetAttributeName == c.target {
						attributes[k].FlowType = c.flow
					}
				}
			}
			if c.fault != "" {
				all := faults(t, s)
				require.Len(t, all, 1)
				for path, message := range all {
					require.Contains(t, path, ".flowType")
					require.Contains(t, message, c.fault)
				}
				return
			}
			compiled, err := mapping.Compile(s)
			require.NoError(t, err)
			for _, m := range compiled {
				for _, r := range m.References {
					if r.Path.String() == c.target {
						require.Equal(t, []bool{c.once, c.addOnly, c.once}, []bool{r.Once, r.AddsOnly, m.FlowsOnce()})
					}
				}
			}
		})
	}
}
