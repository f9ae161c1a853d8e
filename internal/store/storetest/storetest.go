// Package storetest checks that a database keeps the contract of package store.
// Every driver runs it; each check is named after the sentence it stands for.
package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
		"Tenants":      tenantChecks(),
		"Settings":     settingChecks(),
		"Secrets":      secretChecks(),
		"Leases":       leaseChecks(),
		"Tasks":        taskChecks(),
		"Seats":        seatChecks(),
		"Due":          dueChecks(),
		"Passwords":    passwordChecks(),
		"Roles":        roleChecks(),
		"Objects":      objectChecks(),
		"Deletion":     deletionChecks(),
		"Queries":      queryChecks(),
		"Filters":      filterChecks(),
		"Relations":    relationChecks(),
		"Feed":         feedChecks(),
		"Deltas":       deltaChecks(),
		"Grants":       permissionGrantChecks(),
		"Import":       importChecks(),
		"AppRoles":     appRoleChecks(),
		"Jobs":         jobChecks(),
		"Claims":       claimChecks(),
		"Templates":    templateChecks(),
		"Candidates":   candidateChecks(),
		"Departures":   departureChecks(),
		"Announce":     announcementChecks(),
		"Record":       recordChecks(),
		"References":   referenceChecks(),
		"Large owners": largeOwnerChecks(),
		"Observations": observationChecks(),
		"Logs":         logChecks(),
		"Issued":       issuedChecks(),
		"Replies":      replyChecks(),
		"Subscribers":  subscriptionChecks(),
		"Writes":       writeChecks(),
		"Model":        modelChecks(),
	} {
		t.Run(noun, func(t *testing.T) {
			t.Parallel()
			for _, c := range checks {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(newFixture(t, open))
				})
			}
		})
	}
}

// check is one sentence of the contract.
type check struct {
	name string
	run  func(f *fixture)
}

// fixture is one check's test and its store with one tenant, and short ways to
// fill the store and to say what is expected.
type fixture struct {
	*testing.T
	store.Store
	tenant directory.TenantID
	now    time.Time
	serial atomic.Int64
}

func newFixture(t *testing.T, open Open) *fixture {
	t.Helper()
	f := &fixture{
		T: t, Store: open(t),
		tenant: "11111111-1111-4111-8111-111111111111", now: time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC),
	}
	f.succeed(f.CreateTenant(f.Context(), store.Tenant{ID: f.tenant, DisplayName: "Contoso", Domain: "contoso.example", Created: f.now}))
	return f
}

// id returns a fresh GUID.
func (f *fixture) id() directory.ObjectID {
	return directory.ObjectID(fmt.Sprintf("00000000-0000-4000-8000-%012x", f.serial.Add(1)))
}

func (f *fixture) create(kind directory.Kind, a directory.Attributes) directory.Object {
	f.Helper()
	o, err := f.CreateObject(f.Context(), f.tenant, directory.Object{ID: f.id(), Kind: kind, Created: f.now, Attributes: a})
	f.succeed(err)
	return o
}

func (f *fixture) user(name string) directory.Object {
	f.Helper()
	return f.create(directory.User, directory.Attributes{
		"userPrincipalName": name + "@contoso.example", "displayName": name, "accountEnabled": true,
	})
}

func (f *fixture) group(name string) directory.Object {
	f.Helper()
	return f.create(directory.Group, directory.Attributes{"displayName": name, "securityEnabled": true})
}

func (f *fixture) principal(appID string) directory.Object {
	f.Helper()
	return f.create(directory.ServicePrincipal, directory.Attributes{"displayName": appID, "appId": appID})
}

func (f *fixture) relate(from directory.Object, r directory.Relation, to ...directory.Object) {
	f.Helper()
	for _, o := range to {
		added, err := f.Relate(f.Context(), f.tenant, from.ID, r, o.ID)
		f.succeed(err)
		f.holds(added, "the reference is new")
	}
}

func (f *fixture) assign(principal, resource directory.Object, role string) string {
	f.Helper()
	id := string(f.id())
	f.succeed(f.Assign(f.Context(), f.tenant, directory.AppRoleAssignment{
		ID: id, Principal: principal.ID, Resource: resource.ID, AppRoleID: role, Created: f.now,
	}))
	return id
}

// again returns the object as it is now.
func (f *fixture) again(o directory.Object) directory.Object {
	f.Helper()
	now, err := f.Object(f.Context(), f.tenant, store.Ref{ID: o.ID})
	f.succeed(err)
	return now
}

func (f *fixture) head() int64 {
	f.Helper()
	head, err := f.Head(f.Context(), f.tenant)
	f.succeed(err)
	return head
}

// job stores a job that is due at once.
func (f *fixture) job(id string, principal directory.ObjectID) synchronization.Job {
	f.Helper()
	j := synchronization.Job{
		ID: synchronization.JobID(id), Tenant: f.tenant, ServicePrincipal: principal, TemplateID: "scim",
		Schedule: synchronization.Schedule{State: synchronization.ScheduleActive, Interval: synchronization.DefaultInterval},
		Status:   synchronization.Status{Code: synchronization.Active},
		NextRun:  f.now, Created: f.now,
	}
	f.succeed(f.CreateJob(f.Context(), j, synchronization.Schema{ID: id, Version: "1"}))
	return j
}

// claim takes the longest due job for worker-1.
func (f *fixture) claim() store.Claim {
	f.Helper()
	c, ok, err := ClaimNext(f.Context(), f, "worker-1", f.now, time.Minute)
	f.succeed(err)
	f.holds(ok, "a job is due")
	return c
}

// record stores the outcomes under the claim.
func (f *fixture) record(c store.Claim, outcomes ...store.Outcome) {
	f.Helper()
	f.succeed(f.Record(f.Context(), c, store.Batch{Outcomes: outcomes}))
}

// linked is the outcome of an object that the job has at the target.
func linked(o directory.Object, targetID string) store.Outcome {
	return store.Outcome{Object: o.Key, Kind: o.Kind, Link: store.Link{TargetID: targetID, Managed: true, Digest: []byte("digest")}}
}

func (f *fixture) succeed(err error) {
	f.Helper()
	if err != nil {
		f.Fatalf("unexpected error: %v", err)
	}
}

func (f *fixture) fail(err error, kind errs.Kind) {
	f.Helper()
	if !errs.Is(err, kind) {
		f.Fatalf("error is %v, want one of kind %d", err, kind)
	}
}

func (f *fixture) holds(condition bool, what string) {
	f.Helper()
	equal(f, condition, true, what)
}

func (f *fixture) same(got, want any, what string) {
	f.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		f.Fatalf("%s differs (-want +got):\n%s", what, diff)
	}
}

func equal[T comparable](f *fixture, got, want T, what string) {
	f.Helper()
	if got != want {
		f.Fatalf("%s: got %v, want %v", what, got, want)
	}
}
