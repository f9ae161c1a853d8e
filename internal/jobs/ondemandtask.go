package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/synchronization"
)

// OnDemandCall asks for provisioning on demand, perhaps of another process.
type OnDemandCall struct {
	Tenant           directory.TenantID                   `json:"tenant"`
	ServicePrincipal directory.ObjectID                   `json:"servicePrincipal"`
	Job              synchronization.JobID                `json:"job"`
	By               synchronization.SummaryInitiator     `json:"by"`
	Parameters       []synchronization.OnDemandParameters `json:"parameters"`
}

// onDemandReply is what came of it.
type onDemandReply struct {
	Result *synchronization.OnDemandResult `json:"result,omitempty"`
	Error  *errs.Error                     `json:"error,omitempty"`
}

// AnswerOnDemand carries out an encoded [OnDemandCall] and encodes what came of it,
// errors that the caller is to see included. Others are returned.
func (s *Service) AnswerOnDemand(ctx context.Context, payload []byte) ([]byte, error) {
	var call OnDemandCall
	if err := json.Unmarshal(payload, &call); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "InternalError", "A call for provisioning on demand cannot be read.")
	}
	result, err := s.ProvisionOnDemand(ctx, call)
	if err == nil {
		return json.Marshal(onDemandReply{Result: &result})
	}
	told, ok := errors.AsType[*errs.Error](err)
	if !ok {
		s.Log.LogAttrs(ctx, slog.LevelError, "provisioning on demand failed", slog.String("job", string(call.Job)), slog.String("error", err.Error()))
		told = errs.New(errs.Internal, "InternalError", "Provisioning on demand failed. The operator's log has the reason.")
	}
	return json.Marshal(onDemandReply{Error: told})
}

// AskOnDemand has a call carried out by way of ask, which brings its encoding to
// [Service.AnswerOnDemand] of some process. The errors are those of
// [Service.ProvisionOnDemand] and of ask.
func AskOnDemand(ctx context.Context, call OnDemandCall, ask func(ctx context.Context, payload []byte) ([]byte, error)) (synchronization.OnDemandResult, error) {
	none := synchronization.OnDemandResult{}
	payload, err := json.Marshal(call)
	if err != nil {
		return none, err
	}
	answer, err := ask(ctx, payload)
	if err != nil {
		return none, err
	}
	var reply onDemandReply
	if err := json.Unmarshal(answer, &reply); err != nil {
		return none, errs.Wrap(err, errs.Internal, "InternalError", "The answer of a worker cannot be read.")
	}
	if reply.Error != nil {
		return none, reply.Error
	}
	return *reply.Result, nil
}
