package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// edits changes the schema of the job as a PUT does.
func (w *world) edits(change func(groups, users *synchronization.ObjectMapping)) {
	w.t.Helper()
	s, err := w.db.Schema(w.t.Context(), tenant, w.job)
	require.NoError(w.t, err)
	change(&s.Rules[0].ObjectMappings[0], &s.Rules[0].ObjectMappings[1])
	require.NoError(w.t, w.db.PutSchema(w.t.Context(), tenant, w.job, s, func(j synchronization.Job) synchronization.Job { return j.SchemaChanged(w.now) }))
}

// attribute returns the mapping onto a target attribute.
func attribute(m *synchronization.ObjectMapping, target string) *synchronization.AttributeMapping {
	for i := range m.AttributeMappings {
		if m.AttributeMappings[i].TargetAttributeName == target {
			return &m.AttributeMappings[i]
		}
	}
	return nil
}

// value is what the target has in an attribute of the user's account.
func (w *world) value(id directory.ObjectID, path string) any {
	w.t.Helper()
	v, _ := w.account(id).Get(path)
	return v
}

// TestProvisionedGroupIsNoMemberOfAnother: nested groups are not expanded, and no
// member either.
func TestProvisionedGroupIsNoMemberOfAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	inner := w.group("Inner", w.user(1))
	outer := w.group("Outer", w.user(2))
	w.relate(outer, directory.Members, inner)
	w.settle()
	_, groups := w.server.Snapshot()
	require.Len(t, groups, 2)
	for _, g := range groups {
		require.Len(t, g.MemberIDs(), 1)
	}
}

// TestFilterThatHalfLeaveIsWeighed: an edit of the scoping filter is an initial cycle
// that keeps the links, and its departures count.
func TestFilterThatHalfLeaveIsWeighed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	people := w.users(12)
	for _, id := range people[:6] {
		w.set(id, "city", "Basel")
	}
	w.settle()
	filter := func(_, users *synchronization.ObjectMapping) {
		users.Scope = &synchronization.Filter{Groups: []synchronization.FilterGroup{{Name: "Bern", Clauses: []synchronization.FilterClause{{
			OperatorName: "EQUALS", SourceOperandName: "city", TargetOperand: &synchronization.FilterOperand{Values: []string{"Bern"}},
		}}}}}
	}
	w.most = 5
	w.edits(filter)
	require.Zero(t, w.state().Watermark)
	_, err := w.cycle()
	require.NoError(t, err)
	require.Equal(t, 12, w.enabled())
	require.Equal(t, synchronization.ReasonTooManyDelete, w.state().Status.Quarantine.Reason)
	w.most = 6
	w.now = w.now.Add(24 * 60 * 60 * 1e9)
	w.settle()
	require.Equal(t, 6, w.enabled())
	require.Nil(t, w.state().Status.Quarantine)
	w.edits(func(_, users *synchronization.ObjectMapping) { users.Scope = nil })
	w.settle()
	require.Equal(t, 12, w.enabled())
	require.Equal(t, 12, w.counted(), "the same accounts")
}

// TestManagersInACircle are created both, and then refer to one another.
func TestManagersInACircle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	one, other := w.user(1), w.user(2)
	w.relate(one, directory.Manager, other)
	w.relate(other, directory.Manager, one)
	_, err := w.cycle()
	require.NoError(t, err)
	w.verify()
}

// TestSoftDeletedComesBackWithItsAccount within the 30 days, and is deleted after them.
func TestSoftDeletedComesBackWithItsAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	id := w.user(1)
	w.settle()
	account := w.account(id).ID()
	w.remove(id)
	w.settle()
	require.False(t, w.active(id))
	_, err := w.db.RestoreObject(t.Context(), tenant, id, w.now)
	require.NoError(t, err)
	w.settle()
	require.True(t, w.active(id))
	require.Equal(t, account, w.account(id).ID())
	w.remove(id)
	w.purge(id)
	w.settle()
	require.Zero(t, w.counted())
}

