package engine

import (
	"maps"

	"github.com/provisor/provisor/internal/synchronization"
)

// detail adds to a record what a cycle leaves out for the sake of its size: what was
// read on either side, and how the scope was decided. The record has ids from the
// beginning, because the caller is told them, and keeps what is told whole.
func (a *attempt) detail(r *synchronization.Record) {
	r.ID, r.ChangeID = a.NewID(), a.NewID()
	s := r.Summary()
	for i := range s.ProvisioningSteps {
		step := &s.ProvisioningSteps[i]
		step.Time = a.began.UTC()
		switch step.ProvisioningStepType {
		case "import":
			step.Details = a.importDetails()
		case "scoping":
			step.Details = a.scopingDetails()
		case "matching":
			step.Details = texts(a.seen)
		case "export":
			step.Time = a.Now().UTC()
			if e := s.ProvisioningStatusInfo.ErrorInformation; e != nil && s.ProvisioningStatusInfo.Status == synchronization.ResultSkipped {
				step.Details = map[string]string{"SkipReason": e.ErrorCode}
			}
		}
	}
	a.told, r.Whole = &s, s.Document()
}

func (a *attempt) importDetails() map[string]string {
	details := texts(a.object.Attributes)
	details["objectId"] = string(a.object.ID)
	details["IsSoftDeleted"] = flag(a.facts.SoftDeleted())
	return details
}

func (a *attempt) scopingDetails() map[string]string {
	v := a.facts.Verdict
	return map[string]string{
		"IsActive": flag(a.facts.Enabled), "Assigned": flag(v.Assigned), "IsEffectivelyEntitledForProvisioning": flag(v.InScope),
		"IsInProvisioningScopeDisplayName": flag(v.InScope || !v.Assigned), "ScopeEvaluationResult": "{}",
	}
}

// texts writes the members of an object that have one value as the log does.
func texts[M ~map[string]any](object M) map[string]string {
	details := map[string]string{}
	for name := range maps.Keys(object) {
		switch v := object[name].(type) {
		case string, bool, float64, int64:
			details[name], _ = show(v)
		}
	}
	return details
}
