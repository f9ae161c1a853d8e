package synchronization

import (
	"encoding/json"
	"strings"
	"time"
)

// Record is one entry of the provisioning log as values: what is its own, beside what
// follows from it and from its context. [Record.Summary] writes it out. A cycle makes
// one for each object that it exports, and nobody reads most of them.
type Record struct {
	*RecordContext // never nil

	ID       string // GUID
	ChangeID string // GUID
	Time     time.Time
	Duration time.Duration

	SourceID, SourceName string
	TargetID, TargetName string
	UserPrincipalName    string // of the source

	InScope bool
	Scope   string // why it is in the scope, or is not
	Reason  string // why the outcome is what it is
	// Code is the errorCode. Without it there is nothing to inform of, and Details and
	// Advice are empty.
	Code    string
	Details string // additionalDetails
	Advice  string // recommendedAction
	Changes []PropertyChange

	// Whole is the JSON of a record that says more than its values; null stands for none.
	// Then only the members before InScope have to agree with it.
	Whole json.RawMessage
}

// RecordContext is what the entries have in common that one cycle writes about objects
// of one kind and with one outcome. Entries share it, so it does not change.
type RecordContext struct {
	TenantID         string                  `json:"tenantId"`
	JobID            JobID                   `json:"jobId"`
	CycleID          string                  `json:"cycleId"`
	ServicePrincipal SummaryServicePrincipal `json:"servicePrincipal"`
	SourceSystem     SummarySystem           `json:"sourceSystem"`
	TargetSystem     SummarySystem           `json:"targetSystem"`
	InitiatedBy      SummaryInitiator        `json:"initiatedBy"`
	Form             RecordForm              `json:"form"`
	Action           string                  `json:"action"` // provisioningAction
	Status           string                  `json:"status"` // provisioningResult
	SourceType       string                  `json:"sourceType"`
	TargetType       string                  `json:"targetType"`
	// Properties are names that changes may have. Those that are named here take less
	// space, in any order and best in that of the changes.
	Properties []string `json:"properties"`
}

// RecordForm says what the steps of a record tell.
type RecordForm string

const (
	// RecordOfObject tells of import, scoping, matching and export.
	RecordOfObject RecordForm = "object"
	// RecordOfReferences tells of references that were written for an object.
	RecordOfReferences RecordForm = "references"
)

// PropertyChange is [ModifiedProperty] as a value.
type PropertyChange struct {
	Name           string
	Old, New       string
	HasOld, HasNew bool // false: null
}

// Property writes the change out.
func (c PropertyChange) Property() ModifiedProperty {
	p := ModifiedProperty{DisplayName: c.Name}
	if c.HasOld {
		p.OldValue = &c.Old
	}
	if c.HasNew {
		p.NewValue = &c.New
	}
	return p
}

// Document returns the JSON of the record.
func (r Record) Document() []byte {
	if r.Whole != nil {
		return r.Whole
	}
	return r.Summary().Document()
}

// Summary writes the record out. It does not know what Whole says beyond the values.
func (r Record) Summary() ObjectSummary {
	s := ObjectSummary{
		ID: r.ID, ActivityDateTime: r.Time, TenantID: r.TenantID, JobID: string(r.JobID), CycleID: r.CycleID, ChangeID: r.ChangeID,
		ProvisioningAction: r.Action, DurationInMilliseconds: r.Duration.Milliseconds(),
		ProvisioningStatusInfo: SummaryStatus{Status: r.Status, ErrorInformation: r.information()},
		ProvisioningSteps:      r.steps(), ModifiedProperties: make([]ModifiedProperty, len(r.Changes)),
		ServicePrincipal: r.ServicePrincipal, SourceSystem: r.SourceSystem, TargetSystem: r.TargetSystem, InitiatedBy: r.InitiatedBy,
		SourceIdentity: SummaryIdentity{ID: r.SourceID, DisplayName: r.SourceName, IdentityType: r.SourceType, Details: map[string]string{}},
		TargetIdentity: SummaryIdentity{ID: r.TargetID, DisplayName: r.TargetName, IdentityType: r.TargetType, Details: map[string]string{}},
	}
	for i, c := range r.Changes {
		s.ModifiedProperties[i] = c.Property()
	}
	if r.Form == RecordOfObject {
		s.SourceIdentity.Details = map[string]string{"id": r.SourceID, "odatatype": r.SourceType, "UserPrincipalName": r.UserPrincipalName}
	}
	return s
}

func (r Record) information() *SummaryError {
	if r.Code == "" {
		return nil
	}
	return &SummaryError{
		ErrorCode: r.Code, Reason: r.Reason, RecommendedAction: r.Advice, AdditionalDetails: r.Details, ErrorCategory: ErrorCategory(r.Status),
	}
}

// ErrorCategory is provisioningStatusErrorCategory for a provisioningResult.
func ErrorCategory(status string) string {
	if status == ResultFailure {
		return "nonServiceFailure"
	}
	return "success"
}

// steps tells the way of the object.
func (r Record) steps() []SummaryStep {
	read := NewStep("EntryImport", "import", ResultSuccess, "Read "+uncapital(r.SourceType)+" "+r.SourceID+" from the directory.")
	if r.Form == RecordOfReferences {
		return []SummaryStep{read, NewStep("EntryExportUpdate", "referenceResolution", r.Status, r.Reason)}
	}
	scoping := ResultSuccess
	if !r.InScope {
		scoping = ResultSkipped
	}
	steps := []SummaryStep{read, NewStep("EntrySynchronizationScoping", "scoping", scoping, r.Scope)}
	if r.TargetID != "" {
		steps = append(steps, NewStep("EntryImport", "matching", ResultSuccess, "The object at the target is "+r.TargetID+"."))
	}
	return append(steps, NewStep(exportStep(r.Action), "export", r.Status, r.Reason))
}

func exportStep(action string) string {
	switch action {
	case ActionCreate:
		return "EntryExportAdd"
	case ActionUpdate, ActionDisable:
		return "EntryExportUpdate"
	case ActionDelete:
		return "EntryExportDelete"
	default:
		return "EntrySynchronizationSkip"
	}
}

// NewStep returns a step without details. The description is made a sentence.
func NewStep(name, kind, status, description string) SummaryStep {
	return SummaryStep{Name: name, ProvisioningStepType: kind, Status: status, Description: sentence(description), Details: map[string]string{}}
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

// uncapital is the word of the directory for the type of an identity.
func uncapital(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToLower(word[:1]) + word[1:]
}