// TestRenamedGroupThatClashes is a failure of its own, and mended by another name.
func TestRenamedGroupThatClashes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: unique("displayName")})
	w.group("Taken")
	id := w.group("Free", w.user(1))
	w.settle()
	w.set(id, "displayName", "Taken")
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, 1, counts.Escrowed)
	require.Contains(t, w.documents(), `"errorCode":"EntryConflict"`)
	w.set(id, "displayName", "Renamed")
	w.settle()
	w.verify()
}

// unique stands before a server and refuses a second PATCH to the value Taken.
func unique(attribute string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch && strings.Contains(drain(r), "Taken") {
				rw.WriteHeader(http.StatusConflict)
				_, _ = fmt.Fprintf(rw, `{"schemas":[%q],"status":"409","scimType":"uniqueness","detail":"%s is taken"}`, scim.ErrorURN, attribute)
				return
			}
			next.ServeHTTP(rw, r)
		})
	}
}

// TestLinkedAccountThatIsGoneBetweenReadAndWrite: a 404 of the PATCH is InvalidAnchor,
// and the next attempt creates it anew.
func TestLinkedAccountThatIsGoneBetweenReadAndWrite(t *testing.T) {
	t.Parallel()
	w, r := refusing(t, "PATCH", "", 0)
	id := w.user(1)
	w.settle()
	r.set("PATCH", http.StatusNotFound)
	w.set(id, "department", "Moved")
	_, err := w.cycle()
	require.NoError(t, err)
	require.Contains(t, w.documents(), `"errorCode":"InvalidAnchor"`)
	r.set("", 0)
	w.settle()
	w.verify()
}

// TestConflictOfACreateIsMatchedByTheNextAttribute: the account is there under another
// name.
func TestConflictOfACreateIsMatchedByTheNextAttribute(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.edits(func(_, users *synchronization.ObjectMapping) { attribute(users, "externalId").MatchingPriority = 2 })
	id := w.user(1)
	w.settle()
	w.edits(func(_, users *synchronization.ObjectMapping) { attribute(users, "userName").Source = direct("mail") })
	w.set(id, "mail", "another@example.com")
	w.restart(synchronization.ResetFull)
	w.settle()
	require.Equal(t, 1, w.counted())
	require.Equal(t, "another@example.com", w.value(id, "userName"))
}

// TestCaseCountsWhereTheAttributeIsExact and nowhere else.
func TestCaseCountsWhereTheAttributeIsExact(t *testing.T) {
	t.Parallel()
	for _, exact := range []bool{false, true} {
		w := newWorld(t, strict())
		s, err := w.db.Schema(t.Context(), tenant, w.job)
		require.NoError(t, err)
		for d := range s.Directories {
			for o := range s.Directories[d].Objects {
				for a := range s.Directories[d].Objects[o].Attributes {
					if def := &s.Directories[d].Objects[o].Attributes[a]; def.Name == "title" {
						def.CaseExact = exact
					}
				}
			}
		}
		require.NoError(t, w.db.PutSchema(t.Context(), tenant, w.job, s, func(j synchronization.Job) synchronization.Job { return j }))
		id := w.user(1)
		w.set(id, "jobTitle", "Head")
		w.settle()
		w.set(id, "jobTitle", "HEAD")
		w.settle()
		require.Equal(t, map[bool]string{false: "Head", true: "HEAD"}[exact], w.value(id, "title"))
	}
}

// TestNullFlowsNothingAndAnEmptyTextFlows.
func TestNullFlowsNothingAndAnEmptyTextFlows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	id := w.user(1)
	w.set(id, "jobTitle", "Head")
	w.settle()
	before := w.changes.Load()
	w.set(id, "jobTitle", nil)
	w.settle()
	require.Equal(t, before, w.changes.Load())
	require.Equal(t, "Head", w.value(id, "title"))
	w.maps(map[string]string{"title": `IIF(IsNullOrEmpty([jobTitle]), "", [jobTitle])`})
	w.settle()
	require.Greater(t, w.changes.Load(), before)
	require.NotEqual(t, "Head", w.value(id, "title"))
}

