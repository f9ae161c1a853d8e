package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
	"github.com/provisor/provisor/internal/synchronization"
)

// dies is a world whose worker ends, with nothing recorded any more, at the nth POST.
func dies(t *testing.T, n int64) (*world, func()) {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	w := newWorld(t, terrain{dialect: scim.RFC7644, flaws: scimserver.Flaws{AllowDuplicates: true}, between: onRequest("POST", n, kill)})
	return w, func() {
		t.Helper()
		w.now = w.now.Add(time.Hour)
		dying := w.claim() //nolint:contextcheck // the world has its own context
		w.store = &dead{Provisioning: w.db, ctx: ctx}
		_, err := w.engine(ctx, dying).Run(ctx, w.now.Add(time.Minute))
		require.Error(t, err)
		w.store = w.db
	}
}

func (w *world) rename(people ...directory.ObjectID) {
	w.t.Helper()
	for i, id := range people {
		w.set(id, "userPrincipalName", fmt.Sprintf("renamed%d@example.com", i))
		w.set(id, "mail", fmt.Sprintf("renamed%d@example.com", i))
	}
}

// TestRenamedBeforeTheOutcomeOfItsCreateIsKnown: the account is found by the name that
// it was to get, and gets the new one. Contract point 2.
func TestRenamedBeforeTheOutcomeOfItsCreateIsKnown(t *testing.T) {
	t.Parallel()
	w, die := dies(t, 5)
	people := w.users(10)
	die()
	users, _ := w.server.Snapshot()
	require.NotEmpty(t, users)
	w.rename(people...)
	_, err := w.cycle() // ends the cycle that had begun before all that
	require.NoError(t, err)
	w.settle()
	w.verify()
}

// TestRenamedBeforeAReplacementIsKnown: likewise for an account that the target had
// lost and that is created anew.
func TestRenamedBeforeAReplacementIsKnown(t *testing.T) {
	t.Parallel()
	w, die := dies(t, 13)
	people := w.users(10)
	w.settle()
	users, _ := w.server.Snapshot()
	for _, u := range users {
		require.NoError(t, w.target.Delete(t.Context(), scim.UserType, u.ID()))
	}
	for _, id := range people {
		w.set(id, "department", "Moved")
	}
	die()
	users, _ = w.server.Snapshot()
	require.NotEmpty(t, users)
	w.rename(people...)
	_, err := w.cycle() // ends the cycle that had begun before all that
	require.NoError(t, err)
	w.settle()
	w.verify()
}

// TestNameOfABegunCreatePassesOn: another object has the name by now, and its account
// is its own.
func TestNameOfABegunCreatePassesOn(t *testing.T) {
	t.Parallel()
	w, die := dies(t, 1)
	person := w.user(1)
	die()
	users, _ := w.server.Snapshot()
	for _, u := range users { // as if it had not come through
		require.NoError(t, w.target.Delete(t.Context(), scim.UserType, u.ID()))
	}
	w.rename(person)
	w.user(1)
	w.settle()
	w.verify()
}

// TestPurgedBeforeTheOutcomeOfItsCreateIsKnown: nobody keeps an account.
func TestPurgedBeforeTheOutcomeOfItsCreateIsKnown(t *testing.T) {
	t.Parallel()
	w, die := dies(t, 5)
	people := w.users(10)
	die()
	users, _ := w.server.Snapshot()
	require.NotEmpty(t, users)
	for _, id := range people {
		w.remove(id)
		w.purge(id)
	}
	w.settle()
	users, _ = w.server.Snapshot()
	require.Empty(t, users)
}

// TestWhatWasNeverCreatedDoesNotDepart: a slice that ends early leaves many
// announced and unsent, and the scope is narrowed before the next.
func TestWhatWasNeverCreatedDoesNotDepart(t *testing.T) {
	t.Parallel()
	w, die := dies(t, 8)
	w.users(600)
	die()
	w.takeAll = false
	w.now = w.now.Add(24 * time.Hour)
	_, err := w.cycle()
	require.NoError(t, err)
	require.Equal(t, synchronization.Active, w.state().Status.Code, "%+v", w.state().Status.Quarantine)
	w.settle()
	require.Zero(t, w.enabled(), "who was created is taken away all the same")
}

// TestDeparturesOfBegunCreatesAreCounted as soon as they are found.
func TestDeparturesOfBegunCreatesAreCounted(t *testing.T) {
	t.Parallel()
	w, die := dies(t, 40)
	w.users(60)
	die()
	w.takeAll, w.most = false, 5
	before := w.enabled()
	require.Greater(t, before, 6)
	for range 3 {
		w.now = w.now.Add(24 * time.Hour)
		_, err := w.cycle()
		require.NoError(t, err)
	}
	require.Equal(t, synchronization.Quarantine, w.state().Status.Code)
	require.Equal(t, before, w.enabled(), "more than the threshold")
}
