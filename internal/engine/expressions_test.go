package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/engine"
	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// maps adds attribute mappings to the user mapping of the job; a target attribute
// that is mapped already gets the new source.
func (w *world) maps(expressions map[string]string) {
	w.t.Helper()
	s, err := w.db.Schema(w.t.Context(), tenant, w.job)
	require.NoError(w.t, err)
	users := &s.Rules[0].ObjectMappings[1]
next:
	for target, text := range expressions {
		source := &expression.Source{Expression: text, Type: expression.FunctionSource}
		for i := range users.AttributeMappings {
			if users.AttributeMappings[i].TargetAttributeName == target {
				users.AttributeMappings[i].Source = source
				continue next
			}
		}
		users.AttributeMappings = append(users.AttributeMappings, synchronization.AttributeMapping{TargetAttributeName: target, Source: source})
	}
	require.NoError(w.t, w.db.PutSchema(w.t.Context(), tenant, w.job, s, func(j synchronization.Job) synchronization.Job { return j.SchemaChanged(w.now) }))
}

func (w *world) documents() string {
	w.t.Helper()
	page, err := w.db.Logs(w.t.Context(), tenant, store.LogQuery{Top: 500})
	require.NoError(w.t, err)
	var all strings.Builder
	for _, e := range page.Entries {
		all.Write(e.Document())
	}
	return all.String()
}

// TestRedactedValuesAreInNoLog, and a random one is written once.
func TestRedactedValuesAreInNoLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, terrain{dialect: scim.RFC7644})
	w.maps(map[string]string{"password": `Redact(RandomString(16, 2, 2, 2, 2))`, "nickName": `Redact([department])`})
	id := w.user(1)
	w.set(id, "department", "Classified")
	w.settle()
	w.set(id, "department", "MoreClassified")
	w.settle()
	require.Equal(t, 1, w.server.Requests()["POST /Users"])
	require.Equal(t, 1, w.server.Requests()["PATCH /Users/{id}"])
	require.Contains(t, w.documents(), "[Redact]")
	log := strings.ReplaceAll(w.documents(), `"displayName":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","oldValue":"Classified","newValue":"MoreClassified"`, "")
	log = strings.ReplaceAll(log, `"displayName":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","oldValue":null,"newValue":"Classified"`, "")
	require.NotContains(t, log, "Classified")
	w.restart(synchronization.ResetDefault)
	w.settle()
	require.Equal(t, 1, w.server.Requests()["PATCH /Users/{id}"], "an initial cycle writes no new password")
}

// TestUniqueValuesAreUnique: within one page as well as against what the target has.
func TestUniqueValuesAreUnique(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	_, err := w.target.Create(t.Context(), scim.UserType, scim.Resource{"userName": "before@example.com", "nickName": "user"})
	require.NoError(t, err)
	w.maps(map[string]string{"nickName": `SelectUniqueValue([givenName], Append([givenName], "-2"), Append([givenName], [surname]))`})
	w.users(9)
	counts, err := w.cycle()
	require.NoError(t, err)
	require.Zero(t, counts.Escrowed)
	users, _ := w.server.Snapshot()
	require.Len(t, users, 10)
	seen := map[string]bool{}
	for _, u := range users {
		v, _ := u.Get("nickName")
		name, _ := v.(string)
		require.NotEmpty(t, name)
		require.False(t, seen[strings.ToLower(name)], "%s twice", name)
		seen[strings.ToLower(name)] = true
	}
	before := w.injector.Requests()
	w.settle()
	require.Equal(t, before, w.injector.Requests())
}

// TestExpressionsThatFailOrWithholdConcernOneObject.
func TestExpressionsThatFailOrWithholdConcernOneObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	w.maps(map[string]string{
		"title":                      `IIF([surname] = "3", Mid([displayName], 1, [givenName]), [jobTitle])`,
		"nickName":                   `Switch([surname], [givenName], "4", IgnoreObjectFlow)`,
		`photos[type ne "x"].value`:  `IIF([surname] = "5", "x", IgnoreAttributeFlow)`,
		`ims[type eq "work"].value`:  `Join("@", [givenName], DefaultDomain())`,
		"urn:example:2.0:User:badge": "[employeeId]",
	})
	w.users(8)
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, 2, counts.Escrowed, "one cannot be evaluated, one cannot be written")
	require.EqualValues(t, 5, counts.Exported)
	users, _ := w.server.Snapshot()
	require.Len(t, users, 5)
}

// TestAppRolesReachTheTarget: whether only those who are assigned are provisioned, or
// everybody is and nobody asks for the roles but the mapping.
func TestAppRolesReachTheTarget(t *testing.T) {
	t.Parallel()
	for _, everybody := range []bool{false, true} {
		t.Run(fmt.Sprint(everybody), func(t *testing.T) {
			t.Parallel()
			appRolesReachTheTarget(t, everybody)
		})
	}
}

func appRolesReachTheTarget(t *testing.T, everybody bool) {
	t.Helper()
	w := newWorld(t, strict())
	w.takeAll = everybody
	w.roles = []any{map[string]any{"id": "11111111-0000-4000-8000-000000000000", "value": "admin", "displayName": "Administrator"}}
	w.maps(map[string]string{"roles": "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])"})
	id := w.user(1)
	require.NoError(t, w.db.Assign(t.Context(), tenant, directory.AppRoleAssignment{
		ID: "22222222-0000-4000-8000-000000000000", Principal: id, PrincipalKind: directory.User, Resource: w.sp,
		AppRoleID: "11111111-0000-4000-8000-000000000000", Created: w.now,
	}))
	w.settle()
	v, ok := w.account(id).Get("roles.value")
	require.True(t, ok)
	require.Equal(t, []any{"admin"}, v)
	w.restart(synchronization.ResetDefault)
	w.settle()
	require.Zero(t, w.server.Requests()["PATCH /Users/{id}"], "the same roles are no difference")
}

// upserting is a target that answers a create with a resource that it has.
type upserting struct {
	engine.Target
	there scim.Resource
}

func (u *upserting) Create(context.Context, string, scim.Resource, ...scim.Path) (scim.Resource, error) {
	return u.there, nil
}

// TestCreateThatIsAnsweredWithAnothersAccountLinksNobody: two source objects never
// share an account.
func TestCreateThatIsAnsweredWithAnothersAccountLinksNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strict())
	first := w.user(1)
	w.settle()
	w.side = func(t engine.Target) engine.Target { return &upserting{t, w.account(first)} }
	w.users(3)
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, 2, counts.Escrowed, "user1 is there already")
	require.Contains(t, w.documents(), "DuplicateSourceEntries")
}

// TestConflictThatPassesIsNoFailure: a target that is at work on the resource.
func TestConflictThatPassesIsNoFailure(t *testing.T) {
	t.Parallel()
	busy := 0
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch || r.Method == http.MethodDelete {
				if busy++; busy%2 == 1 {
					rw.WriteHeader(http.StatusConflict)
					return
				}
			}
			next.ServeHTTP(rw, r)
		})
	}})
	people := w.users(3)
	group := w.group("Everyone", people...)
	w.settle()
	w.set(people[0], "department", "Research")
	w.settle()
	require.NoError(t, w.db.DeleteObject(t.Context(), tenant, store.Ref{ID: group}, w.now))
	counts, err := w.cycle()
	require.NoError(t, err)
	require.Zero(t, counts.Escrowed)
	w.verify()
	require.NotContains(t, w.documents(), "EntryConflict")
}
