package synchronization

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// The bounds of one provisioning on demand: it is for trying a change on a few
// objects, not for a cycle.
const (
	MaxOnDemandSubjects = 5
	MaxOnDemandMembers  = 5
)

// OnDemandParameters is synchronizationJobApplicationParameters: a rule of the job's
// schema, and the objects to which it is applied now.
type OnDemandParameters struct {
	RuleID   string            `json:"ruleId"`
	Subjects []OnDemandSubject `json:"subjects"`
}

// OnDemandSubject is synchronizationJobSubject. ObjectTypeName is the source object
// of a mapping, User or Group in any case.
type OnDemandSubject struct {
	ObjectID       directory.ObjectID `json:"objectId"`
	ObjectTypeName string             `json:"objectTypeName"`
	Links          *OnDemandLinks     `json:"links"`
}

// Is reports whether the subject is of the kind.
func (s OnDemandSubject) Is(k directory.Kind) bool {
	return strings.EqualFold(s.ObjectTypeName, string(k))
}

// OnDemandLinks is synchronizationLinkedObjects: the references that are written
// along with their subject, and no others.
type OnDemandLinks struct {
	Members []OnDemandSubject `json:"members"`
	Owners  []OnDemandSubject `json:"owners"`
	Manager OnDemandManager   `json:"manager"`
}

// All returns every linked object.
func (l *OnDemandLinks) All() []OnDemandSubject {
	if l == nil {
		return nil
	}
	all := append([]OnDemandSubject{}, l.Members...)
	return append(append(all, l.Owners...), l.Manager...)
}

// OnDemandManager is one subject or none. The type says one object and documents
// show an array: both are read.
type OnDemandManager []OnDemandSubject

// UnmarshalJSON reads null, an object, or an array.
func (m *OnDemandManager) UnmarshalJSON(text []byte) error {
	*m = nil
	switch text = bytes.TrimSpace(text); {
	case bytes.Equal(text, []byte("null")):
		return nil
	case len(text) > 0 && text[0] == '[':
		return json.Unmarshal(text, (*[]OnDemandSubject)(m))
	default:
		var one OnDemandSubject
		err := json.Unmarshal(text, &one)
		*m = OnDemandManager{one}
		return err
	}
}

// CheckOnDemand refuses parameters that go beyond what may be provisioned on demand:
// five objects at a time, of them one group with five members. The error is
// errs.Invalid and names the member that is wrong.
func CheckOnDemand(job JobID, schema Schema, parameters []OnDemandParameters) error {
	subjects, groups := 0, 0
	for _, p := range parameters {
		if !schema.hasRule(p.RuleID) {
			return invalidOnDemand("ruleId", "The job %s has no synchronization rule %q. GET …/schema lists its rules.", job, p.RuleID)
		}
		for _, s := range p.Subjects {
			subjects++
			if s.Is(directory.Group) {
				groups++
			}
			if err := s.check(); err != nil {
				return err
			}
		}
	}
	switch {
	case subjects == 0:
		return invalidOnDemand("subjects", "There is nothing to provision: give at least one subject with its objectId and objectTypeName.")
	case subjects > MaxOnDemandSubjects:
		return invalidOnDemand("subjects", "%d objects are too many for provisioning on demand, which takes %d. Start the job: a cycle provisions all.", subjects, MaxOnDemandSubjects)
	case groups > 1:
		return invalidOnDemand("subjects", "Provisioning on demand takes one group at a time; there are %d.", groups)
	}
	return nil
}

func (s Schema) hasRule(id string) bool {
	for _, r := range s.Rules {
		if id != "" && strings.EqualFold(r.ID, id) {
			return true
		}
	}
	return false
}

// check looks at one subject and the objects it is linked to.
func (s OnDemandSubject) check() error {
	if s.ObjectID == "" {
		return invalidOnDemand("objectId", "A subject has no objectId. Give the id of a user or group of the directory.")
	}
	if !s.Is(directory.User) && !s.Is(directory.Group) {
		return invalidOnDemand("objectTypeName", "The subject %s has the objectTypeName %.64q; it takes User or Group.", s.ObjectID, s.ObjectTypeName)
	}
	if s.Links == nil {
		return nil
	}
	if n := len(s.Links.Members); n > MaxOnDemandMembers {
		return invalidOnDemand("members", "The group %s comes with %d members; provisioning on demand takes %d. The next cycle writes all of them.", s.ObjectID, n, MaxOnDemandMembers)
	}
	for _, linked := range s.Links.All() {
		if linked.ObjectID == "" || !linked.Is(directory.User) {
			return invalidOnDemand("links", "The links of %s hold the %.64q %.64q; only users can be linked on demand.", s.ObjectID, linked.ObjectTypeName, linked.ObjectID)
		}
	}
	return nil
}

