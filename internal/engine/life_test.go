package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
	"github.com/provisor/provisor/internal/scimserver/faults"
	"github.com/provisor/provisor/internal/store"
)

// TestEntraDialectsUnderFaults is the life of TestFaultsLoseAndDoubleNothing as
// Entra speaks, against a server that was written for it.
func TestEntraDialectsUnderFaults(t *testing.T) {
	t.Parallel()
	for _, dialect := range []scim.Dialect{scim.Entra, scim.EntraSCIM062020} {
		for seed := range seeds() {
			t.Run(fmt.Sprint(dialect, seed), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, terrain{
					dialect: dialect, mode: scim.Tolerant, schedule: faults.Random(seed, faults.Uniform(0.3)), timeout: 2 * time.Second,
					flaws: scimserver.Flaws{RepeatMembers: true, ConflictOnDelete: true},
				})
				w.life(rand.New(rand.NewPCG(seed, 11)))
				require.NotEmpty(t, w.injector.Trace())
			})
		}
	}
}

// TestAssignedLife lets people and groups come into scope and leave it in every way,
// with faults and without, and compares the end with what the directory says.
func TestAssignedLife(t *testing.T) {
	t.Parallel()
	for name, ground := range map[string]terrain{
		"quiet": strict(),
		"faults": {
			dialect: scim.RFC7644, timeout: 2 * time.Second, schedule: faults.Random(5, faults.Uniform(0.25)),
			flaws: scimserver.Flaws{AllowDuplicates: true, RepeatMembers: true, ConflictOnDelete: true},
		},
		"entra": {dialect: scim.Entra, mode: scim.Tolerant, timeout: 2 * time.Second, schedule: faults.Random(6, faults.Uniform(0.15))},
	} {
		for seed := range seeds() {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, ground)
				w.takeAll = false
				l := &assignedLife{world: w, random: rand.New(rand.NewPCG(seed, 23)), direct: map[directory.ObjectID]string{}, deleted: map[directory.ObjectID]bool{}, purged: map[directory.ObjectID]bool{}}
				l.live()
				l.verify()
			})
		}
	}
}

// assignedLife is a life in a job that provisions who is assigned.
type assignedLife struct {
	*world
	random          *rand.Rand
	people, groups  []directory.ObjectID
	direct          map[directory.ObjectID]string // assignment by principal
	deleted, purged map[directory.ObjectID]bool
}

func (l *assignedLife) live() {
	l.people = l.users(24)
	for i := range 4 {
		l.groups = append(l.groups, l.group(fmt.Sprint("Group ", i), l.people[5*i:5*i+8]...))
	}
	// Who is in a group in a group is neither assigned by it nor its member.
	outer := l.group("Outer", l.people[23])
	l.relate(outer, directory.Members, l.group("Inner", l.people[20:]...))
	l.entitle(outer)
	for range 6 {
		for range 9 {
			l.change()
		}
		l.cycle() //nolint:errcheck // a cycle may fail; the end counts
	}
	l.settle()
}

// change does one thing to the directory. What cannot be done is not.
func (l *assignedLife) change() {
	who, group := pick(l.random, l.people), pick(l.random, l.groups)
	ctx := l.t.Context()
	switch l.random.IntN(11) {
	case 0, 1:
		l.entitle(who)
	case 2:
		l.entitle(group)
	case 3:
		l.dismiss(who)
	case 4:
		l.dismiss(group)
	case 5:
		_, _ = l.db.Relate(ctx, tenant, group, directory.Members, who)
	case 6:
		_ = l.db.Unrelate(ctx, tenant, group, directory.Members, who)
	case 7:
		_, _ = l.db.UpdateObject(ctx, tenant, store.Ref{ID: who}, l.now, func(a directory.Attributes) (directory.Attributes, error) {
			a["accountEnabled"] = l.random.IntN(3) > 0
			a["department"] = fmt.Sprint("D", l.random.IntN(4))
			return a, nil
		})
	case 8:
		if l.db.DeleteObject(ctx, tenant, store.Ref{ID: who}, l.now) == nil {
			l.deleted[who] = true
		}
	case 9:
		if _, err := l.db.RestoreObject(ctx, tenant, who, l.now); err == nil {
			delete(l.deleted, who)
		}
	case 10:
		if l.deleted[who] && l.db.PurgeObject(ctx, tenant, who, l.now) == nil {
			l.purged[who] = true
		}
	}
}

