package engine

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// verdict is what the log says of one object.
type verdict struct {
	action, status string
	code, reason   string
	recommended    string
	details        string
	targetID       string
	changed        []synchronization.ModifiedProperty
}

// entry writes the record of the provisioning log for one object.
func (a *attempt) entry(v verdict) *store.LogEntry {
	s := a.summary(v)
	s.SourceIdentity = synchronization.SummaryIdentity{
		ID: string(a.object.ID), DisplayName: a.name(), IdentityType: title(a.object.Kind),
		Details: map[string]string{"id": string(a.object.ID), "odatatype": title(a.object.Kind), "UserPrincipalName": a.object.Attributes.String("userPrincipalName")},
	}
	s.TargetIdentity = synchronization.SummaryIdentity{ID: v.targetID, DisplayName: a.name(), IdentityType: a.m.ResourceType, Details: map[string]string{}}
	s.ProvisioningSteps = a.steps(v)
	s.DurationInMilliseconds = a.Now().Sub(a.began).Milliseconds()
	if a.detailed {
		a.detail(&s)
	}
	return logEntry(s)
}

// summary fills what every record of the cycle has in common.
func (c *Cycle) summary(v verdict) synchronization.ObjectSummary {
	job := c.claim.Job
	system := map[string]string{"ServicePrincipalId": c.ServicePrincipal.ID, "ServicePrincipalDisplayName": c.ServicePrincipal.DisplayName}
	s := synchronization.ObjectSummary{
		ID: c.NewID(), ActivityDateTime: c.Now().UTC(), TenantID: string(job.Tenant), JobID: string(job.ID), CycleID: c.state.ID, ChangeID: c.NewID(),
		ProvisioningAction: v.action, ModifiedProperties: v.changed, ServicePrincipal: c.ServicePrincipal,
		ProvisioningStatusInfo: synchronization.SummaryStatus{Status: v.status},
		SourceSystem:           synchronization.SummarySystem{DisplayName: "Microsoft Entra ID", Details: map[string]string{}},
		TargetSystem:           synchronization.SummarySystem{DisplayName: c.ServicePrincipal.DisplayName, Details: system},
		InitiatedBy:            synchronization.SummaryInitiator{DisplayName: "Provisor", InitiatorType: "system"},
	}
	if s.ModifiedProperties == nil {
		s.ModifiedProperties = []synchronization.ModifiedProperty{}
	}
	if v.code != "" {
		s.ProvisioningStatusInfo.ErrorInformation = &synchronization.SummaryError{
			ErrorCode: v.code, Reason: v.reason, RecommendedAction: v.recommended, ErrorCategory: category(v.status), AdditionalDetails: v.details,
		}
	}
	return s
}

func category(status string) string {
	if status == synchronization.ResultFailure {
		return "nonServiceFailure"
	}
	return "success"
}

// steps tells the object's way: import, scoping, matching, export.
func (a *attempt) steps(v verdict) []synchronization.SummaryStep {
	scoping := synchronization.ResultSuccess
	if !a.facts.Verdict.InScope {
		scoping = synchronization.ResultSkipped
	}
	steps := []synchronization.SummaryStep{
		step("EntryImport", "import", synchronization.ResultSuccess, fmt.Sprintf("Read %s %s from the directory.", a.object.Kind, a.object.ID)),
		step("EntrySynchronizationScoping", "scoping", scoping, sentence(a.facts.Verdict.Reason)),
	}
	if v.targetID != "" {
		steps = append(steps, step("EntryImport", "matching", synchronization.ResultSuccess, "The object at the target is "+v.targetID+"."))
	}
	return append(steps, step(exportStep(v), "export", v.status, sentence(v.reason)))
}

func exportStep(v verdict) string {
	switch v.action {
	case synchronization.ActionCreate:
		return "EntryExportAdd"
	case synchronization.ActionUpdate, synchronization.ActionDisable:
		return "EntryExportUpdate"
	case synchronization.ActionDelete:
		return "EntryExportDelete"
	default:
		return "EntrySynchronizationSkip"
	}
}

func step(name, kind, status, description string) synchronization.SummaryStep {
	return synchronization.SummaryStep{Name: name, ProvisioningStepType: kind, Status: status, Description: description, Details: map[string]string{}}
}

// logEntry puts a summary into the form in which it is stored.
func logEntry(s synchronization.ObjectSummary) *store.LogEntry {
	return &store.LogEntry{
		ID: s.ID, Time: s.ActivityDateTime, JobID: synchronization.JobID(s.JobID), CycleID: s.CycleID, ChangeID: s.ChangeID,
		ServicePrincipal: directory.ObjectID(s.ServicePrincipal.ID), Action: s.ProvisioningAction, Status: s.ProvisioningStatusInfo.Status,
		SourceID: s.SourceIdentity.ID, SourceName: s.SourceIdentity.DisplayName, SourceType: s.SourceIdentity.IdentityType,
		TargetID: s.TargetIdentity.ID, TargetName: s.TargetIdentity.DisplayName,
		Duration: time.Duration(s.DurationInMilliseconds) * time.Millisecond, Document: s.Document(),
	}
}

func (a *attempt) name() string {
	if name := a.object.Attributes.String("displayName"); name != "" {
		return name
	}
	return a.object.Attributes.String("userPrincipalName")
}

func title(k directory.Kind) string {
	return strings.ToUpper(string(k[:1])) + string(k[1:])
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

func (a *attempt) createdProperties() []synchronization.ModifiedProperty {
	var changed []synchronization.ModifiedProperty
	a.desired.Values(func(name string, v any) bool {
		changed = append(changed, synchronization.ModifiedProperty{DisplayName: name, NewValue: show(v)})
		return true
	})
	return changed
}

func changedProperties(diffs []mapping.Difference) []synchronization.ModifiedProperty {
	changed := make([]synchronization.ModifiedProperty, len(diffs))
	for i, d := range diffs {
		changed[i] = synchronization.ModifiedProperty{DisplayName: d.Name, OldValue: show(d.Old), NewValue: show(d.New)}
	}
	return changed
}

// show writes a value for the log; nil stays null.
func show(v any) *string {
	var text string
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		text = v
	case bool:
		text = "False"
		if v {
			text = "True"
		}
	default:
		encoded, err := json.Marshal(v)
		if err != nil {
			return nil
		}
		text = string(encoded)
	}
	return &text
}

// advice names the next step for a failure.
func advice(err error) string {
	switch {
	case scimclient.Is(err, scimclient.Unavailable):
		return "Nothing to do: it is tried again. If it persists, look at the application's own log."
	case scimclient.Is(err, scimclient.Denied):
		return "Give the credentials the right to do this at the application."
	case scimclient.Is(err, scimclient.Clash):
		return "Another object of the application has the same unique value: change one of them, or map another matching attribute."
	case scimclient.Is(err, scimclient.Missing):
		return "The object was removed at the application. It is looked up anew at the next attempt."
	case scimclient.Is(err, scimclient.Incompatible):
		return "Correct the application's SCIM answer, or the tenant URL (BaseAddress) if it points elsewhere."
	case scimclient.Is(err, scimclient.Refused):
		return "Correct the value in the directory or the attribute mapping that produces it."
	default:
		return "Correct the attribute mapping or the value in the directory."
	}
}
