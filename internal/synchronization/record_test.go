package synchronization_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/synchronization"
)

// written is the record as cycles wrote it out before records were values: what a reader
// of the log has always seen.
func written(r synchronization.Record) synchronization.ObjectSummary {
	kind := strings.ToLower(r.SourceType[:1]) + r.SourceType[1:]
	s := synchronization.ObjectSummary{
		ID: r.ID, ActivityDateTime: r.Time, TenantID: r.TenantID, JobID: string(r.JobID), CycleID: r.CycleID, ChangeID: r.ChangeID,
		ProvisioningAction: r.Action, ModifiedProperties: []synchronization.ModifiedProperty{}, ServicePrincipal: r.ServicePrincipal,
		ProvisioningStatusInfo: synchronization.SummaryStatus{Status: r.Status},
		SourceSystem:           r.SourceSystem, TargetSystem: r.TargetSystem, InitiatedBy: r.InitiatedBy,
		DurationInMilliseconds: r.Duration.Milliseconds(),
		SourceIdentity:         synchronization.SummaryIdentity{ID: r.SourceID, DisplayName: r.SourceName, IdentityType: r.SourceType, Details: map[string]string{}},
		TargetIdentity:         synchronization.SummaryIdentity{ID: r.TargetID, DisplayName: r.TargetName, IdentityType: r.TargetType, Details: map[string]string{}},
	}
	for _, c := range r.Changes {
		s.ModifiedProperties = append(s.ModifiedProperties, c.Property())
	}
	if r.Code != "" {
		category := "success"
		if r.Status == "failure" {
			category = "nonServiceFailure"
		}
		s.ProvisioningStatusInfo.ErrorInformation = &synchronization.SummaryError{
			ErrorCode: r.Code, Reason: r.Reason, RecommendedAction: r.Advice, ErrorCategory: category, AdditionalDetails: r.Details,
		}
	}
	read := told("EntryImport", "import", "success", fmt.Sprintf("Read %s %s from the directory.", kind, r.SourceID))
	if r.Form == synchronization.RecordOfReferences {
		s.ProvisioningSteps = []synchronization.SummaryStep{read, told("EntryExportUpdate", "referenceResolution", r.Status, sentence(r.Reason))}
		return s
	}
	s.SourceIdentity.Details = map[string]string{"id": r.SourceID, "odatatype": r.SourceType, "UserPrincipalName": r.UserPrincipalName}
	s.ProvisioningSteps = steps(r, read)
	return s
}

func steps(r synchronization.Record, read synchronization.SummaryStep) []synchronization.SummaryStep {
	scoping := map[bool]string{true: "success", false: "skipped"}[r.InScope]
	steps := []synchronization.SummaryStep{read, told("EntrySynchronizationScoping", "scoping", scoping, sentence(r.Scope))}
	if r.TargetID != "" {
		steps = append(steps, told("EntryImport", "matching", "success", "The object at the target is "+r.TargetID+"."))
	}
	export := map[string]string{
		"create": "EntryExportAdd", "update": "EntryExportUpdate", "disable": "EntryExportUpdate", "delete": "EntryExportDelete",
		"other": "EntrySynchronizationSkip", "stagedDelete": "EntrySynchronizationSkip",
	}[r.Action]
	return append(steps, told(export, "export", r.Status, sentence(r.Reason)))
}

func told(name, kind, status, description string) synchronization.SummaryStep {
	return synchronization.SummaryStep{Name: name, ProvisioningStepType: kind, Status: status, Description: description, Details: map[string]string{}}
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

// drawn is any record that a cycle may make.
func drawn(t *rapid.T) synchronization.Record {
	r := rapid.Make[synchronization.Record]().Draw(t, "record")
	if r.RecordContext == nil {
		r.RecordContext = &synchronization.RecordContext{}
	}
	r.Action = rapid.SampledFrom([]string{"create", "update", "disable", "delete", "stagedDelete", "other"}).Draw(t, "action")
	r.Status = rapid.SampledFrom([]string{"success", "failure", "skipped", "warning"}).Draw(t, "status")
	r.SourceType = rapid.SampledFrom([]string{"User", "Group", "ServicePrincipal"}).Draw(t, "type")
	r.Form = rapid.SampledFrom([]synchronization.RecordForm{synchronization.RecordOfObject, synchronization.RecordOfReferences}).Draw(t, "form")
	r.Time, r.Whole = time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "time")).UTC(), nil
	return r
}

// TestRecord: a record is written out as it always was.
func TestRecord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawn(t)
		require.Equal(t, string(written(r).Document()), string(r.Document()))
		r.Whole = []byte(`{"x":1}`)
		require.Equal(t, `{"x":1}`, string(r.Document()), "what is kept whole is answered as it is")
	})
}
