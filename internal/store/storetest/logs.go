package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

func logChecks() []check {
	return []check{
		{"an entry reads back as it was", logStored},
		{"an entry without ids has some, and is found by them", logNamed},
		{"pages are newest first, or oldest, and hold every entry once", logPaged},
		{"a filter finds what it describes", logFiltered},
		{"a property that cannot be filtered is invalid and named", logFilterRefused},
		{"entries older than the instant are removed", logPruned},
	}
}

// entry returns an entry of the log with ids of its own.
func (f *fixture) entry(id string, at time.Time) *store.LogEntry {
	return &store.LogEntry{Record: synchronization.Record{
		RecordContext: &synchronization.RecordContext{TenantID: string(f.tenant)}, ID: id, Time: at,
	}}
}

// write appends entries to the log.
func (f *fixture) write(entries ...*store.LogEntry) {
	f.Helper()
	f.job("log-writer", f.id())
	c := f.claim()
	outcomes := make([]store.Outcome, len(entries))
	for i := range entries {
		outcomes[i] = linked(directory.Object{Key: 1, Kind: directory.User}, "t")
		outcomes[i].Log = entries[i]
	}
	f.record(c, outcomes...)
}

// creations is a context as a cycle has it.
func (f *fixture) creations() *synchronization.RecordContext {
	return &synchronization.RecordContext{
		TenantID: string(f.tenant), JobID: "scim.x", CycleID: "cy1", ServicePrincipal: synchronization.SummaryServicePrincipal{ID: "sp1", DisplayName: "CRM"},
		SourceSystem: synchronization.SummarySystem{DisplayName: "Entra", Details: map[string]string{}},
		TargetSystem: synchronization.SummarySystem{DisplayName: "CRM", Details: map[string]string{"ServicePrincipalId": "sp1"}},
		InitiatedBy:  synchronization.SummaryInitiator{DisplayName: "Provisor", InitiatorType: "system"},
		Form:         synchronization.RecordOfObject, Action: "create", Status: "success", SourceType: "User", TargetType: "urn",
		Properties: []string{"userName", "active", "displayName"},
	}
}

func logStored(f *fixture) {
	u := f.user("ada")
	none := f.entry("bare", f.now)
	whole := f.entry("whole", f.now.Add(time.Second))
	whole.ChangeID, whole.SourceID, whole.SourceName, whole.TargetName, whole.Whole = "ch", "s", "Ada", "ada", json.RawMessage(`{"id":"id","x":[1,"ü"]}`)
	full := &store.LogEntry{Source: u.Key, Record: synchronization.Record{
		RecordContext: f.creations(), ID: "id", ChangeID: "ch", Time: f.now.Add(2*time.Second + 123456*time.Microsecond),
		SourceID: string(u.ID), SourceName: "Ada", TargetID: "t", TargetName: "Ada", UserPrincipalName: "ada@x", Duration: 1234567 * time.Nanosecond,
		InScope: true, Scope: "assigned", Reason: "it is new", Code: "c", Details: "ü", Advice: "a",
		Changes: []synchronization.PropertyChange{
			{Name: "displayName", New: "Ada", HasNew: true},
			{Name: "userName", Old: "x", HasOld: true},
			{Name: "other"},
			{Name: "active", Old: "False", New: "", HasOld: true, HasNew: true},
		},
	}}
	same := *full
	same.ID, same.Time, same.Reason, same.Code, same.Details, same.Advice, same.Changes = "id2", f.now.Add(time.Hour), "assigned", "", "", "", nil
	f.write(none, whole, full, &same)
	page, err := f.Logs(f.Context(), f.tenant, store.LogQuery{Ascending: true})
	f.succeed(err)
	f.same(page.Entries, []store.LogEntry{*none, *whole, *full, same}, "log")
	equal(f, page.Next, "", "next page")
}

