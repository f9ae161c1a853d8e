package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/engine"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/scimserver"
	"github.com/provisor/provisor/internal/scimserver/faults"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// account returns the target's resource of a source object.
func (w *world) account(id directory.ObjectID) scim.Resource {
	w.t.Helper()
	users, groups := w.server.Snapshot()
	for _, r := range append(users, groups...) {
		if r.ExternalID() == string(id) {
			return r
		}
	}
	w.t.Fatalf("%s has no account", id)
	return nil
}

// manager returns the source object that the target has as the user's manager.
func (w *world) manager(id directory.ObjectID) directory.ObjectID {
	w.t.Helper()
	v, ok := w.account(id).Get("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager")
	if !ok {
		return ""
	}
	target, _ := scim.ReferenceID(v)
	users, _ := w.server.Snapshot()
	for _, u := range users {
		if u.ID() == target {
			return directory.ObjectID(u.ExternalID())
		}
	}
	return directory.ObjectID("unknown " + target)
}

// against refuses PATCHes that name the current bad id.
type against struct {
	status int
	id     func() string
	n      int
}

func (a *against) between(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if bad := a.id(); r.Method == http.MethodPatch && bad != "" && strings.Contains(drain(r), bad) {
			a.n++
			rw.WriteHeader(a.status)
			return
		}
		next.ServeHTTP(rw, r)
	})
}

// TestOneBadMemberKeepsOutNoOther: whether the target answers 400 or 404 to a member
// that it does not like, the others are written, it stays owed, and it is found by
// halving.
func TestOneBadMemberKeepsOutNoOther(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusNotFound, http.StatusRequestEntityTooLarge} {
		if testing.Short() && status != http.StatusBadRequest {
			continue
		}
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			bad := ""
			refusal := &against{status: status, id: func() string { return bad }}
			w := newWorld(t, terrain{dialect: scim.RFC7644, between: refusal.between})
			people := w.users(250)
			w.settle()
			bad = w.account(people[120]).ID()
			group := w.group("Everyone", people...)
			counts, err := w.cycle()
			require.NoError(t, err)
			require.EqualValues(t, 249, counts.ImportedReferenceDeltas)
			require.Len(t, w.account(group).MemberIDs(), 249)
			require.LessOrEqual(t, refusal.n, 8, "a hundred is halved seven times")
			page, err := w.db.Logs(t.Context(), tenant, store.LogQuery{Top: 30})
			require.NoError(t, err)
			refused := 0
			for _, e := range page.Entries {
				if e.Status == synchronization.ResultFailure {
					refused++
				}
			}
			require.Equal(t, 1, refused, "it is in the log once")
			bad = ""
			w.settle()
			w.verify()
		})
	}
}

// TestRefusedManagerLeavesTheFormerOne: the change is one, not a removal and an
// addition.
func TestRefusedManagerLeavesTheFormerOne(t *testing.T) {
	t.Parallel()
	bad := ""
	refusal := &against{status: http.StatusBadRequest, id: func() string { return bad }}
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: refusal.between})
	people := w.users(3)
	w.relate(people[2], directory.Manager, people[1])
	w.settle()
	bad = w.account(people[0]).ID()
	w.relate(people[2], directory.Manager, people[0])
	_, err := w.cycle()
	require.NoError(t, err)
	require.Equal(t, people[1], w.manager(people[2]))
	require.Equal(t, 1, refusal.n)
	bad = ""
	w.settle()
	w.verify()
}

// TestManagerIsChangedInOneRequest and removed in one.
func TestManagerIsChangedInOneRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	people := w.users(3)
	w.relate(people[2], directory.Manager, people[1])
	w.settle()
	w.relate(people[2], directory.Manager, people[0])
	before := w.server.Requests()["PATCH /Users/{id}"]
	w.settle()
	require.Equal(t, people[0], w.manager(people[2]))
	require.Equal(t, before+1, w.server.Requests()["PATCH /Users/{id}"])
	w.unrelate(people[2], directory.Manager, people[0])
	w.settle()
	require.Equal(t, before+2, w.server.Requests()["PATCH /Users/{id}"])
	w.verify()
}

