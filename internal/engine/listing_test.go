package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/engine"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/scimserver"
	"github.com/provisor/provisor/internal/synchronization"
)

// TestListingComesToTheSame as look-ups: at an empty target, at one that has half of
// the accounts, and at one that would take duplicates.
func TestListingComesToTheSame(t *testing.T) {
	t.Parallel()
	for name, ground := range map[string]terrain{
		"strict": strict(), "entra": entra(),
		"duplicates":      {dialect: scim.RFC7644, flaws: scimserver.Flaws{AllowDuplicates: true}},
		"filters ignored": {dialect: scim.RFC7644, flaws: scimserver.Flaws{IgnoreFilters: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, ground)
			w.matching = synchronization.MatchByListing
			people := w.users(40)
			w.group("Everyone", people...)
			before := w.injector.Requests()
			_, err := w.cycle()
			require.NoError(t, err)
			w.verify()
			require.LessOrEqual(t, w.injector.Requests()-before, 2+41+1+40, "no look-up for anybody")
			w.user(100)
			w.restart(synchronization.ResetFull)
			w.settle()
			w.verify()
		})
	}
}

// TestListingAndTwoSourcesForOneAccount: what was created after the listing is not
// ruled out by it.
func TestListingAndTwoSourcesForOneAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, terrain{dialect: scim.RFC7644, flaws: scimserver.Flaws{AllowDuplicates: true}})
	w.matching = synchronization.MatchByListing
	w.maps(map[string]string{"userName": `[mail]`})
	for _, id := range []directory.ObjectID{w.user(1), w.user(2)} {
		w.set(id, "mail", "shared@example.com")
	}
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, 1, counts.Escrowed)
	require.Equal(t, 1, w.counted())
}

// TestListingIsMadeWhereItIsCheaper, and only there.
func TestListingIsMadeWhereItIsCheaper(t *testing.T) {
	t.Parallel()
	for n, listed := range map[int]int{150: 150, 250: 0} {
		w := newWorld(t, strict())
		w.matching = synchronization.MatchAuto
		w.users(n)
		_, err := w.cycle()
		require.NoError(t, err)
		w.verify()
		require.Equal(t, n, w.server.Requests()["POST /Users"])
		require.Equal(t, max(listed, 1), w.server.Requests()["GET /Users"], "%d", n)
	}
}

// unending is a target whose listing has no end.
type unending struct {
	engine.Target

	listed *int
}

func (u unending) List(ctx context.Context, _ string, _ []scim.Path, _ int) (*scimclient.Listing, error) {
	*u.listed++
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestListingThatTakesTooLongIsGivenUp: else every slice would list anew and do nothing
// besides.
func TestListingThatTakesTooLongIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.matching = synchronization.MatchByListing
	listed := 0
	w.side = func(t engine.Target) engine.Target { return unending{t, &listed} }
	w.group("Everyone", w.users(40)...)
	ctx, claim := t.Context(), w.claim()
	state, err := w.engine(ctx, claim).Run(ctx, w.now.Add(400*time.Millisecond))
	require.NoError(t, err)
	require.Equal(t, synchronization.PhaseDone, state.Phase)
	require.True(t, state.Unlisted)
	require.Equal(t, 1, listed, "neither for the groups nor in a later slice")
	require.Equal(t, 40, w.counted())
}