// logNamed: entries without ids are given some, by which they are found.
func logNamed(f *fixture) {
	var entries []*store.LogEntry
	for i, cycle := range []string{"cy1", "cy2", "cy1"} {
		e := f.entry("", f.now.Add(time.Duration(i)*time.Second))
		e.CycleID, e.SourceName = cycle, fmt.Sprint(i)
		entries = append(entries, e)
	}
	f.write(entries...)
	page, err := f.Logs(f.Context(), f.tenant, store.LogQuery{Ascending: true})
	f.succeed(err)
	equal(f, len(page.Entries), 3, "entries")
	seen := map[string]bool{}
	for i, e := range page.Entries {
		equal(f, e.SourceName, fmt.Sprint(i), "order")
		for property, id := range map[odata.Property]string{"id": e.ID, "changeId": e.ChangeID} {
			f.holds(!seen[id], "an id stands for one")
			seen[id] = true
			for _, filter := range []odata.Expr{is(property, id), called("startswith", property, id[:20]), odata.In{Property: property, Values: []odata.Literal{"x", id}}} {
				found, err := f.Logs(f.Context(), f.tenant, store.LogQuery{Filter: filter})
				f.succeed(err)
				f.same(found.Entries, []store.LogEntry{e}, fmt.Sprint(filter))
			}
			f.same(f.logged(store.LogQuery{Filter: is(property, id[:35]+"x")}), "", "another id")
		}
		f.same(f.logged(store.LogQuery{Filter: is("id", e.ChangeID)}), "", "a changeId is no id")
	}
}

// logged returns the ids of the entries found, page by page.
func (f *fixture) logged(q store.LogQuery) string {
	f.Helper()
	var ids []string
	for {
		page, err := f.Logs(f.Context(), f.tenant, q)
		f.succeed(err)
		for _, e := range page.Entries {
			ids = append(ids, e.ID)
		}
		if page.Next == "" {
			return strings.Join(ids, "")
		}
		q.After = page.Next
	}
}

func logPaged(f *fixture) {
	var entries []*store.LogEntry
	for i, id := range strings.Split("cabedfg", "") {
		at := f.now.Add(time.Duration(id[0]-'a') * time.Minute)
		if i > 4 {
			at = f.now.Add(time.Hour) // two at the same instant
		}
		entries = append(entries, f.entry(id, at))
	}
	f.write(entries...)
	for top := range 9 {
		equal(f, f.logged(store.LogQuery{Top: top}), "gfedcba", fmt.Sprint("newest first by ", top))
		equal(f, f.logged(store.LogQuery{Top: top, Ascending: true}), "abcdefg", fmt.Sprint("oldest first by ", top))
	}
	_, err := f.Logs(f.Context(), f.tenant, store.LogQuery{After: "nonsense"})
	f.fail(err, errs.Invalid)
}