// TestGroupRemovedAtTheTargetIsCreatedAnewWithItsMembers.
func TestGroupRemovedAtTheTargetIsCreatedAnewWithItsMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	people := w.users(30)
	group := w.group("Everyone", people[:29]...)
	w.settle()
	require.NoError(t, w.target.Delete(t.Context(), scim.GroupType, w.account(group).ID()))
	w.relate(group, directory.Members, people[29])
	w.settle()
	w.verify()
}

// TestWhoLeftTheScopeReceivesNothing but what takes the account away; and who comes
// back gets what was missed.
func TestWhoLeftTheScopeReceivesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.takeAll = false
	people := w.users(3)
	var leaving string
	for _, p := range people {
		leaving = w.assign(p)
	}
	w.relate(people[2], directory.Manager, people[1])
	w.settle()
	require.NoError(t, w.db.Unassign(t.Context(), tenant, leaving))
	w.relate(people[2], directory.Manager, people[0])
	w.set(people[2], "department", "Elsewhere")
	w.settle()
	require.False(t, w.active(people[2]))
	require.Equal(t, people[1], w.manager(people[2]))
	department, _ := w.account(people[2]).Get("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department")
	require.Equal(t, "Sales", department)

	w.unrelate(people[2], directory.Manager, people[0])
	w.settle()
	w.assign(people[2])
	w.settle()
	w.verify()
}

// TestBigGroup: a thousand members take one PATCH a hundred, and a few more when one
// request in ten fails.
func TestBigGroup(t *testing.T) {
	t.Parallel()
	const members = 1000
	w := newWorld(t, strict())
	w.group("Everyone", w.users(members)...)
	w.settle()
	w.verify()
	require.Equal(t, members/100, w.server.Requests()["PATCH /Groups/{id}"])
	require.Zero(t, w.server.Requests()["PATCH /Users/{id}"])
	if testing.Short() {
		return
	}

	w = newWorld(t, terrain{
		dialect: scim.RFC7644, flaws: scimserver.Flaws{AllowDuplicates: true, RepeatMembers: true},
		schedule: faults.Random(3, faults.Uniform(0.1)), timeout: 5 * time.Second,
	})
	w.group("Everyone", w.users(members)...)
	w.settle()
	w.verify()
	t.Logf("%d PATCHes of the group, %d faults in all", w.server.Requests()["PATCH /Groups/{id}"], len(w.injector.Trace()))
	require.LessOrEqual(t, w.server.Requests()["PATCH /Groups/{id}"], members/100+5)
}

// TestOwnerThatIsGoneKeepsWhatIsKnownOfIt: an account that was taken away and whose
// references cannot be written is not taken away a second time.
func TestOwnerThatIsGoneKeepsWhatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	people := w.users(2)
	w.settle()
	w.set(people[0], "accountEnabled", false)
	w.settle()
	w.relate(people[0], directory.Manager, people[1])
	w.side = func(inner engine.Target) engine.Target {
		return &lostOwner{Target: inner, id: w.account(people[0]).ID()}
	}
	_, err := w.cycle()
	require.NoError(t, err)
	found, err := w.db.Candidates(t.Context(), store.CandidateQuery{Claim: w.held(), Kind: directory.User, Of: store.Named, Names: people[:1]})
	require.NoError(t, err)
	require.NotNil(t, found[0].Link.Failure)
	require.True(t, found[0].Link.Disabled)
}

// held is a claim to look at what is stored.
func (w *world) held() store.Claim {
	w.t.Helper()
	w.now = w.now.Add(time.Hour)
	return w.claim()
}

// lostOwner is a target that has lost one resource by the time its references are
// written.
type lostOwner struct {
	engine.Target
	id string
}

func (l *lostOwner) Patch(ctx context.Context, resourceType, id string, ops []scim.PatchOp) error {
	if id == l.id {
		return &scimclient.Error{Class: scimclient.Missing, Status: http.StatusNotFound}
	}
	return l.Target.Patch(ctx, resourceType, id, ops)
}

func (l *lostOwner) Get(ctx context.Context, resourceType, id string, except ...string) (scim.Resource, error) {
	if id == l.id && len(except) == 0 {
		return nil, &scimclient.Error{Class: scimclient.Missing, Status: http.StatusNotFound}
	}
	return l.Target.Get(ctx, resourceType, id, except...)
}
