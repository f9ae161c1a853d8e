package synchronization

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/provisor/provisor/internal/plainjson"
)

// document is JSON in the making. A cycle writes one record for each object.
type document []byte

// Document returns the JSON of a record, as encoding/json writes it but for the escapes
// that only HTML needs.
func (s ObjectSummary) Document() []byte {
	d := make(document, 0, 4096)
	d = d.text(`{"id":`, s.ID).raw(`,"activityDateTime":"`)
	d = document(s.ActivityDateTime.AppendFormat(d, time.RFC3339Nano))
	d = d.text(`","tenantId":`, s.TenantID).text(`,"jobId":`, s.JobID).text(`,"cycleId":`, s.CycleID).text(`,"changeId":`, s.ChangeID)
	d = d.text(`,"provisioningAction":`, s.ProvisioningAction).raw(`,"durationInMilliseconds":`)
	d = strconv.AppendInt(d, s.DurationInMilliseconds, 10)
	d = d.status(s.ProvisioningStatusInfo)
	d = list(d.raw(`,"provisioningSteps":`), s.ProvisioningSteps, document.step)
	d = list(d.raw(`,"modifiedProperties":`), s.ModifiedProperties, document.property)
	d = d.text(`,"servicePrincipal":{"id":`, s.ServicePrincipal.ID).text(`,"displayName":`, s.ServicePrincipal.DisplayName).raw("}")
	d = d.system(`,"sourceSystem":{"id":`, s.SourceSystem).system(`,"targetSystem":{"id":`, s.TargetSystem)
	d = d.identity(`,"sourceIdentity":{"id":`, s.SourceIdentity).identity(`,"targetIdentity":{"id":`, s.TargetIdentity)
	d = d.text(`,"initiatedBy":{"id":`, s.InitiatedBy.ID).text(`,"displayName":`, s.InitiatedBy.DisplayName)
	return d.text(`,"initiatorType":`, s.InitiatedBy.InitiatorType).raw("}}")
}

func (d document) raw(s string) document { return append(d, s...) }

func (d document) text(lead, s string) document { return plainjson.AppendText(d.raw(lead), s) }

// list writes items, or null where there is no list.
func list[T any](d document, items []T, write func(document, T) document) document {
	if items == nil {
		return d.raw("null")
	}
	d = append(d, '[')
	for i, item := range items {
		if i > 0 {
			d = append(d, ',')
		}
		d = write(d, item)
	}
	return append(d, ']')
}

func (d document) status(s SummaryStatus) document {
	d = d.text(`,"provisioningStatusInfo":{"status":`, s.Status)
	e := s.ErrorInformation
	if e == nil {
		return d.raw(`,"errorInformation":null}`)
	}
	d = d.text(`,"errorInformation":{"errorCode":`, e.ErrorCode).text(`,"reason":`, e.Reason).text(`,"additionalDetails":`, e.AdditionalDetails)
	return d.text(`,"errorCategory":`, e.ErrorCategory).text(`,"recommendedAction":`, e.RecommendedAction).raw("}}")
}

func (d document) step(s SummaryStep) document {
	d = d.text(`{"name":`, s.Name).text(`,"provisioningStepType":`, s.ProvisioningStepType).text(`,"status":`, s.Status)
	return d.text(`,"description":`, s.Description).details(s.Details)
}

func (d document) property(p ModifiedProperty) document {
	return d.text(`{"displayName":`, p.DisplayName).optional(`,"oldValue":`, p.OldValue).optional(`,"newValue":`, p.NewValue).raw("}")
}

func (d document) optional(lead string, s *string) document {
	if s == nil {
		return d.raw(lead).raw("null")
	}
	return d.text(lead, *s)
}

func (d document) system(lead string, s SummarySystem) document {
	return d.text(lead, s.ID).text(`,"displayName":`, s.DisplayName).details(s.Details)
}

func (d document) identity(lead string, i SummaryIdentity) document {
	return d.text(lead, i.ID).text(`,"displayName":`, i.DisplayName).text(`,"identityType":`, i.IdentityType).details(i.Details)
}

// details ends an object with its details.
func (d document) details(details map[string]string) document {
	if details == nil {
		return d.raw(`,"details":null}`)
	}
	d = d.raw(`,"details":{`)
	var few [8]string
	names := slices.AppendSeq(few[:0], maps.Keys(details))
	slices.Sort(names)
	for i, name := range names {
		if i > 0 {
			d = append(d, ',')
		}
		d = d.text("", name).text(":", details[name])
	}
	return d.raw("}}")
}