func pick(random *rand.Rand, ids []directory.ObjectID) directory.ObjectID {
	return ids[random.IntN(len(ids))]
}

func (l *assignedLife) entitle(principal directory.ObjectID) {
	o, err := l.db.Object(l.t.Context(), tenant, store.Ref{ID: principal})
	if err != nil || l.direct[principal] != "" {
		return
	}
	a := directory.AppRoleAssignment{ID: uuid.NewString(), Principal: principal, PrincipalKind: o.Kind, Resource: l.sp, AppRoleID: directory.DefaultAppRole, Created: l.now}
	require.NoError(l.t, l.db.Assign(l.t.Context(), tenant, a))
	l.direct[principal] = a.ID
}

func (l *assignedLife) dismiss(principal directory.ObjectID) {
	if id := l.direct[principal]; id != "" && !l.deleted[principal] {
		require.NoError(l.t, l.db.Unassign(l.t.Context(), tenant, id))
		delete(l.direct, principal)
	}
}

// members returns the users who are direct members of a group.
func (l *assignedLife) members(group directory.ObjectID) []directory.ObjectID {
	page, err := l.db.Related(l.t.Context(), tenant, group, directory.Members, false, store.Query{Kind: directory.User, Top: 999})
	require.NoError(l.t, err)
	var ids []directory.ObjectID
	for _, o := range page.Objects {
		ids = append(ids, o.ID)
	}
	return ids
}

// verify derives from the directory who must have an active account, and which
// groups must be there with whom.
func (l *assignedLife) verify() {
	t := l.t
	entitled := map[directory.ObjectID]bool{}
	for principal := range l.direct {
		entitled[principal] = true
	}
	groups := l.all(directory.Group)
	for _, g := range groups {
		if l.direct[g.ID] == "" {
			continue
		}
		for _, m := range l.members(g.ID) {
			entitled[m] = true
		}
	}
	live := map[directory.ObjectID]directory.Object{}
	for _, o := range l.all(directory.User) {
		live[o.ID] = o
	}
	accounts, ids := map[directory.ObjectID]scim.Resource{}, map[string]directory.ObjectID{}
	users, targetGroups := l.server.Snapshot()
	for _, u := range users {
		id := directory.ObjectID(u.ExternalID())
		require.NotContains(t, accounts, id, "%s has two accounts", id)
		require.Contains(t, l.people, id)
		accounts[id], ids[u.ID()] = u, id
	}
	active := map[directory.ObjectID]bool{}
	for _, id := range l.people {
		o, isLive := live[id]
		active[id] = isLive && entitled[id] && o.Attributes["accountEnabled"] != false
		account, has := accounts[id]
		require.True(t, has || !active[id], "%s has no account", id)
		if !has {
			continue
		}
		v, _ := account.Get("active")
		require.Equal(t, active[id], v, "%s %v", id, o.Attributes)
		if active[id] {
			department, _ := account.Get("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department")
			require.Equal(t, o.Attributes["department"], department)
		}
	}
	there := map[directory.ObjectID]scim.Resource{}
	for _, g := range targetGroups {
		require.NotContains(t, there, directory.ObjectID(g.ExternalID()))
		there[directory.ObjectID(g.ExternalID())] = g
	}
	for _, g := range groups {
		target, has := there[g.ID]
		require.Equal(t, l.direct[g.ID] != "", has, "%s is there if it is assigned", g.Attributes["displayName"])
		if !has {
			continue
		}
		want, got := l.members(g.ID), target.MemberIDs()
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(got))), len(got), "no member twice")
		for _, id := range got {
			require.Contains(t, want, ids[id], "a member whom it should not have")
		}
		for _, id := range want {
			require.True(t, !active[id] || slices.Contains(got, accounts[id].ID()), "%s lacks %s", g.Attributes["displayName"], id)
		}
	}
}

// seeds is how many lives are lived of each kind.
func seeds() uint64 {
	if testing.Short() {
		return 1
	}
	return 2
}
