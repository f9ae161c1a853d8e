package subscription

import (
	"strconv"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/synchronization"
)

// Notifications is changeNotificationCollection, the body of what is sent.
type Notifications struct {
	Value []Notification `json:"value"`
}

// Notification is changeNotification: of a change, or of the life of a subscription.
type Notification struct {
	// ID is the same whenever the same change is told again to the same subscription.
	ID                  string    `json:"id,omitempty"`
	SubscriptionID      string    `json:"subscriptionId"`
	SubscriptionExpires time.Time `json:"subscriptionExpirationDateTime"`
	ClientState         *string   `json:"clientState"`
	ChangeType          string    `json:"changeType,omitempty"`
	LifecycleEvent      string    `json:"lifecycleEvent,omitempty"`
	Resource            string    `json:"resource,omitempty"`
	TenantID            string    `json:"tenantId"`
	ResourceData        *Data     `json:"resourceData,omitempty"`
}

// Data is resourceData: what changed, without its properties.
type Data struct {
	Type           string         `json:"@odata.type"`
	Address        string         `json:"@odata.id"`
	ID             string         `json:"id"`
	OrganizationID string         `json:"organizationId,omitempty"`
	SequenceNumber int64          `json:"sequenceNumber,omitempty"`
	Members        []MemberChange `json:"members@delta,omitempty"`
	Status         *JobStatus     `json:"status,omitempty"`
}

// MemberChange is a member that came, or went.
type MemberChange struct {
	ID      string `json:"id"`
	Removed string `json:"@removed,omitempty"`
}

// JobStatus is what a notification says of a synchronization job.
type JobStatus struct {
	Code          string        `json:"code"`
	LastExecution *JobExecution `json:"lastExecution"`
	Quarantine    *string       `json:"quarantineReason"`
}

// JobExecution is the cycle that ended last.
type JobExecution struct {
	ActivityID string    `json:"activityIdentifier"`
	State      string    `json:"state"`
	Ended      time.Time `json:"timeEnded"`
}

// The lifecycle events.
const (
	Missed                  = "missed"
	Removed                 = "subscriptionRemoved"
	ReauthorizationRequired = "reauthorizationRequired"
)

// Event returns the notification of a lifecycle event.
func (s Subscription) Event(event string) Notification {
	n := s.notification()
	n.LifecycleEvent = event
	return n
}

func (s Subscription) notification() Notification {
	return Notification{SubscriptionID: s.ID, SubscriptionExpires: s.Expires, TenantID: string(s.Tenant)}
}

// Change returns what the subscriber is told of an object that changed: of its state
// now, and of the members that came and went. It returns false when that is nothing.
// attributes says that the object itself changed, not only what refers to it.
func (s Subscription) Change(o directory.Object, attributes bool, members []MemberChange) (Notification, bool) {
	change := Updated
	if o.Presence == directory.Purged {
		change = Deleted
	}
	told := attributes && !s.Subject.Members || len(members) > 0 || change == Deleted
	if !told || !s.Wants(change) {
		return Notification{}, false
	}
	set, kind := "Users", "#Microsoft.Graph.User"
	if o.Kind == directory.Group {
		set, kind = "Groups", "#Microsoft.Graph.Group"
	}
	n := s.notification()
	n.ID = s.ID + "_" + strconv.FormatInt(o.Sequence, 10)
	if len(members) > 0 {
		n.ID += "_" + members[0].ID
	}
	n.ChangeType, n.Resource = change, set+"/"+string(o.ID)
	n.ResourceData = &Data{
		Type: kind, Address: n.Resource, ID: string(o.ID), OrganizationID: string(s.Tenant), SequenceNumber: o.Sequence, Members: members,
	}
	return n, true
}

// Outcome is a fingerprint of what subscribers are told of a job: the cycle that
// ended last, and the quarantine.
func Outcome(j synchronization.Job) string {
	cycle, quarantine := "", ""
	if e := j.Status.LastExecution; e != nil {
		cycle = e.ActivityID + " " + strconv.FormatInt(e.Ended.UnixMicro(), 10)
	}
	if q := j.Status.Quarantine; q != nil {
		quarantine = " " + strconv.FormatInt(q.SeriesBegan.UnixMicro(), 10)
	}
	return cycle + quarantine
}

// JobChange returns the notification of a job whose cycle ended, or that went into
// quarantine or came out of it.
func (s Subscription) JobChange(j synchronization.Job) Notification {
	status := &JobStatus{Code: string(j.Status.Code)}
	if e := j.Status.LastExecution; e != nil {
		status.LastExecution = &JobExecution{ActivityID: e.ActivityID, State: string(e.Result), Ended: e.Ended.UTC()}
	}
	if q := j.Status.Quarantine; q != nil {
		status.Quarantine = &q.Reason
	}
	n := s.notification()
	n.ID = s.ID + "_" + Outcome(j)
	n.ChangeType = Updated
	n.Resource = "servicePrincipals/" + string(j.ServicePrincipal) + "/synchronization/jobs/" + string(j.ID)
	n.ResourceData = &Data{
		Type: "#microsoft.graph.synchronizationJob", Address: n.Resource, ID: string(j.ID), OrganizationID: string(s.Tenant), Status: status,
	}
	return n
}