func logFiltered(f *fixture) {
	a, b, u := f.entry("a", f.now), f.entry("b", f.now.Add(time.Hour)), f.user("ada")
	a.RecordContext, a.ChangeID, a.Source, a.SourceID, a.SourceName = f.creations(), "ch1", u.Key, string(u.ID), "Ada"
	a.TargetID, a.TargetName, a.Duration = "t1", "ada", time.Second
	b.RecordContext = &synchronization.RecordContext{TenantID: string(f.tenant), JobID: "scim.y", CycleID: "cy2", Action: "delete", Status: "failure"}
	b.ChangeID, b.SourceID, b.SourceName, b.TargetName, b.Duration = "ch2", "s2", "bob", "bob", time.Minute
	f.write(a, b)
	for _, c := range []struct {
		filter odata.Expr
		want   string
	}{
		{is("jobId", "scim.x"), "a"},
		{is("jobid", "scim.x"), "a"},
		{is("jobId", "SCIM.x"), ""},
		{is("cycleId", "cy2"), "b"},
		{called("startswith", "cycleId", "cy"), "ba"},
		{odata.Compare{Property: "cycleId", Op: odata.Ne, Value: "cy2"}, "a"},
		{odata.In{Property: "jobId", Values: []odata.Literal{"scim.x", "scim.y", "scim.z"}}, "ba"},
		{odata.In{Property: "jobId", Values: []odata.Literal{nil}}, ""},
		{odata.Compare{Property: "jobId", Op: odata.Eq}, ""},
		{odata.Not{Expr: is("jobId", "scim.z")}, "ba"},
		{is("changeid", "ch1"), "a"},
		{is("id", "b"), "b"},
		{is("tenantId", string(f.tenant)), "ba"},
		{is("provisioningAction", "create"), "a"},
		{is("action", "delete"), "b"},
		{is("provisioningStatusInfo/status", "SUCCESS"), "a"},
		{is("statusInfo/status", "failure"), "b"},
		{called("contains", "sourceIdentity/displayName", "da"), "a"},
		{called("contains", "sourceIdentity/displayName", "DA"), ""},
		{called("startswith", "sourceIdentity/displayName", "b"), "b"},
		{is("sourceIdentity/id", string(u.ID)), "a"},
		{is("sourceIdentity/id", "s2"), "b"},
		{is("sourceIdentity/id", "s3"), ""},
		{called("endswith", "sourceIdentity/id", string(u.ID[20:])), "a"},
		{odata.In{Property: "sourceIdentity/id", Values: []odata.Literal{"s2", string(u.ID), nil}}, "ba"},
		{odata.Compare{Property: "sourceIdentity/id", Op: odata.Ne, Value: "s2"}, "a"},
		{is("sourceIdentity/identityType", "User"), "a"},
		{is("targetIdentity/id", "t1"), "a"},
		{is("targetidentity/displayname", "ada"), "a"},
		{is("targetidentity/displayname", "bob"), "b"},
		{is("targetIdentity/identityType", "urn"), "a"},
		{is("servicePrincipal/id", "sp1"), "a"},
		{is("servicePrincipal/displayName", "CRM"), "a"},
		{is("sourceSystem/displayName", "Entra"), "a"},
		{is("targetSystem/displayName", "CRM"), "a"},
		{is("initiatedBy/displayName", "Provisor"), "a"},
		{odata.In{Property: "provisioningAction", Values: []odata.Literal{"create", "update"}}, "a"},
		{compared("activityDateTime", odata.Gt, f.now), "b"},
		{compared("activityDateTime", odata.Ge, f.now), "ba"},
		{compared("activityDateTime", odata.Lt, f.now.Add(time.Minute)), "a"},
		{compared("activityDateTime", odata.Le, f.now.Add(time.Hour)), "ba"},
		{compared("durationInMilliseconds", odata.Gt, int64(1000)), "b"},
		{odata.And{Left: is("jobId", "scim.y"), Right: compared("activityDateTime", odata.Gt, f.now)}, "b"},
		{odata.Or{Left: is("id", "a"), Right: is("id", "b")}, "ba"},
		{odata.Not{Expr: is("id", "a")}, "b"},
	} {
		equal(f, f.logged(store.LogQuery{Filter: c.filter, Top: 1}), c.want, fmt.Sprint(c.filter))
	}
}

func logFilterRefused(f *fixture) {
	for _, e := range []odata.Expr{
		is("mood", "good"), odata.Any{Collection: "mood", Variable: "m"}, is("activityDateTime", "mood"), is("jobId", true),
	} {
		_, err := f.Logs(f.Context(), f.tenant, store.LogQuery{Filter: e})
		f.fail(err, errs.Invalid)
	}
	_, err := f.Logs(f.Context(), f.tenant, store.LogQuery{Filter: is("mood", "good")})
	f.holds(strings.Contains(err.Error(), "mood"), "the message names the property")
}

func logPruned(f *fixture) {
	var entries []*store.LogEntry
	for i := range 5 {
		entries = append(entries, f.entry(fmt.Sprint(i), f.now.Add(time.Duration(i)*time.Hour)))
	}
	f.write(entries...)
	n, err := f.PruneLogs(f.Context(), f.tenant, f.now.Add(2*time.Hour))
	f.succeed(err)
	equal(f, n, 2, "removed")
	equal(f, f.logged(store.LogQuery{Ascending: true}), "234", "left")
}
