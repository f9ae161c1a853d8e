package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
	"github.com/provisor/provisor/internal/scimserver/faults"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// strict is a target that follows RFC 7644, spoken to accordingly.
func strict() terrain { return terrain{dialect: scim.RFC7644} }

// entra is a target written for Entra, spoken to as Entra does.
func entra() terrain { return terrain{dialect: scim.Entra, mode: scim.Tolerant} }

func TestInitialCycleProvisionsEverything(t *testing.T) {
	t.Parallel()
	for name, ground := range map[string]terrain{"strict": strict(), "entra": entra(), "flagged": {dialect: scim.EntraSCIM062020, mode: scim.Tolerant}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, ground)
			people := w.users(30)
			for i, id := range people[1:] {
				w.relate(id, directory.Manager, people[i/3])
			}
			w.group("Everyone", people...)
			w.group("Some", people[3:9]...)
			w.group("Nobody")
			counts, err := w.cycle()
			require.NoError(t, err)
			require.Zero(t, counts.Escrowed)
			require.EqualValues(t, 33, counts.Exported)
			w.verify()
		})
	}
}

func TestCycleWithoutChangesSendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	people := w.users(20)
	w.group("Everyone", people...)
	_, err := w.cycle()
	require.NoError(t, err)
	before := w.injector.Requests()
	for range 3 {
		_, err := w.cycle()
		require.NoError(t, err)
	}
	require.Equal(t, before, w.injector.Requests(), "contract point 6")
}

func TestIncrementalCycleSendsOnlyTheDifference(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	people := w.users(20)
	group := w.group("Everyone", people...)
	_, err := w.cycle()
	require.NoError(t, err)

	w.set(people[3], "department", "Research")
	w.set(people[4], "usageLocation", "CH") // not mapped
	w.unrelate(group, directory.Members, people[5])
	newcomer := w.user(100)
	w.relate(group, directory.Members, newcomer)
	w.relate(people[6], directory.Manager, newcomer)
	before := w.injector.Requests()
	_, err = w.cycle()
	require.NoError(t, err)
	w.verify()
	// GET and PATCH of one, GET and POST of the newcomer, one PATCH of the manager,
	// one of the members.
	require.LessOrEqual(t, w.injector.Requests()-before, 6)
}

func TestExistingAccountsAreMatchedNotDoubled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	people := w.users(10)
	group := w.group("Everyone", people...)
	w.settle()
	w.restart(synchronization.ResetFull) // forgets every link
	w.settle()
	w.verify()
	// A member that somebody added at the target is nobody's to take away, and one
	// that was there already is not added again.
	w.unrelate(group, directory.Members, people[0])
	w.settle()
	w.verify()
}

func TestManagerThatComesLaterIsResolved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.takeAll = false
	boss, report := w.user(1), w.user(2)
	w.relate(report, directory.Manager, boss)
	w.assign(report)
	w.settle()
	users, _ := w.server.Snapshot()
	require.Len(t, users, 1)
	w.assign(boss)
	w.settle()
	w.verify()
}

func TestMemberThatComesLaterIsAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	person := w.user(1)
	w.set(person, "accountEnabled", false) // never provisioned while disabled
	w.group("Everyone", person)
	w.settle()
	users, groups := w.server.Snapshot()
	require.Empty(t, users)
	require.Len(t, groups, 1)
	w.set(person, "accountEnabled", true)
	w.settle()
	w.verify()
}

func TestUnassignedUserIsDisabledAndComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.takeAll = false
	person, group := w.user(1), w.group("Assigned")
	w.relate(group, directory.Members, person)
	direct, viaGroup := w.assign(person), w.assign(group)
	w.settle()
	require.True(t, w.active(person))

	require.NoError(t, w.db.Unassign(t.Context(), tenant, direct))
	w.settle()
	require.True(t, w.active(person), "still assigned through the group")

	require.NoError(t, w.db.Unassign(t.Context(), tenant, viaGroup))
	w.settle()
	require.False(t, w.active(person))
	_, groups := w.server.Snapshot()
	require.Empty(t, groups, "a group that is no longer assigned is deleted")

	w.assign(person)
	w.settle()
	require.True(t, w.active(person))
	users, _ := w.server.Snapshot()
	require.Len(t, users, 1, "the same account")
}

// active tells whether the user's account at the target is active.
func (w *world) active(id directory.ObjectID) bool {
	w.t.Helper()
	users, _ := w.server.Snapshot()
	for _, u := range users {
		if u.ExternalID() == string(id) {
			v, _ := u.Get("active")
			return v == true
		}
	}
	w.t.Fatalf("user %s has no account", id)
	return false
}

func TestDeletedUserIsDisabledThenDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	person := w.user(1)
	w.settle()
	require.NoError(t, w.db.DeleteObject(t.Context(), tenant, store.Ref{ID: person}, w.now))
	w.settle()
	require.False(t, w.active(person), "disable before delete")
	_, err := w.db.RestoreObject(t.Context(), tenant, person, w.now)
	require.NoError(t, err)
	w.settle()
	require.True(t, w.active(person))
	require.NoError(t, w.db.DeleteObject(t.Context(), tenant, store.Ref{ID: person}, w.now))
	require.NoError(t, w.db.PurgeObject(t.Context(), tenant, person, w.now))
	w.settle()
	users, _ := w.server.Snapshot()
	require.Empty(t, users)
}

func TestUserThatLeftTheScopeIsKeptWhenPurged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.takeAll = false
	person := w.user(1)
	assignment := w.assign(person)
	w.settle()
	require.NoError(t, w.db.Unassign(t.Context(), tenant, assignment))
	w.settle()
	require.NoError(t, w.db.DeleteObject(t.Context(), tenant, store.Ref{ID: person}, w.now))
	require.NoError(t, w.db.PurgeObject(t.Context(), tenant, person, w.now))
	w.settle()
	users, _ := w.server.Snapshot()
	require.Len(t, users, 1)
}

func TestDeletedGroupIsDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	group := w.group("Gone", w.users(3)...)
	w.settle()
	require.NoError(t, w.db.DeleteObject(t.Context(), tenant, store.Ref{ID: group}, w.now))
	w.settle()
	w.verify()
}

func TestAccountRemovedAtTheTargetIsCreatedAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	people := w.users(3)
	w.group("Everyone", people...)
	w.settle()
	users, _ := w.server.Snapshot()
	removed := users[0]
	require.NoError(t, w.target.Delete(t.Context(), scim.UserType, removed.ID()))
	w.set(directory.ObjectID(removed.ExternalID()), "department", "Changed")
	w.settle()
	w.verify()
}

func TestTwoSourcesForOneAccountAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.group("Twins")
	w.group("Twins")
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, 1, counts.Escrowed)
	_, groups := w.server.Snapshot()
	require.Len(t, groups, 1)
	page, err := w.db.Logs(t.Context(), tenant, store.LogQuery{})
	require.NoError(t, err)
	require.Contains(t, string(page.Entries[0].Document())+string(page.Entries[1].Document()), "DuplicateSourceEntries")
}

func TestTwoMatchesNeverMeanTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, terrain{dialect: scim.RFC7644, flaws: scimserver.Flaws{AllowDuplicates: true}})
	for range 2 {
		_, err := w.target.Create(t.Context(), scim.UserType, scim.Resource{"userName": "user1@example.com"})
		require.NoError(t, err)
	}
	w.user(1)
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, 1, counts.Escrowed, "contract point 1")
	users, _ := w.server.Snapshot()
	require.Len(t, users, 2)
}

func TestIgnoredFilterDoesNotLinkTheWrongAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, terrain{dialect: scim.RFC7644, flaws: scimserver.Flaws{IgnoreFilters: true}})
	_, err := w.target.Create(t.Context(), scim.UserType, scim.Resource{"userName": "somebody@example.net"})
	require.NoError(t, err)
	w.user(1)
	w.settle()
	users, _ := w.server.Snapshot()
	require.Len(t, users, 2)
}

func TestMatchingValueWithEveryHardCharacter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.group(`quote " backslash \ plus + amp & hash # ü 漢 %41`)
	w.settle()
	w.restart(synchronization.ResetFull)
	w.settle()
	w.verify()
}

func TestOneBadObjectNeverStopsACycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, terrain{dialect: scim.RFC7644, schedule: faults.Schedule{Rules: []faults.Rule{
		{Method: "POST", Match: 3, Fault: faults.Fault{Kind: faults.InternalError}},
	}}})
	w.users(10)
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, 1, counts.Escrowed, "contract point 5")
	require.EqualValues(t, 9, counts.Exported)
	w.settle()
	w.verify()
}

func TestSliceEndsAndGoesOn(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("1200 users")
	}
	w := newWorld(t, strict())
	w.users(1200)
	slices := 0
	for done := false; !done; slices++ {
		claim := w.claim()
		state, err := w.engine(t.Context(), claim).Run(t.Context(), w.now.Add(time.Nanosecond))
		require.NoError(t, err)
		done = state.Phase == synchronization.PhaseDone
		w.now = w.now.Add(time.Second)
		w.release(claim, state, nil)
		if slices > 100 {
			t.Fatal("the cycle does not end")
		}
	}
	w.verify()
}
