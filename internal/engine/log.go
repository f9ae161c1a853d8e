package engine

import (
	"encoding/json"
	"strings"
	"sync"
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
	changed        []synchronization.PropertyChange
}

// entry writes the record of the provisioning log for one object.
func (a *attempt) entry(v verdict) *store.LogEntry {
	e := &store.LogEntry{Source: a.object.Key, Record: a.newRecord(recorded{
		mapping: a.m, kind: a.object.Kind, form: synchronization.RecordOfObject, action: v.action, status: v.status,
	}, v)}
	name := a.name()
	e.SourceID, e.SourceName, e.TargetID, e.TargetName = string(a.object.ID), name, v.targetID, name
	e.UserPrincipalName = a.object.Attributes.String("userPrincipalName")
	e.InScope, e.Scope = a.facts.Verdict.InScope, a.facts.Verdict.Reason
	e.Duration = a.Now().Sub(a.began).Truncate(time.Millisecond)
	if a.detailed {
		a.detail(&e.Record)
	}
	return e
}

// newRecord begins a record with what every record has.
func (c *Cycle) newRecord(k recorded, v verdict) synchronization.Record {
	return synchronization.Record{
		RecordContext: c.recordContext(k), Time: c.Now().UTC().Truncate(time.Microsecond),
		Reason: v.reason, Code: v.code, Details: v.details, Advice: v.recommended, Changes: v.changed,
	}
}

// recorded tells apart the contexts of records.
type recorded struct {
	mapping        *mapping.Mapping
	kind           directory.Kind
	form           synchronization.RecordForm
	cycle          string
	action, status string
}

// recordContexts are those that a slice has used.
type recordContexts struct {
	mu    sync.Mutex
	known map[recorded]*synchronization.RecordContext
}

// recordContext returns what the records of the cycle have in common that agree in k.
func (c *Cycle) recordContext(k recorded) *synchronization.RecordContext {
	k.cycle = c.state.ID
	c.contexts.mu.Lock()
	defer c.contexts.mu.Unlock()
	if known := c.contexts.known[k]; known != nil {
		return known
	}
	job := c.claim.Job
	system := map[string]string{"ServicePrincipalId": c.ServicePrincipal.ID, "ServicePrincipalDisplayName": c.ServicePrincipal.DisplayName}
	made := &synchronization.RecordContext{
		TenantID: string(job.Tenant), JobID: job.ID, CycleID: k.cycle, ServicePrincipal: c.ServicePrincipal,
		SourceSystem: synchronization.SummarySystem{DisplayName: "Microsoft Entra ID", Details: map[string]string{}},
		TargetSystem: synchronization.SummarySystem{DisplayName: c.ServicePrincipal.DisplayName, Details: system},
		InitiatedBy:  c.initiator(),
		Form:         k.form, Action: k.action, Status: k.status,
		SourceType: title(k.kind), TargetType: k.mapping.ResourceType,
	}
	if k.form == synchronization.RecordOfObject {
		made.Properties = k.mapping.AttributeNames()
	}
	if c.contexts.known == nil {
		c.contexts.known = map[recorded]*synchronization.RecordContext{}
	}
	c.contexts.known[k] = made
	return made
}

// initiator is who asked for what is done: nobody asks for a cycle, and Entra's service
// names itself then.
func (c *Cycle) initiator() synchronization.SummaryInitiator {
	if c.InitiatedBy.InitiatorType != "" {
		return c.InitiatedBy
	}
	return synchronization.SummaryInitiator{DisplayName: "Azure AD Provisioning Service", InitiatorType: "system"}
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

func (a *attempt) createdProperties() []synchronization.PropertyChange {
	changed := make([]synchronization.PropertyChange, 0, a.desired.Len())
	a.desired.Values(func(name string, v any) bool {
		text, ok := show(v)
		changed = append(changed, synchronization.PropertyChange{Name: name, New: text, HasNew: ok})
		return true
	})
	return changed
}

func changedProperties(diffs []mapping.Difference) []synchronization.PropertyChange {
	changed := make([]synchronization.PropertyChange, len(diffs))
	for i, d := range diffs {
		c := &changed[i]
		c.Name = d.Name
		c.Old, c.HasOld = show(d.Old)
		c.New, c.HasNew = show(d.New)
	}
	return changed
}

// show writes a value for the log; false for nil, which stays null.
func show(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", false
	case string:
		return v, true
	case bool:
		if v {
			return "True", true
		}
		return "False", true
	default:
		encoded, err := json.Marshal(v)
		return string(encoded), err == nil
	}
}

func flag(b bool) string {
	text, _ := show(b)
	return text
}

// advice names the next step for a failure.
func advice(err error) string {
	switch {
	case scimclient.Is(err, scimclient.Unavailable):
		return waiting(err)
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
