package storetest

import (
	"fmt"
	"slices"
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
		{"groups within groups count where the job says so", nestedGroups},
		{"a deleted object stays a candidate; a purged one only with a link", tombstones},
		{"retries are the due failures that did not change in the window", retried},
		{"the source of a target object is found", linkedTo},
		{"a purged object lets go of an account that is not managed", accountLetGo},
	}
}

// changed returns every candidate in (from, head], reading pages of limit.
func (f *fixture) changed(c store.Claim, kind directory.Kind, from, head int64, limit int) []store.Candidate {
	f.Helper()
	q := store.CandidateQuery{Claim: c, Kind: kind, From: from, Head: head, Limit: limit}
	var found []store.Candidate
	for {
		page, err := f.Candidates(f.Context(), q)
		f.succeed(err)
		f.holds(len(page) <= limit, "the page is no longer than asked for")
		found = append(found, page...)
		if len(page) < limit {
			return found
		}
		q.After = page[len(page)-1].Sequence
	}
}

// retries returns the due failures of users, whatever has changed.
func (f *fixture) retries(c store.Claim) []store.Candidate {
	f.Helper()
	found, err := f.Candidates(f.Context(), store.CandidateQuery{Claim: c, Kind: directory.User, Of: store.Retried, Due: f.now, Limit: 100})
	f.succeed(err)
	return found
}

// candidate returns the candidate that o is.
func (f *fixture) candidate(c store.Claim, o directory.Object) store.Candidate {
	f.Helper()
	for _, found := range f.changed(c, o.Kind, 0, f.head(), 100) {
		if found.Key == o.Key {
			return found
		}
	}
	f.Fatalf("%s is no candidate", o.ID)
	return store.Candidate{}
}

func candidatesPaged(f *fixture) {
	f.job("a", f.id())
	c := f.claim()
	var users []directory.Object
	for i := range 7 {
		users = append(users, f.user(fmt.Sprint("u", i)))
		f.group(fmt.Sprint("g", i))
	}
	_, err := f.UpdateObject(f.Context(), f.tenant, store.Ref{ID: users[2].ID}, f.now, replaceBy(directory.Attributes{"displayName": "changed"}))
	f.succeed(err)
	users = append(users, f.again(users[2]))
	users = slices.Delete(users, 2, 3)
	for limit := 1; limit <= 8; limit++ {
		var got []directory.Object
		for _, candidate := range f.changed(c, directory.User, 0, f.head(), limit) {
			got = append(got, candidate.Object)
		}
		f.same(got, users, "users")
	}
}

func candidatesBounded(f *fixture) {
	f.job("a", f.id())
	c := f.claim()
	f.user("ada")
	from := f.head()
	bob := f.user("bob")
	head := f.head()
	f.user("cid")
	got := f.changed(c, directory.User, from, head, 10)
	equal(f, len(got), 1, "candidates")
	equal(f, got[0].ID, bob.ID, "the candidate")
}

func candidateLink(f *fixture) {
	u := f.user("ada")
	f.job("a", f.id())
	c := f.claim()
	f.same(f.candidate(c, u).Link, store.Link{}, "no link")
	failure := &store.Failure{Code: "c", Reason: "r", Attempts: 3, First: f.now, RetryAt: f.now.Add(time.Hour)}
	link := store.Link{TargetID: "t1", Managed: true, Digest: []byte{0, 1, 2}, Failure: failure}
	f.record(c, store.Outcome{Object: u.Key, Kind: u.Kind, Link: link})
	f.same(f.candidate(c, u).Link, link, "the link")
	link = store.Link{Failure: failure}
	f.record(c, store.Outcome{Object: u.Key, Kind: u.Kind, Link: link})
	f.same(f.candidate(c, u).Link, link, "the failure alone")
	link = store.Link{Managed: true, Begun: []store.MatchingValue{{Path: "userName", Value: "ada"}, {Path: `emails[type eq "work"].value`, Value: "Ada@x", CaseExact: true}}}
	f.record(c, store.Outcome{Object: u.Key, Kind: u.Kind, Link: link})
	f.same(f.candidate(c, u).Link, link, "a create that was begun")
	f.record(c, linked(u, "t1"))
	f.same(f.candidate(c, u).Link, linked(u, "t1").Link, "its end")
	f.record(c, store.Outcome{Object: u.Key, Kind: u.Kind})
	f.same(f.candidate(c, u).Link, store.Link{}, "removed")
}

