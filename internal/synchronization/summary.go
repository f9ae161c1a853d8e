package synchronization

import "time"

// ObjectSummary is provisioningObjectSummary: one record of the provisioning log.
// Enumerations are camelCase here, unlike on the rest of the surface.
type ObjectSummary struct {
	ID                     string                  `json:"id"`
	ActivityDateTime       time.Time               `json:"activityDateTime"`
	TenantID               string                  `json:"tenantId"`
	JobID                  string                  `json:"jobId"`
	CycleID                string                  `json:"cycleId"`
	ChangeID               string                  `json:"changeId"`
	ProvisioningAction     string                  `json:"provisioningAction"`
	DurationInMilliseconds int64                   `json:"durationInMilliseconds"`
	ProvisioningStatusInfo SummaryStatus           `json:"provisioningStatusInfo"`
	ProvisioningSteps      []SummaryStep           `json:"provisioningSteps"`
	ModifiedProperties     []ModifiedProperty      `json:"modifiedProperties"`
	ServicePrincipal       SummaryServicePrincipal `json:"servicePrincipal"`
	SourceSystem           SummarySystem           `json:"sourceSystem"`
	TargetSystem           SummarySystem           `json:"targetSystem"`
	SourceIdentity         SummaryIdentity         `json:"sourceIdentity"`
	TargetIdentity         SummaryIdentity         `json:"targetIdentity"`
	InitiatedBy            SummaryInitiator        `json:"initiatedBy"`
}

// The members of provisioningAction and provisioningResult that cycles use.
const (
	ActionCreate  = "create"
	ActionUpdate  = "update"
	ActionDisable = "disable"
	ActionDelete  = "delete"
	ActionStaged  = "stagedDelete"
	ActionOther   = "other"

	ResultSuccess = "success"
	ResultFailure = "failure"
	ResultSkipped = "skipped"
	ResultWarning = "warning"
)

// SummaryStatus is provisioningStatusInfo.
type SummaryStatus struct {
	Status           string        `json:"status"`
	ErrorInformation *SummaryError `json:"errorInformation"`
}

// SummaryError is provisioningErrorInfo.
type SummaryError struct {
	ErrorCode         string `json:"errorCode"`
	Reason            string `json:"reason"`
	AdditionalDetails string `json:"additionalDetails"`
	ErrorCategory     string `json:"errorCategory"`
	RecommendedAction string `json:"recommendedAction"`
}

// SummaryStep is provisioningStep. Details holds strings.
type SummaryStep struct {
	Time                 time.Time         `json:"-"` // zero: that of the record
	Name                 string            `json:"name"`
	ProvisioningStepType string            `json:"provisioningStepType"`
	Status               string            `json:"status"`
	Description          string            `json:"description"`
	Details              map[string]string `json:"details"`
}

// ModifiedProperty is modifiedProperty.
type ModifiedProperty struct {
	DisplayName string  `json:"displayName"`
	OldValue    *string `json:"oldValue"`
	NewValue    *string `json:"newValue"`
}

// SummaryServicePrincipal is provisioningServicePrincipal.
type SummaryServicePrincipal struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
}

// SummarySystem is provisioningSystem.
type SummarySystem struct {
	ID          string            `json:"id"`
	DisplayName string            `json:"displayName"`
	Details     map[string]string `json:"details"`
}

// SummaryIdentity is provisionedIdentity.
type SummaryIdentity struct {
	ID           string            `json:"id"`
	DisplayName  string            `json:"displayName"`
	IdentityType string            `json:"identityType"`
	Details      map[string]string `json:"details"`
}

// SummaryInitiator is initiator.
type SummaryInitiator struct {
	ID            string `json:"id"`
	DisplayName   string `json:"displayName"`
	InitiatorType string `json:"initiatorType"`
}
