package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

func candidateChecks() []check {
	return []check{
		{"changes are paged by sequence, each object once at its latest", candidatesPaged},
		{"only changes up to the head are read", candidatesBounded},
		{"a candidate carries its link and failure", candidateLink},
		{"assignments are direct or by a group, with the roles behind them", candidateRoles},
		{"a group is assigned directly only", groupRoles},
		{"a deleted object stays a candidate; a purged one only with a link", tombstones},
		{"retries are the due failures that did not change in the window", retried},
		{"the source of a target object is found", linkedTo},
		{"a purged object lets go of an account that is not managed", accountLetGo},
	}
}

// changed returns every candidate in (from, head], reading pages of limit.
func (f *fixture) changed(t *testing.T, c store.Claim, kind directory.Kind, from, head int64, limit int) []store.Candidate {
	t.Helper()
	q := store.CandidateQuery{Claim: c, Kind: kind, From: from, Head: head, Limit: limit}
	var found []store.Candidate
	for {
		page, err := f.Candidates(t.Context(), q)
		succeed(t, err)
		holds(t, len(page) <= limit, "the page is no longer than asked for")
		found = append(found, page...)
		if len(page) < limit {
			return found
		}
		q.After = page[len(page)-1].Sequence
	}
}

// retries returns the due failures of users, whatever has changed.
func (f *fixture) retries(t *testing.T, c store.Claim) []store.Candidate {
	t.Helper()
	found, err := f.Candidates(t.Context(), store.CandidateQuery{Claim: c, Kind: directory.User, Retry: true, Due: f.now, Limit: 100})
	succeed(t, err)
	return found
}

// candidate returns the candidate that o is.
func (f *fixture) candidate(t *testing.T, c store.Claim, o directory.Object) store.Candidate {
	t.Helper()
	for _, found := range f.changed(t, c, o.Kind, 0, f.head(t), 100) {
		if found.Key == o.Key {
			return found
		}
	}
	t.Fatalf("%s is no candidate", o.ID)
	return store.Candidate{}
}

func candidatesPaged(t *testing.T, f *fixture) {
	f.job(t, "a", f.id())
	c := f.claim(t)
	var users []directory.Object
	for i := range 7 {
		users = append(users, f.user(t, fmt.Sprint("u", i)))
		f.group(t, fmt.Sprint("g", i))
	}
	_, err := f.UpdateObject(t.Context(), f.tenant, store.Ref{ID: users[2].ID}, f.now, replaceBy(directory.Attributes{"displayName": "changed"}))
	succeed(t, err)
	users = append(users, f.again(t, users[2]))
	users = slices.Delete(users, 2, 3)
	for limit := 1; limit <= 8; limit++ {
		var got []directory.Object
		for _, candidate := range f.changed(t, c, directory.User, 0, f.head(t), limit) {
			got = append(got, candidate.Object)
		}
		same(t, got, users, "users")
	}
}

func candidatesBounded(t *testing.T, f *fixture) {
	f.job(t, "a", f.id())
	c := f.claim(t)
	f.user(t, "ada")
	from := f.head(t)
	bob := f.user(t, "bob")
	head := f.head(t)
	f.user(t, "cid")
	got := f.changed(t, c, directory.User, from, head, 10)
	equal(t, len(got), 1, "candidates")
	equal(t, got[0].ID, bob.ID, "the candidate")
}

func candidateLink(t *testing.T, f *fixture) {
	u := f.user(t, "ada")
	f.job(t, "a", f.id())
	c := f.claim(t)
	same(t, f.candidate(t, c, u).Link, store.Link{}, "no link")
	failure := &store.Failure{Code: "c", Reason: "r", Attempts: 3, First: f.now, RetryAt: f.now.Add(time.Hour)}
	link := store.Link{TargetID: "t1", Managed: true, Digest: []byte{0, 1, 2}, Failure: failure}
	f.record(t, c, store.Outcome{Object: u.Key, Kind: u.Kind, Link: link})
	same(t, f.candidate(t, c, u).Link, link, "the link")
	link = store.Link{Failure: failure}
	f.record(t, c, store.Outcome{Object: u.Key, Kind: u.Kind, Link: link})
	same(t, f.candidate(t, c, u).Link, link, "the failure alone")
	f.record(t, c, store.Outcome{Object: u.Key, Kind: u.Kind})
	same(t, f.candidate(t, c, u).Link, store.Link{}, "removed")
}