// expectRoles checks what a candidate is assigned.
func (f *fixture) expectRoles(c store.Claim, o directory.Object, want ...directory.AppRoleGrant) {
	f.Helper()
	got := f.candidate(c, o)
	equal(f, got.Assigned, want != nil, "assigned")
	byRole := cmpopts.SortSlices(func(a, b directory.AppRoleGrant) bool { return fmt.Sprint(a) < fmt.Sprint(b) })
	if diff := cmp.Diff(want, got.AppRoles, byRole); diff != "" {
		f.Fatalf("roles differ (-want +got):\n%s", diff)
	}
}

func candidateRoles(f *fixture) {
	app, other := f.principal("app"), f.principal("other")
	u, g, h := f.user("ada"), f.group("eng"), f.group("ops")
	f.job("a", app.ID)
	c := f.claim()
	f.assign(u, other, "role-0")
	f.expectRoles(c, u)
	direct := f.assign(u, app, "role-1")
	f.expectRoles(c, u, directory.AppRoleGrant{AppRoleID: "role-1"})
	unasked, err := f.Candidates(f.Context(), store.CandidateQuery{Claim: c, Kind: directory.User, Head: f.head(), Limit: 10, WithoutRoles: true})
	f.succeed(err)
	f.holds(len(unasked) == 1 && unasked[0].ID == u.ID && !unasked[0].Assigned && unasked[0].AppRoles == nil, "roles that nobody asks for are left out")
	f.relate(g, directory.Members, u)
	f.relate(h, directory.Members, u)
	f.assign(g, app, "role-1")
	f.assign(h, app, "role-1")
	f.assign(h, app, "role-2")
	f.expectRoles(c, u, directory.AppRoleGrant{AppRoleID: "role-1"},
		directory.AppRoleGrant{AppRoleID: "role-1", ViaGroup: true}, directory.AppRoleGrant{AppRoleID: "role-2", ViaGroup: true})
	f.succeed(f.Unassign(f.Context(), f.tenant, direct))
	f.succeed(f.Unrelate(f.Context(), f.tenant, h.ID, directory.Members, u.ID))
	f.expectRoles(c, u, directory.AppRoleGrant{AppRoleID: "role-1", ViaGroup: true})
	f.remove(g)
	f.expectRoles(c, u)
}

func groupRoles(f *fixture) {
	app, parent, child, u := f.principal("app"), f.group("parent"), f.group("child"), f.user("ada")
	f.job("a", app.ID)
	c := f.claim()
	f.relate(parent, directory.Members, child)
	f.relate(child, directory.Members, u)
	f.assign(parent, app, "role-1")
	f.expectRoles(c, parent, directory.AppRoleGrant{AppRoleID: "role-1"})
	f.expectRoles(c, child)
	f.expectRoles(c, u)
}

func tombstones(f *fixture) {
	f.job("a", f.id())
	c := f.claim()
	known, unknown := f.user("known"), f.user("unknown")
	f.record(c, linked(known, "t1"))
	from := f.head()
	f.remove(known)
	f.remove(unknown)
	got := f.changed(c, directory.User, from, f.head(), 10)
	equal(f, len(got), 2, "candidates while deleted")
	equal(f, got[0].Presence, directory.SoftDeleted, "presence")
	f.same(got[0].Attributes, known.Attributes, "attributes of a deleted object")
	for _, o := range []directory.Object{known, unknown} {
		f.succeed(f.PurgeObject(f.Context(), f.tenant, o.ID, f.now))
	}
	got = f.changed(c, directory.User, from, f.head(), 10)
	equal(f, len(got), 1, "candidates when purged")
	f.holds(got[0].ID == known.ID && got[0].Presence == directory.Purged && got[0].Attributes == nil, "a tombstone without attributes")
	equal(f, got[0].Link.TargetID, "t1", "its target")
}

