package engine_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver/faults"
	"github.com/provisor/provisor/internal/synchronization"
)

// flow gives the references of the schema a flowType, where it may be.
func (w *world) flow(flowType string) {
	w.t.Helper()
	w.edits(func(groups, users *synchronization.ObjectMapping) {
		attribute(groups, "members").FlowType = flowType
		if flowType == synchronization.FlowObjectAddOnly {
			attribute(users, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager").FlowType = flowType
		}
	})
}

// members returns the source objects that the target has as the group's members.
func (w *world) members(group directory.ObjectID) []directory.ObjectID {
	w.t.Helper()
	users, _ := w.server.Snapshot()
	source := map[string]directory.ObjectID{}
	for _, u := range users {
		source[u.ID()] = directory.ObjectID(u.ExternalID())
	}
	ids := []directory.ObjectID{}
	for _, id := range w.account(group).MemberIDs() {
		ids = append(ids, source[id])
	}
	return ids
}

// TestReferencesThatFlowOnce: what the directory has when the object is created, and
// nothing that comes, goes or changes later; not even after a restart.
func TestReferencesThatFlowOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.flow(synchronization.FlowObjectAddOnly)
	people := w.users(6)
	group := w.group("Everyone", people[:3]...)
	w.relate(people[1], directory.Manager, people[0])
	w.settle()
	require.ElementsMatch(t, people[:3], w.members(group))
	require.Equal(t, people[0], w.manager(people[1]))

	w.join(group, people[3:]...)
	w.unrelate(group, directory.Members, people[0])
	w.relate(people[1], directory.Manager, people[2])
	w.relate(people[2], directory.Manager, people[0])
	for _, scope := range []synchronization.ResetScope{0, synchronization.ResetDefault, synchronization.ResetFull} {
		if scope != 0 {
			w.restart(scope)
		}
		w.settle()
		require.ElementsMatch(t, people[:3], w.members(group))
		require.Equal(t, people[0], w.manager(people[1]))
		require.Empty(t, w.manager(people[2]))
	}
}

// TestWhatFlowsOnceStaysOwed: a member whose account comes later is written when it
// comes, if it was a member when the group was created.
func TestWhatFlowsOnceStaysOwed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: refuseOnce(http.MethodPost, "user1@example.com")})
	w.flow(synchronization.FlowObjectAddOnly)
	people := w.users(4)
	group := w.group("Everyone", people[:2]...)
	_, err := w.cycle()
	require.NoError(t, err)
	require.Equal(t, people[:1], w.members(group), "the other has no account yet")
	w.join(group, people[2:]...)
	w.settle()
	require.ElementsMatch(t, people[:2], w.members(group))
}

// refuseOnce declines the first request of the method whose body holds the text.
func refuseOnce(method, text string) func(http.Handler) http.Handler {
	always, done := refuse(method, http.StatusForbidden, text), false
	return func(next http.Handler) http.Handler {
		refusing := always(next)
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if done {
				next.ServeHTTP(rw, r)
				return
			}
			watched := &statusWriter{ResponseWriter: rw}
			refusing.ServeHTTP(watched, r)
			done = done || watched.status == http.StatusForbidden
		})
	}
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (s *statusWriter) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// TestNothingFlowsOnceToWhatWasThere: an object that the target had already was not
// created.
func TestNothingFlowsOnceToWhatWasThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.flow(synchronization.FlowObjectAddOnly)
	_, err := w.target.Create(t.Context(), scim.GroupType, scim.Resource{"displayName": "Everyone"})
	require.NoError(t, err)
	people := w.users(3)
	group := w.group("Everyone", people...)
	w.relate(people[1], directory.Manager, people[0])
	w.settle()
	require.Empty(t, w.members(group))
	require.Equal(t, people[0], w.manager(people[1]))
}

// TestWhatFlowsOnceSurvivesALostCreate: the answer of the create, or the worker, is lost,
// and the object that is found afterwards is the one that was created. One that was only
// announced, and that the target had, is not.
func TestWhatFlowsOnceSurvivesALostCreate(t *testing.T) {
	t.Parallel()
	t.Run("answer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, terrain{dialect: scim.RFC7644, schedule: faults.Schedule{Rules: []faults.Rule{
			{Method: "POST", Path: "/Groups", Fault: faults.Fault{Kind: faults.ResetAfter}, Match: 1},
			{Method: "GET", Path: "/Groups", Fault: faults.Fault{Kind: faults.Unavailable}, Match: 2},
			{Method: "GET", Path: "/Groups", Fault: faults.Fault{Kind: faults.Unavailable}, Match: 3},
			{Method: "GET", Path: "/Groups", Fault: faults.Fault{Kind: faults.Unavailable}, Match: 4},
		}}})
		w.flow(synchronization.FlowObjectAddOnly)
		people := w.users(3)
		group := w.group("Everyone", people...)
		w.cycle() //nolint:errcheck // the end counts
		w.settle()
		require.ElementsMatch(t, people, w.members(group))
	})
	for name, there := range map[string]bool{"worker": false, "worker before it was sent": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := int64(4) // three users, and the group
			if there {
				n = 2
			}
			w, die := dies(t, n)
			w.flow(synchronization.FlowObjectAddOnly)
			people := w.users(3)
			group := w.group("Everyone", people...)
			die()
			if there {
				_, err := w.target.Create(t.Context(), scim.GroupType, scim.Resource{"displayName": "Everyone"})
				require.NoError(t, err)
			}
			w.settle()
			if there {
				require.Empty(t, w.members(group))
			} else {
				require.ElementsMatch(t, people, w.members(group))
			}
		})
	}
}

// TestMembersThatAreOnlyAdded are never taken away.
func TestMembersThatAreOnlyAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.flow(synchronization.FlowMultiValueAddOnly)
	people := w.users(4)
	group := w.group("Everyone", people[:2]...)
	w.settle()
	w.unrelate(group, directory.Members, people[0])
	w.join(group, people[2:]...)
	w.settle()
	require.ElementsMatch(t, people, w.members(group))
}
