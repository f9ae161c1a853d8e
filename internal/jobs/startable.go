package jobs

import (
	"context"

	"github.com/provisor/provisor/internal/mapping"
)

// startable refuses, with the reason, to start a job whose schema cannot be run here,
// such as one of the inbound template.
func (s *Service) startable(ctx context.Context, at address) error {
	schema, err := s.Schema(ctx, at.tenant, at.servicePrincipal, at.id)
	if err != nil {
		return err
	}
	return mapping.Runnable(schema)
}