func retried(f *fixture) {
	f.job("a", f.id())
	c := f.claim()
	failed := func(name string, retryAt time.Time) store.Outcome {
		u := f.user(name)
		return store.Outcome{Object: u.Key, Kind: u.Kind, Link: store.Link{Failure: &store.Failure{Code: "x", RetryAt: retryAt}}}
	}
	old, young, late := failed("old", f.now), failed("young", f.now), failed("late", f.now.Add(time.Second))
	immediately := failed("immediately", time.Time{})
	f.record(c, old, young, late, immediately, linked(f.user("fine"), "t1"))
	from := f.head()
	_, err := f.UpdateObject(f.Context(), f.tenant, store.Ref{Property: "userPrincipalName", Value: "young@contoso.example"}, f.now,
		replaceBy(directory.Attributes{"userPrincipalName": "young@contoso.example", "department": "x"}))
	f.succeed(err)
	q := store.CandidateQuery{Claim: c, Kind: directory.User, From: from, Head: f.head(), Of: store.Retried, Due: f.now, Limit: 1}
	var got []directory.Key
	for {
		page, err := f.Candidates(f.Context(), q)
		f.succeed(err)
		if len(page) == 0 {
			break
		}
		got = append(got, page[0].Key)
		f.holds(page[0].Link.Failure != nil, "it carries its failure")
		q.After = int64(page[0].Key)
	}
	f.same(got, []directory.Key{old.Object, immediately.Object}, "retries by key")
	q.Kind, q.After = directory.Group, 0
	page, err := f.Candidates(f.Context(), q)
	f.succeed(err)
	equal(f, len(page), 0, "retries of groups")
}

func linkedTo(f *fixture) {
	u, g := f.user("ada"), f.group("eng")
	f.job("a", f.id())
	c := f.claim()
	f.record(c, linked(u, "1"), linked(g, "2"))
	id, ok, err := f.LinkedTo(f.Context(), c, directory.User, "1")
	f.succeed(err)
	f.holds(ok && id == u.ID, "the user is found")
	for _, q := range []struct {
		kind   directory.Kind
		target string
	}{{directory.User, "2"}, {directory.Group, "1"}, {directory.User, "3"}, {directory.User, ""}} {
		_, ok, err = f.LinkedTo(f.Context(), c, q.kind, q.target)
		f.succeed(err)
		f.holds(!ok, "nothing else is found")
	}
}

func accountLetGo(f *fixture) {
	kept, gone := f.user("kept"), f.user("gone")
	f.job("a", f.id())
	c := f.claim()
	disabled := linked(gone, "2")
	disabled.Link.Managed = false
	f.record(c, linked(kept, "1"), disabled)
	for _, o := range []directory.Object{kept, gone} {
		_, ok, err := f.LinkedTo(f.Context(), c, directory.User, f.candidate(c, o).Link.TargetID)
		f.succeed(err)
		f.holds(ok, "the source is found while it is there")
		f.remove(o)
		f.succeed(f.PurgeObject(f.Context(), f.tenant, o.ID, f.now))
	}
	_, ok, err := f.LinkedTo(f.Context(), c, directory.User, "1")
	f.succeed(err)
	f.holds(ok, "a managed account is still to be dealt with")
	_, ok, err = f.LinkedTo(f.Context(), c, directory.User, "2")
	f.succeed(err)
	f.holds(!ok, "an account that was let go may be matched again")
}
