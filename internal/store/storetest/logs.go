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
)

func logChecks() []check {
	return []check{
		{"an entry reads back as it was", logStored},
		{"pages are newest first, or oldest, and hold every entry once", logPaged},
		{"a filter finds what it describes", logFiltered},
		{"a property that cannot be filtered is invalid and named", logFilterRefused},
		{"entries older than the instant are removed", logPruned},
	}
}

// write appends entries to the log.
func (f *fixture) write(entries ...store.LogEntry) {
	f.Helper()
	f.job("log-writer", f.id())
	c := f.claim()
	outcomes := make([]store.Outcome, len(entries))
	for i := range entries {
		outcomes[i] = linked(directory.Object{Key: 1, Kind: directory.User}, "t")
		outcomes[i].Log = &entries[i]
	}
	f.record(c, outcomes...)
}

func logStored(f *fixture) {
	e := store.LogEntry{
		ID: "id", Time: f.now.Add(123456 * time.Microsecond), JobID: "scim.x", CycleID: "cy", ChangeID: "ch", ServicePrincipal: "sp",
		Action: "create", Status: "success", SourceID: "s", SourceName: "Ada", SourceType: "User", TargetID: "t", TargetName: "ada",
		Duration: 1234567 * time.Nanosecond, Document: json.RawMessage(`{"id":"id","x":[1,"ü"]}`),
	}
	f.write(e)
	page, err := f.Logs(f.Context(), f.tenant, store.LogQuery{})
	f.succeed(err)
	f.same(page.Entries, []store.LogEntry{e}, "log")
	equal(f, page.Next, "", "next page")
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
	var entries []store.LogEntry
	for i, id := range strings.Split("cabedfg", "") {
		at := f.now.Add(time.Duration(id[0]-'a') * time.Minute)
		if i > 4 {
			at = f.now.Add(time.Hour) // two at the same instant
		}
		entries = append(entries, store.LogEntry{ID: id, Time: at})
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
	f.write(
		store.LogEntry{
			ID: "a", Time: f.now, JobID: "scim.x", CycleID: "cy1", ChangeID: "ch1", ServicePrincipal: "sp1", Action: "create", Status: "success",
			SourceID: "s1", SourceName: "Ada", SourceType: "User", TargetID: "t1", TargetName: "ada", Duration: time.Second,
			Document: json.RawMessage(`{"servicePrincipal":{"displayName":"CRM"},"targetIdentity":{"identityType":"urn"}}`),
		},
		store.LogEntry{ID: "b", Time: f.now.Add(time.Hour), JobID: "scim.y", CycleID: "cy2", ChangeID: "ch2", Action: "delete", Status: "failure", SourceName: "bob", Duration: time.Minute},
	)
	for _, c := range []struct {
		filter odata.Expr
		want   string
	}{
		{is("jobId", "scim.x"), "a"},
		{is("jobid", "scim.x"), "a"},
		{is("jobId", "SCIM.x"), ""},
		{is("cycleId", "cy2"), "b"},
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
		{is("sourceIdentity/id", "s1"), "a"},
		{is("sourceIdentity/identityType", "User"), "a"},
		{is("targetIdentity/id", "t1"), "a"},
		{is("targetidentity/displayname", "ada"), "a"},
		{is("targetIdentity/identityType", "urn"), "a"},
		{is("servicePrincipal/id", "sp1"), "a"},
		{is("servicePrincipal/displayName", "CRM"), "a"},
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
	var entries []store.LogEntry
	for i := range 5 {
		entries = append(entries, store.LogEntry{ID: fmt.Sprint(i), Time: f.now.Add(time.Duration(i) * time.Hour)})
	}
	f.write(entries...)
	n, err := f.PruneLogs(f.Context(), f.tenant, f.now.Add(2*time.Hour))
	f.succeed(err)
	equal(f, n, 2, "removed")
	equal(f, f.logged(store.LogQuery{Ascending: true}), "234", "left")
}