func invalidOnDemand(target, format string, args ...any) error {
	return errs.New(errs.Invalid, "RequestParameterInvalid", format, args...).WithTarget(target)
}

// OnDemandResult says what provisioning on demand did. Result, ErrorCode and
// ErrorMessage sum it up; Objects tells it for every object, the subjects first, each
// in the order in which it was given.
type OnDemandResult struct {
	Result       string // Success, Skipped or Failure
	ErrorCode    string // of the first failure, else of the first skip; may be empty
	ErrorMessage string
	Objects      []OnDemandObject
}

// The values of [OnDemandResult.Result].
const (
	OnDemandSuccess = "Success"
	OnDemandSkipped = "Skipped"
	OnDemandFailure = "Failure"
)

// OnDemandObject is what happened to one object, with the members that the service
// behind Graph puts into its answer.
type OnDemandObject struct {
	Action               string             `json:"action"`
	ChangeID             string             `json:"changeId"`
	EndTime              time.Time          `json:"endTime"`
	ModifiedProperties   []ModifiedProperty `json:"modifiedProperties"`
	ProvisioningSteps    []OnDemandStep     `json:"provisioningSteps"`
	ReportableIdentifier string             `json:"reportableIdentifier"`
	StartTime            time.Time          `json:"startTime"`
	StatusInfo           OnDemandStatus     `json:"statusInfo"`
	SourceIdentity       OnDemandIdentity   `json:"sourceIdentity"`
	SourceSystem         OnDemandSystem     `json:"sourceSystem"`
	TargetIdentity       OnDemandIdentity   `json:"targetIdentity"`
	TargetSystem         OnDemandSystem     `json:"targetSystem"`
}

// OnDemandStep is one step on the way of an object.
type OnDemandStep struct {
	Name        string            `json:"name"`
	Type        string            `json:"type"`
	Status      string            `json:"status"`
	Description string            `json:"description"`
	Timestamp   time.Time         `json:"timestamp"`
	Details     map[string]string `json:"details"`
}

// OnDemandStatus is how it ended. All but Status are null when nothing failed.
type OnDemandStatus struct {
	Status            string  `json:"status"`
	ErrorCode         *string `json:"errorCode"`
	Reason            *string `json:"reason"`
	AdditionalDetails *string `json:"additionalDetails"`
	ErrorCategory     *string `json:"errorCategory"`
	RecommendedAction *string `json:"recommendedAction"`
}

// OnDemandIdentity names an object on one side.
type OnDemandIdentity struct {
	ID          *string           `json:"id"`
	Type        string            `json:"type"`
	DisplayName *string           `json:"displayName"`
	Details     map[string]string `json:"details"`
}

// OnDemandSystem names one side.
type OnDemandSystem struct {
	ID      *string           `json:"id"`
	Name    string            `json:"name"`
	Details map[string]string `json:"details"`
}

// DocumentedPair returns the answer as the reference page shows it: the sum as JSON
// in the key, the first object as JSON in the value.
func (r OnDemandResult) DocumentedPair() (StringKeyString, error) {
	sum := struct {
		Result  string `json:"result"`
		Details struct {
			ErrorCode    string `json:"errorCode"`
			ErrorMessage string `json:"errorMessage"`
		} `json:"details"`
	}{Result: r.Result}
	sum.Details.ErrorCode, sum.Details.ErrorMessage = r.ErrorCode, r.ErrorMessage
	key, err := json.Marshal(sum)
	if err != nil {
		return StringKeyString{}, err
	}
	var first any
	if len(r.Objects) > 0 {
		first = r.Objects[0]
	}
	value, err := json.Marshal(first)
	return StringKeyString{Key: string(key), Value: string(value)}, err
}

// liveKey is the key of the answer that the service has been seen to give.
const liveKey = "Microsoft.Identity.Health.CPP.Common.DataContracts.SyncFabric.StatusInfo"

// LivePair returns the answer as the service has been seen to give it: a constant
// key, and all objects as a JSON array in the value.
func (r OnDemandResult) LivePair() (StringKeyString, error) {
	objects := r.Objects
	if objects == nil {
		objects = []OnDemandObject{}
	}
	value, err := json.Marshal(objects)
	return StringKeyString{Key: liveKey, Value: string(value)}, err
}
