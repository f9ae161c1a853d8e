package subscription_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/subscription"
)

func now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func TestReadResource(t *testing.T) {
	t.Parallel()

	const id = "f0a5993b-5c2d-49cc-bb2f-8cb0060fef8e"
	user, group := subscription.Subject{Kind: directory.User}, subscription.Subject{Kind: directory.Group}
	one, named, team := user, user, group
	one.Object, named.Object, team.Object = id, "ada@contoso.example", id
	members := team
	members.Members = true
	for text, want := range map[string]subscription.Subject{
		"users": user, "/users": user, "Users/": user, "groups": group,
		"users/" + id: one, "users('" + id + "')": one, "/Users/F0A5993B-5C2D-49CC-BB2F-8CB0060FEF8E": one,
		"users/ada@contoso.example": named, "users/ada%40contoso.example": named,
		"groups/" + id: team, "groups/" + id + "/members": members, "groups('" + id + "')/Members": members,
		"servicePrincipals/" + id + "/synchronization/jobs/scim.a.b":       {ServicePrincipal: id, Job: "scim.a.b"},
		"servicePrincipals('" + id + "')/synchronization/jobs('scim.a.b')": {ServicePrincipal: id, Job: "scim.a.b"},
	} {
		got, err := subscription.ReadResource(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{
		"", "/", "me", "messages", "users/" + id + "/manager", "users/" + id + "/members", "groups/" + id + "/owners", "users?$filter=x", "users('", "users/%zz",
		"servicePrincipals", "servicePrincipals/" + id, "applications/" + id + "/synchronization/jobs/x", "a/b/c/d/e/f", "https://graph.microsoft.com/v1.0/users",
	} {
		_, err := subscription.ReadResource(text)
		require.True(t, errs.Is(err, errs.Invalid), "%s: %v", text, err)
	}
}

func FuzzReadResource(f *testing.F) {
	for _, seed := range []string{"users", "groups('a')/members", "servicePrincipals/a/synchronization/jobs/b", "users/%41", "//", "users('it''s')"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := subscription.ReadResource(text)
		if err != nil {
			require.True(t, errs.Is(err, errs.Invalid))
			return
		}
		require.NotEqual(t, s.IsJob(), s.Kind != "", "it is about one thing")
		require.False(t, s.Members && s.Object == "")
	})
}

func TestRenew(t *testing.T) {
	t.Parallel()

	s := subscription.Subscription{LifecycleURL: "https://example.com/"}
	for _, tt := range []struct {
		asked, expires, remind time.Duration
	}{
		{time.Second, 45 * time.Minute, 45*time.Minute - 45*time.Minute/4},
		{time.Hour, time.Hour, 45 * time.Minute},
		{24 * time.Hour, 24 * time.Hour, 21 * time.Hour},
		{41_760 * time.Minute, 41_760 * time.Minute, 41_580 * time.Minute},
	} {
		renewed, err := s.Renew(now().Add(tt.asked), now())
		require.NoError(t, err)
		require.Equal(t, now().Add(tt.expires), renewed.Expires)
		require.Equal(t, now().Add(tt.remind), renewed.Remind)
		require.False(t, renewed.Ended(renewed.Expires.Add(-1)))
		require.True(t, renewed.Ended(renewed.Expires))
	}
	for _, asked := range []time.Duration{-time.Hour, 0, 41_760*time.Minute + 1} {
		_, err := s.Renew(now().Add(asked), now())
		require.True(t, errs.Is(err, errs.Invalid), asked)
	}
	silent, err := subscription.Subscription{}.Renew(now().Add(time.Hour), now())
	require.NoError(t, err)
	require.Zero(t, silent.Remind, "nobody is to be told")
}

func TestChanges(t *testing.T) {
	t.Parallel()

	users, job := subscription.Subject{Kind: directory.User}, subscription.Subject{Job: "x"}
	for _, changes := range []string{"updated", "deleted", "updated,deleted", "Updated, Deleted"} {
		require.NoError(t, users.ReadChanges(changes), changes)
	}
	for _, changes := range []string{"", "created", "created,updated", "updated,", "all"} {
		require.ErrorContains(t, users.ReadChanges(changes), "Invalid 'changeType' attribute: '"+changes+"'.")
	}
	require.NoError(t, job.ReadChanges("updated"))
	require.Error(t, job.ReadChanges("updated,deleted"))
}

// TestTrouble: waits grow and are bounded, and end after four hours.
func TestTrouble(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		at, head := now(), int64(7)
		var trouble subscription.Trouble
		last := time.Duration(0)
		for range rapid.IntRange(1, 60).Draw(t, "failures") {
			trouble = trouble.Failed(at, head)
			wait := trouble.Next.Sub(at)
			require.GreaterOrEqual(t, wait, last)
			require.LessOrEqual(t, wait, 10*time.Minute)
			require.Equal(t, now(), trouble.Since)
			require.EqualValues(t, 7, trouble.Head, "what came later has its own time")
			require.Equal(t, at.Sub(now()) >= 4*time.Hour, trouble.Hopeless(at))
			last, at, head = wait, trouble.Next, head+1
		}
	})
	require.False(t, subscription.Trouble{}.Hopeless(now()))
}

// TestWire holds a notification against the form in which it was seen.
func TestWire(t *testing.T) {
	t.Parallel()

	s := subscription.Subscription{
		ID: "d850b120-19bb-4291-b9c4-845ea04dd38d", Tenant: "84bd8158-6d4d-4958-8b9f-9d6445542f95", ChangeType: "updated,deleted",
		Subject: subscription.Subject{Kind: directory.Group}, Expires: now(),
	}
	n, told := s.Change(directory.Object{ID: "f0a5993b-5c2d-49cc-bb2f-8cb0060fef8e", Kind: directory.Group, Sequence: 12}, false,
		[]subscription.MemberChange{{ID: "a"}, {ID: "b", Removed: "deleted"}})
	require.True(t, told)
	state := "secret"
	n.ClientState = &state
	got, err := json.Marshal(subscription.Notifications{Value: []subscription.Notification{n, s.Event(subscription.Missed)}})
	require.NoError(t, err)
	require.JSONEq(t, `{"value":[{
		"id":"d850b120-19bb-4291-b9c4-845ea04dd38d_12_a","changeType":"updated","clientState":"secret","resource":"Groups/f0a5993b-5c2d-49cc-bb2f-8cb0060fef8e",
		"resourceData":{"@odata.type":"#Microsoft.Graph.Group","@odata.id":"Groups/f0a5993b-5c2d-49cc-bb2f-8cb0060fef8e","id":"f0a5993b-5c2d-49cc-bb2f-8cb0060fef8e",
			"organizationId":"84bd8158-6d4d-4958-8b9f-9d6445542f95","sequenceNumber":12,"members@delta":[{"id":"a"},{"id":"b","@removed":"deleted"}]},
		"subscriptionExpirationDateTime":"2026-01-02T03:04:05Z","subscriptionId":"d850b120-19bb-4291-b9c4-845ea04dd38d","tenantId":"84bd8158-6d4d-4958-8b9f-9d6445542f95"
	},{
		"subscriptionId":"d850b120-19bb-4291-b9c4-845ea04dd38d","subscriptionExpirationDateTime":"2026-01-02T03:04:05Z",
		"tenantId":"84bd8158-6d4d-4958-8b9f-9d6445542f95","clientState":null,"lifecycleEvent":"missed"
	}]}`, string(got))
}
