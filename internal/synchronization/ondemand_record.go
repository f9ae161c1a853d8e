package synchronization

import (
	"strings"
	"time"
)

// NewOnDemandResult sums up what the log says of the objects, in their order.
func NewOnDemandResult(template string, summaries []ObjectSummary) OnDemandResult {
	r := OnDemandResult{Result: OnDemandSkipped}
	for _, s := range summaries {
		r.Objects = append(r.Objects, onDemandObject(template, s))
		r = r.sum(s.ProvisioningStatusInfo)
	}
	return r
}

// sum takes one more outcome into the result: a failure outweighs a success, and that
// a skip.
func (r OnDemandResult) sum(info SummaryStatus) OnDemandResult {
	var code, message string
	if info.ErrorInformation != nil {
		code, message = info.ErrorInformation.ErrorCode, info.ErrorInformation.Reason
	}
	switch {
	case r.Result == OnDemandFailure:
	case info.Status == ResultFailure:
		r.Result, r.ErrorCode, r.ErrorMessage = OnDemandFailure, code, message
	case info.Status == ResultSuccess:
		r.Result, r.ErrorCode, r.ErrorMessage = OnDemandSuccess, "", ""
	case r.Result == OnDemandSkipped && r.ErrorCode == "":
		r.ErrorCode, r.ErrorMessage = code, message
	}
	return r
}

// OnDemandFault is the result when provisioning ended before anything was done: the
// credentials do not hold, or the application does not answer.
func OnDemandFault(code, message string, now time.Time) OnDemandResult {
	status := OnDemandFailure
	return OnDemandResult{Result: status, ErrorCode: code, ErrorMessage: message, Objects: []OnDemandObject{{
		Action: "Other", StartTime: now, EndTime: now, ModifiedProperties: []ModifiedProperty{},
		ProvisioningSteps: []OnDemandStep{{Name: "TestConnection", Type: "Import", Status: status, Description: message, Timestamp: now, Details: map[string]string{"ErrorCode": code}}},
		StatusInfo:        OnDemandStatus{Status: status, ErrorCode: &code, Reason: &message},
	}}}
}

func onDemandObject(template string, s ObjectSummary) OnDemandObject {
	o := OnDemandObject{
		Action: capital(s.ProvisioningAction), ChangeID: s.ChangeID, EndTime: s.ActivityDateTime,
		StartTime:          s.ActivityDateTime.Add(-time.Duration(s.DurationInMilliseconds) * time.Millisecond),
		ModifiedProperties: s.ModifiedProperties, ReportableIdentifier: reportable(s.SourceIdentity),
		SourceSystem:   OnDemandSystem{Name: s.SourceSystem.DisplayName},
		TargetSystem:   OnDemandSystem{Name: template},
		SourceIdentity: OnDemandIdentity{ID: text(s.SourceIdentity.ID), Type: s.SourceIdentity.IdentityType, DisplayName: text(s.SourceIdentity.DisplayName)},
		TargetIdentity: OnDemandIdentity{ID: text(s.TargetIdentity.ID), Type: resourceURN(s.TargetIdentity.IdentityType), DisplayName: text(s.TargetIdentity.DisplayName)},
		StatusInfo:     onDemandStatus(s.ProvisioningStatusInfo),
	}
	for _, step := range s.ProvisioningSteps {
		at := step.Time
		if at.IsZero() {
			at = s.ActivityDateTime
		}
		o.ProvisioningSteps = append(o.ProvisioningSteps, OnDemandStep{
			Name: step.Name, Type: capital(step.ProvisioningStepType), Status: capital(step.Status), Description: step.Description, Timestamp: at, Details: step.Details,
		})
	}
	return o
}

func onDemandStatus(info SummaryStatus) OnDemandStatus {
	status := OnDemandStatus{Status: capital(info.Status)}
	if e := info.ErrorInformation; e != nil {
		status.ErrorCode, status.Reason, status.AdditionalDetails = text(e.ErrorCode), text(e.Reason), text(e.AdditionalDetails)
		status.ErrorCategory, status.RecommendedAction = text(e.ErrorCategory), text(e.RecommendedAction)
	}
	return status
}

// resourceURN is how the answer names the type of a target object.
func resourceURN(resourceType string) string {
	switch resourceType {
	case "User":
		return "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	case "Group":
		return "urn:ietf:params:scim:schemas:core:2.0:Group"
	default:
		return resourceType
	}
}

// reportable names the object for people.
func reportable(i SummaryIdentity) string {
	if name := i.Details["UserPrincipalName"]; name != "" {
		return name
	}
	return i.DisplayName
}

// capital writes an enumeration member of the log as this answer does.
func capital(member string) string {
	if member == "" {
		return ""
	}
	return strings.ToUpper(member[:1]) + member[1:]
}

// text is null when s is empty.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
