package courier_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/subscription"
)

// TestUsers tells of users that come, change, go and are gone, and of nothing else.
func TestUsers(t *testing.T) {
	t.Parallel()

	w, e := newWorld(t), newEndpoint(t)
	old := w.user("old")
	s := w.subscribe("users", e)
	require.Zero(t, w.run(w.courier), "what was before is not told")

	ada := w.user("ada")
	require.Equal(t, 1, w.run(w.courier))
	state := "state of users"
	require.Equal(t, []subscription.Notification{{
		ID: s.ID + "_2", SubscriptionID: s.ID, SubscriptionExpires: s.Expires, ClientState: &state, ChangeType: "updated",
		Resource: "Users/" + string(ada.ID), TenantID: string(tenant),
		ResourceData: &subscription.Data{
			Type: "#Microsoft.Graph.User", Address: "Users/" + string(ada.ID), ID: string(ada.ID), OrganizationID: string(tenant), SequenceNumber: 2,
		},
	}}, e.took())
	require.Zero(t, w.run(w.courier), "it is told once")

	team := w.group("team")
	_, err := w.db.Relate(t.Context(), tenant, team.ID, directory.Members, ada.ID)
	require.NoError(t, err)
	require.Equal(t, 1, w.run(w.courier), "the feed moved")
	require.Empty(t, e.told(), "a membership is no change of the user")
	require.Zero(t, w.run(w.courier))

	_, err = w.db.Relate(t.Context(), tenant, old.ID, directory.Manager, ada.ID)
	require.NoError(t, err)
	w.run(w.courier)
	require.Equal(t, []string{"updated Users/" + string(old.ID)}, e.told(), "a manager is")

	require.NoError(t, w.db.DeleteObject(t.Context(), tenant, store.Ref{ID: ada.ID}, w.clock()))
	w.run(w.courier)
	require.Contains(t, e.told(), "updated Users/"+string(ada.ID), "soft-deleted is updated")
	require.NoError(t, w.db.PurgeObject(t.Context(), tenant, ada.ID, w.clock()))
	w.run(w.courier)
	require.Equal(t, []string{"deleted Users/" + string(ada.ID)}, e.told())
}

// TestGroups tells of members by name, page by page.
func TestGroups(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	all, one, members := newEndpoint(t), newEndpoint(t), newEndpoint(t)
	team, other := w.group("team"), w.group("other")
	w.subscribe("/groups", all)
	w.subscribe("groups('"+string(team.ID)+"')", one)
	w.subscribe("groups/"+string(team.ID)+"/members", members)

	ada := w.user("ada")
	_, err := w.db.Relate(t.Context(), tenant, team.ID, directory.Members, ada.ID)
	require.NoError(t, err)
	w.rename(other, "another")
	w.run(w.courier)
	joined := "updated Groups/" + string(team.ID) + " " + string(ada.ID)
	require.Equal(t, []string{joined, "updated Groups/" + string(other.ID)}, all.told())
	require.Equal(t, []string{joined}, one.told())
	require.Equal(t, []string{joined}, members.told())

	w.rename(team, "the team")
	require.NoError(t, w.db.Unrelate(t.Context(), tenant, team.ID, directory.Members, ada.ID))
	w.run(w.courier)
	left := "updated Groups/" + string(team.ID) + " " + string(ada.ID) + "deleted"
	require.Equal(t, []string{left}, members.told())
	require.Equal(t, []string{left}, one.told())
	w.rename(team, "our team")
	w.run(w.courier)
	require.Empty(t, members.told(), "a name is no membership")
	require.Equal(t, []string{"updated Groups/" + string(team.ID)}, one.told())

	require.NoError(t, w.db.DeleteObject(t.Context(), tenant, store.Ref{ID: team.ID}, w.clock()))
	all.told()
	w.run(w.courier)
	for _, e := range []*endpoint{all, one, members} {
		require.Contains(t, e.told(), "deleted Groups/"+string(team.ID))
	}
}

// TestManyChanges tells of each of many, in batches.
func TestManyChanges(t *testing.T) {
	t.Parallel()

	w, e := newWorld(t), newEndpoint(t)
	w.subscribe("users", e)
	w.subscribe("groups", e)
	team := w.group("team")
	var want []string
	for i := range 250 {
		u := w.user(fmt.Sprint("user", i))
		_, err := w.db.Relate(t.Context(), tenant, team.ID, directory.Members, u.ID)
		require.NoError(t, err)
		want = append(want, string(u.ID))
	}
	require.Equal(t, 2, w.run(w.courier), "one turn each")
	users, joined := map[string]int{}, map[string]int{}
	for _, n := range e.took() {
		if n.ResourceData.Type == "#Microsoft.Graph.User" {
			users[n.ResourceData.ID]++
		}
		for _, m := range n.ResourceData.Members {
			joined[m.ID]++
		}
	}
	for _, id := range want {
		require.Equal(t, 1, users[id])
		require.Equal(t, 1, joined[id])
	}
	require.Less(t, e.posts, 20, "in batches")
}

// TestWants leaves out what was not asked for.
func TestWants(t *testing.T) {
	t.Parallel()

	w, e := newWorld(t), newEndpoint(t)
	w.subscribe("groups", e, func(s *subscription.Subscription) { s.ChangeType = "deleted" })
	team := w.group("team")
	w.run(w.courier)
	require.Empty(t, e.told())
	require.NoError(t, w.db.DeleteObject(t.Context(), tenant, store.Ref{ID: team.ID}, w.clock()))
	w.run(w.courier)
	require.Equal(t, []string{"deleted Groups/" + string(team.ID)}, e.told())
}

// TestRefused sends again, with longer and longer waits, what was not accepted.
func TestRefused(t *testing.T) {
	t.Parallel()

	for name, respond := range map[string]http.HandlerFunc{
		"500": status(500), "redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"404": status(404), "hangs": hang, "cut off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w, e := newWorld(t), newEndpoint(t)
			w.subscribe("users", e)
			e.answer(respond)
			if name == "hangs" {
				w.courier.Timeout = brief
			}
			ada := w.user("ada")
			require.Equal(t, 1, w.run(w.courier))
			require.Zero(t, w.run(w.courier), "it waits")
			w.pass(5 * time.Second)
			bob := w.user("bob")
			require.Equal(t, 1, w.run(w.courier))
			w.pass(5 * time.Second)
			require.Zero(t, w.run(w.courier), "it waits longer")
			e.answer(nil)
			w.courier.Timeout = time.Minute
			w.pass(5 * time.Second)
			require.Equal(t, 1, w.run(w.courier))
			require.Equal(t, []string{"updated Users/" + string(ada.ID), "updated Users/" + string(bob.ID)}, e.told())
			require.Contains(t, w.log.String(), "was not accepted")
			require.NotContains(t, w.log.String(), "state of")
		})
	}
}
