// Package storetest checks that a database keeps the contract of package store.
// Every driver runs it; each check is named after the sentence it stands for.
package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// Open returns a store with nothing in it, for the length of the test.
type Open func(t *testing.T) store.Store

// Run checks the stores that open returns. Checks run in parallel, each on a
// store of its own.
func Run(t *testing.T, open Open) {
	t.Helper()
	for noun, checks := range map[string][]check{
		"Tenants":    tenantChecks(),
		"Settings":   settingChecks(),
		"Secrets":    secretChecks(),
		"Leases":     leaseChecks(),
		"Passwords":  passwordChecks(),
		"Roles":      roleChecks(),
		"Objects":    objectChecks(),
		"Deletion":   deletionChecks(),
		"Queries":    queryChecks(),
		"Filters":    filterChecks(),
		"Relations":  relationChecks(),
		"Feed":       feedChecks(),
		"Import":     importChecks(),
		"AppRoles":   appRoleChecks(),
		"Jobs":       jobChecks(),
		"Claims":     claimChecks(),
		"Candidates": candidateChecks(),
		"Record":     recordChecks(),
		"References": referenceChecks(),
		"Logs":       logChecks(),
		"Writes":     writeChecks(),
		"Model":      modelChecks(),
	} {
		t.Run(noun, func(t *testing.T) {
			t.Parallel()
			for _, c := range checks {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(t, newFixture(t, open))
				})
			}
		})
	}
}

// check is one sentence of the contract.
type check struct {
	name string
	run  func(t *testing.T, f *fixture)
}

// fixture is a store with one tenant, and short ways to fill it.
type fixture struct {
	store.Store
	tenant directory.TenantID
	now    time.Time
	serial atomic.Int64
}

func newFixture(t *testing.T, open Open) *fixture {
	t.Helper()
	f := &fixture{Store: open(t), tenant: "11111111-1111-4111-8111-111111111111", now: time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)}
	succeed(t, f.CreateTenant(t.Context(), store.Tenant{ID: f.tenant, DisplayName: "Contoso", Domain: "contoso.example", Created: f.now}))
	return f
}

// id returns a fresh GUID.
func (f *fixture) id() directory.ObjectID {
	return directory.ObjectID(fmt.Sprintf("00000000-0000-4000-8000-%012x", f.serial.Add(1)))
}

func (f *fixture) create(t *testing.T, kind directory.Kind, a directory.Attributes) directory.Object {
	t.Helper()
	o, err := f.CreateObject(t.Context(), f.tenant, directory.Object{ID: f.id(), Kind: kind, Created: f.now, Attributes: a})
	succeed(t, err)
	return o
}

func (f *fixture) user(t *testing.T, name string) directory.Object {
	t.Helper()
	return f.create(t, directory.User, directory.Attributes{
		"userPrincipalName": name + "@contoso.example", "displayName": name, "accountEnabled": true,
	})
}

func (f *fixture) group(t *testing.T, name string) directory.Object {
	t.Helper()
	return f.create(t, directory.Group, directory.Attributes{"displayName": name, "securityEnabled": true})
}

func (f *fixture) principal(t *testing.T, appID string) directory.Object {
	t.Helper()
	return f.create(t, directory.ServicePrincipal, directory.Attributes{"displayName": appID, "appId": appID})
}

func (f *fixture) relate(t *testing.T, from directory.Object, r directory.Relation, to ...directory.Object) {
	t.Helper()
	for _, o := range to {
		added, err := f.Relate(t.Context(), f.tenant, from.ID, r, o.ID)
		succeed(t, err)
		holds(t, added, "the reference is new")
	}
}

func (f *fixture) assign(t *testing.T, principal, resource directory.Object, role string) string {
	t.Helper()
	id := string(f.id())
	succeed(t, f.Assign(t.Context(), f.tenant, directory.AppRoleAssignment{
		ID: id, Principal: principal.ID, Resource: resource.ID, AppRoleID: role, Created: f.now,
	}))
	return id
}

// again returns the object as it is now.
func (f *fixture) again(t *testing.T, o directory.Object) directory.Object {
	t.Helper()
	now, err := f.Object(t.Context(), f.tenant, store.Ref{ID: o.ID})
	succeed(t, err)
	return now
}

func (f *fixture) head(t *testing.T) int64 {
	t.Helper()
	head, err := f.Head(t.Context(), f.tenant)
	succeed(t, err)
	return head
}

// job stores a job that is due at once.
func (f *fixture) job(t *testing.T, id string, principal directory.ObjectID) synchronization.Job {
	t.Helper()
	j := synchronization.Job{
		ID: synchronization.JobID(id), Tenant: f.tenant, ServicePrincipal: principal, TemplateID: "scim",
		Schedule: synchronization.Schedule{State: synchronization.ScheduleActive, Interval: synchronization.DefaultInterval},
		Status:   synchronization.Status{Code: synchronization.Active},
		NextRun:  f.now, Created: f.now,
	}
	succeed(t, f.CreateJob(t.Context(), j, synchronization.Schema{ID: id, Version: "1"}))
	return j
}

// claim takes the longest due job for worker-1.
func (f *fixture) claim(t *testing.T) store.Claim {
	t.Helper()
	c, ok, err := f.ClaimJob(t.Context(), "worker-1", f.now, time.Minute)
	succeed(t, err)
	holds(t, ok, "a job is due")
	return c
}

// record stores the outcomes under the claim.
func (f *fixture) record(t *testing.T, c store.Claim, outcomes ...store.Outcome) {
	t.Helper()
	succeed(t, f.Record(t.Context(), c, store.Batch{Outcomes: outcomes}))
}

// linked is the outcome of an object that the job has at the target.
func linked(o directory.Object, targetID string) store.Outcome {
	return store.Outcome{Object: o.Key, Kind: o.Kind, Link: store.Link{TargetID: targetID, Managed: true, Digest: []byte("digest")}}
}

func succeed(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func fail(t *testing.T, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Fatalf("error is %v, want one of kind %d", err, kind)
	}
}

func holds(t *testing.T, condition bool, what string) {
	t.Helper()
	if !condition {
		t.Fatalf("does not hold: %s", what)
	}
}

func equal[T comparable](t *testing.T, got, want T, what string) {
	t.Helper()
	if got != want {
		t.Fatalf("%s is %v, want %v", what, got, want)
	}
}