// expectRoles checks what a candidate is assigned.
func (f *fixture) expectRoles(t *testing.T, c store.Claim, o directory.Object, want ...directory.AppRoleGrant) {
	t.Helper()
	got := f.candidate(t, c, o)
	equal(t, got.Assigned, want != nil, "assigned")
	byRole := cmpopts.SortSlices(func(a, b directory.AppRoleGrant) bool { return fmt.Sprint(a) < fmt.Sprint(b) })
	if diff := cmp.Diff(want, got.AppRoles, byRole); diff != "" {
		t.Fatalf("roles differ (-want +got):\n%s", diff)
	}
}

func candidateRoles(t *testing.T, f *fixture) {
	app, other := f.principal(t, "app"), f.principal(t, "other")
	u, g, h := f.user(t, "ada"), f.group(t, "eng"), f.group(t, "ops")
	f.job(t, "a", app.ID)
	c := f.claim(t)
	f.assign(t, u, other, "role-0")
	f.expectRoles(t, c, u)
	direct := f.assign(t, u, app, "role-1")
	f.expectRoles(t, c, u, directory.AppRoleGrant{AppRoleID: "role-1"})
	f.relate(t, g, directory.Members, u)
	f.relate(t, h, directory.Members, u)
	f.assign(t, g, app, "role-1")
	f.assign(t, h, app, "role-1")
	f.assign(t, h, app, "role-2")
	f.expectRoles(t, c, u, directory.AppRoleGrant{AppRoleID: "role-1"},
		directory.AppRoleGrant{AppRoleID: "role-1", ViaGroup: true}, directory.AppRoleGrant{AppRoleID: "role-2", ViaGroup: true})
	succeed(t, f.Unassign(t.Context(), f.tenant, direct))
	succeed(t, f.Unrelate(t.Context(), f.tenant, h.ID, directory.Members, u.ID))
	f.expectRoles(t, c, u, directory.AppRoleGrant{AppRoleID: "role-1", ViaGroup: true})
	f.remove(t, g)
	f.expectRoles(t, c, u)
}

func groupRoles(t *testing.T, f *fixture) {
	app, parent, child, u := f.principal(t, "app"), f.group(t, "parent"), f.group(t, "child"), f.user(t, "ada")
	f.job(t, "a", app.ID)
	c := f.claim(t)
	f.relate(t, parent, directory.Members, child)
	f.relate(t, child, directory.Members, u)
	f.assign(t, parent, app, "role-1")
	f.expectRoles(t, c, parent, directory.AppRoleGrant{AppRoleID: "role-1"})
	f.expectRoles(t, c, child)
	f.expectRoles(t, c, u)
}

func tombstones(t *testing.T, f *fixture) {
	f.job(t, "a", f.id())
	c := f.claim(t)
	known, unknown := f.user(t, "known"), f.user(t, "unknown")
	f.record(t, c, linked(known, "t1"))
	from := f.head(t)
	f.remove(t, known)
	f.remove(t, unknown)
	got := f.changed(t, c, directory.User, from, f.head(t), 10)
	equal(t, len(got), 2, "candidates while deleted")
	equal(t, got[0].Presence, directory.SoftDeleted, "presence")
	same(t, got[0].Attributes, known.Attributes, "attributes of a deleted object")
	for _, o := range []directory.Object{known, unknown} {
		succeed(t, f.PurgeObject(t.Context(), f.tenant, o.ID, f.now))
	}
	got = f.changed(t, c, directory.User, from, f.head(t), 10)
	equal(t, len(got), 1, "candidates when purged")
	holds(t, got[0].ID == known.ID && got[0].Presence == directory.Purged && got[0].Attributes == nil, "a tombstone without attributes")
	equal(t, got[0].Link.TargetID, "t1", "its target")
}