// TestWhatIsWrittenOnCreationOnly: default values, and attributes that say so.
func TestWhatIsWrittenOnCreationOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	staff := "Staff"
	w.edits(func(_, users *synchronization.ObjectMapping) {
		attribute(users, "title").DefaultValue = &staff
		attribute(users, "preferredLanguage").FlowType = synchronization.FlowObjectAddOnly
	})
	id := w.user(1)
	w.set(id, "preferredLanguage", "de")
	w.settle()
	require.Equal(t, "Staff", w.value(id, "title"))
	require.Equal(t, "de", w.value(id, "preferredLanguage"))
	w.set(id, "jobTitle", "Head")
	w.set(id, "preferredLanguage", "fr")
	w.settle()
	require.Equal(t, "Head", w.value(id, "title"))
	require.Equal(t, "de", w.value(id, "preferredLanguage"))
	w.set(id, "jobTitle", nil)
	w.settle()
	require.Equal(t, "Head", w.value(id, "title"), "the default is for creation")
}

// TestThrottledWithAndWithoutRetryAfter: nobody is lost or doubled, and what the target
// asks for is waited for.
func TestThrottledWithAndWithoutRetryAfter(t *testing.T) {
	t.Parallel()
	for _, after := range []string{"", "7"} {
		var n atomic.Int64
		w := newWorld(t, terrain{dialect: scim.RFC7644, between: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if n.Add(1)%3 == 0 {
					if after != "" {
						rw.Header().Set("Retry-After", after)
					}
					rw.WriteHeader(http.StatusTooManyRequests)
					return
				}
				next.ServeHTTP(rw, r)
			})
		}})
		w.users(20)
		_, err := w.cycle()
		require.NoError(t, err)
		w.settle()
		w.verify()
		require.GreaterOrEqual(t, w.waited.Load(), map[bool]int64{true: 7e9, false: 25e7}[after != ""])
	}
}

// TestChangeThatIsTakenBackAfterACrash: what may have been written is looked at again,
// though the directory says what it said before.
func TestChangeThatIsTakenBackAfterACrash(t *testing.T) {
	t.Parallel()
	w, _ := refusing(t, "", "", 0)
	id := w.user(1)
	w.settle()
	w.set(id, "department", "Moved")
	w.now = w.now.Add(3600e9)
	claim := w.claim()
	cycle := w.engine(t.Context(), claim)

	cycle.Store = &powerless{Provisioning: w.db}
	_, err := cycle.Run(t.Context(), w.now.Add(60e9))
	require.Error(t, err)
	w.store = w.db
	require.Equal(t, "Moved", w.value(id, department))
	w.set(id, "department", "Sales")
	require.NoError(t, w.db.ReleaseClaim(t.Context(), claim, func(j synchronization.Job) synchronization.Job { return j }))
	_, err = w.cycle() // ends the one that had begun before
	require.NoError(t, err)
	w.settle()
	require.Equal(t, "Sales", w.value(id, department))
}

const department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"

// powerless is the store of a worker that dies after it has written and before it
// records: only what it announces is kept.
type powerless struct{ store.Provisioning }

func (f *powerless) Record(ctx context.Context, c store.Claim, b store.Batch) error {
	for _, o := range b.Outcomes {
		if o.Log != nil {
			return errors.New("the power went")
		}
	}
	return f.Provisioning.Record(ctx, c, b)
}

// direct is an attribute as it is.
func direct(name string) *expression.Source {
	return &expression.Source{Expression: "[" + name + "]", Name: name, Type: expression.AttributeSource}
}