func retried(t *testing.T, f *fixture) {
	f.job(t, "a", f.id())
	c := f.claim(t)
	failed := func(name string, retryAt time.Time) store.Outcome {
		u := f.user(t, name)
		return store.Outcome{Object: u.Key, Kind: u.Kind, Link: store.Link{Failure: &store.Failure{Code: "x", RetryAt: retryAt}}}
	}
	old, young, late := failed("old", f.now), failed("young", f.now), failed("late", f.now.Add(time.Second))
	immediately := failed("immediately", time.Time{})
	f.record(t, c, old, young, late, immediately, linked(f.user(t, "fine"), "t1"))
	from := f.head(t)
	_, err := f.UpdateObject(t.Context(), f.tenant, store.Ref{Property: "userPrincipalName", Value: "young@contoso.example"}, f.now,
		replaceBy(directory.Attributes{"userPrincipalName": "young@contoso.example", "department": "x"}))
	succeed(t, err)
	q := store.CandidateQuery{Claim: c, Kind: directory.User, From: from, Head: f.head(t), Retry: true, Due: f.now, Limit: 1}
	var got []directory.Key
	for {
		page, err := f.Candidates(t.Context(), q)
		succeed(t, err)
		if len(page) == 0 {
			break
		}
		got = append(got, page[0].Key)
		holds(t, page[0].Link.Failure != nil, "it carries its failure")
		q.After = int64(page[0].Key)
	}
	same(t, got, []directory.Key{old.Object, immediately.Object}, "retries by key")
	q.Kind, q.After = directory.Group, 0
	page, err := f.Candidates(t.Context(), q)
	succeed(t, err)
	equal(t, len(page), 0, "retries of groups")
}

func linkedTo(t *testing.T, f *fixture) {
	u, g := f.user(t, "ada"), f.group(t, "eng")
	f.job(t, "a", f.id())
	c := f.claim(t)
	f.record(t, c, linked(u, "1"), linked(g, "2"))
	id, ok, err := f.LinkedTo(t.Context(), c, directory.User, "1")
	succeed(t, err)
	holds(t, ok && id == u.ID, "the user is found")
	for _, q := range []struct {
		kind   directory.Kind
		target string
	}{{directory.User, "2"}, {directory.Group, "1"}, {directory.User, "3"}, {directory.User, ""}} {
		_, ok, err = f.LinkedTo(t.Context(), c, q.kind, q.target)
		succeed(t, err)
		holds(t, !ok, "nothing else is found")
	}
}

func accountLetGo(t *testing.T, f *fixture) {
	kept, gone := f.user(t, "kept"), f.user(t, "gone")
	f.job(t, "a", f.id())
	c := f.claim(t)
	disabled := linked(gone, "2")
	disabled.Link.Managed = false
	f.record(t, c, linked(kept, "1"), disabled)
	for _, o := range []directory.Object{kept, gone} {
		_, ok, err := f.LinkedTo(t.Context(), c, directory.User, f.candidate(t, c, o).Link.TargetID)
		succeed(t, err)
		holds(t, ok, "the source is found while it is there")
		f.remove(t, o)
		succeed(t, f.PurgeObject(t.Context(), f.tenant, o.ID, f.now))
	}
	_, ok, err := f.LinkedTo(t.Context(), c, directory.User, "1")
	succeed(t, err)
	holds(t, ok, "a managed account is still to be dealt with")
	_, ok, err = f.LinkedTo(t.Context(), c, directory.User, "2")
	succeed(t, err)
	holds(t, !ok, "an account that was let go may be matched again")
}
