package identity_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
)

func user(scopes []identity.Permission, roles ...identity.Role) identity.Caller {
	return identity.Caller{Kind: identity.DelegatedUser, ObjectID: callerID, Scopes: scopes, DirectoryRoles: roles}
}

func application(roles ...identity.Permission) identity.Caller {
	return identity.Caller{Kind: identity.Application, ObjectID: callerID, ServicePrincipalID: callerID, Roles: roles}
}

func owned() identity.Object {
	return identity.Object{Owners: []directory.ObjectID{otherID, directory.ObjectID(strings.ToUpper(string(callerID)))}}
}

// TestAcquireAccessToken states who may carry out the action, sentence by sentence
// as its published pages do.
func TestAcquireAccessToken(t *testing.T) {
	t.Parallel()

	current := []identity.Permission{identity.SynchronizationReadWrite}
	older := []identity.Permission{identity.DirectoryReadWrite}
	manage := identity.Object{Actions: []identity.Action{identity.ManageSynchronizationCredentials}}
	someoneElses := identity.Object{Owners: []directory.ObjectID{otherID}}
	const always, legacy, never = "always", "legacy", "never"
	tests := []struct {
		name   string
		caller identity.Caller
		object identity.Object
		want   string
	}{
		{"user, scope and Application Administrator", user(current, identity.ApplicationAdministrator), identity.Object{}, always},
		{"user, scope and Cloud Application Administrator", user(current, identity.CloudApplicationAdministrator), identity.Object{}, always},
		{"user, scope and Hybrid Identity Administrator", user(current, identity.HybridIdentityAdministrator), identity.Object{}, always},
		{"user, scope and Global Administrator", user(current, identity.GlobalAdministrator), identity.Object{}, always},
		{"user, scope and a role spelled in upper case", user(current, identity.Role(strings.ToUpper(string(identity.ApplicationAdministrator)))), identity.Object{}, always},
		{"user, scope and ownership", user(current), owned(), always},
		{"user, scope and a custom role", user(current), manage, always},
		{"user, scope alone", user(current), someoneElses, never},
		{"user, scope and an unrelated role", user(current, identity.GlobalReader, identity.UserAdministrator), someoneElses, never},
		{"user, scope and another custom action", user(current), identity.Object{Actions: []identity.Action{identity.ManageSynchronizationJobs}}, never},
		{"user, role without scope", user(nil, identity.ApplicationAdministrator), identity.Object{}, never},
		{"user, reading scope and role", user([]identity.Permission{identity.SynchronizationRead}, identity.ApplicationAdministrator), identity.Object{}, never},
		{"user, ownership without scope", user(nil), owned(), never},
		{"user, older scope and role", user(older, identity.ApplicationAdministrator), identity.Object{}, legacy},
		{"user, older scope alone", user(older), identity.Object{}, never},
		{"user, OwnedBy as a scope", user([]identity.Permission{identity.ApplicationReadWriteOwnedBy}, identity.ApplicationAdministrator), owned(), never},
		{"application, OwnedBy on its own object", application(identity.ApplicationReadWriteOwnedBy), owned(), always},
		{"application, OwnedBy on another's", application(identity.ApplicationReadWriteOwnedBy), someoneElses, never},
		{"application, OwnedBy on nobody's", application(identity.ApplicationReadWriteOwnedBy), identity.Object{}, never},
		{"application, Synchronization.ReadWrite.All", application(identity.SynchronizationReadWrite), someoneElses, always},
		{"application, Directory.ReadWrite.All", application(identity.DirectoryReadWrite), someoneElses, legacy},
		{"application, Application.ReadWrite.All", application(identity.ApplicationReadWrite), owned(), never},
		{"application, ownership alone", application(), owned(), never},
		{"application, nothing", application(), identity.Object{}, never},
		{"application without an object id, ownerless object", identity.Caller{Kind: identity.Application, Roles: []identity.Permission{identity.ApplicationReadWriteOwnedBy}}, identity.Object{Owners: []directory.ObjectID{""}}, never},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			if got, want := allowed(t, false, tt.caller, identity.AcquireAccessToken, tt.object), tt.want == always; got != want {
				t.Errorf("current table: allowed %v, want %v", got, want)
			}
			if got, want := allowed(t, true, tt.caller, identity.AcquireAccessToken, tt.object), tt.want != never; got != want {
				t.Errorf("with older pages: allowed %v, want %v", got, want)
			}
			personal := tt.caller
			personal.Personal = true
			if allowed(t, true, personal, identity.AcquireAccessToken, tt.object) {
				t.Error("a personal account is admitted")
			}
		})
	}
}

func TestDenialSaysWhatWouldSuffice(t *testing.T) {
	t.Parallel()

	const graph = "Insufficient privileges to complete the operation. "
	tests := []struct {
		name   string
		caller identity.Caller
		op     identity.Operation
		want   string
	}{
		{
			"application", application(), identity.AcquireAccessToken,
			"It needs the application permission Synchronization.ReadWrite.All, or Application.ReadWrite.OwnedBy on an object that the calling application owns.",
		},
		{
			"several and together", application(), identity.CreateAppRoleAssignment,
			"It needs the application permission AppRoleAssignment.ReadWrite.All, together with Application.Read.All, Application.ReadWrite.All, Directory.Read.All or Directory.ReadWrite.All.",
		},
		{
			"scope", user(nil, identity.GlobalAdministrator), identity.ReadJob,
			"It needs the delegated permission Synchronization.Read.All or Synchronization.ReadWrite.All.",
		},
		{
			"standing", user([]identity.Permission{identity.SynchronizationReadWrite}), identity.SetSyncAll,
			"Besides the delegated permission, the signed-in user needs the directory role Application Administrator, Cloud Application Administrator, " +
				"Hybrid Identity Administrator or Global Administrator; or ownership of the object; or a custom role with " +
				"microsoft.directory/servicePrincipals/synchronizationJobs/manage and microsoft.directory/servicePrincipals/synchronizationCredentials/manage.",
		},
		{
			"only Global Administrator", user([]identity.Permission{identity.SynchronizationDataUpload}), identity.BulkUpload,
			"Besides the delegated permission, the signed-in user needs the directory role Global Administrator.",
		},
		{
			"no application permission exists", application(identity.UserRead), identity.ReadMe,
			"It needs a signed-in user: no application permission opens it.",
		},
		{"unknown operation", application(), "x", "No rule admits anybody to it."},
		{
			"personal",
			identity.Caller{Kind: identity.DelegatedUser, Personal: true},
			identity.ReadMe,
			"Personal Microsoft accounts are not admitted; sign in with a work or school account.",
		},
		{"nobody", identity.Caller{}, identity.ReadMe, "The request has no caller."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			err := identity.NewPolicy(identity.Options{}).Authorize(tt.caller, tt.op, identity.Object{})
			got, ok := err.(*errs.Error) //nolint:errorlint // the policy returns the error itself
			if !ok {
				t.Fatalf("got %T, want *errs.Error", err)
			}
			if got.Kind != errs.Forbidden || got.Code != "Authorization_RequestDenied" || got.Target != string(tt.op) {
				t.Errorf("got kind %v, code %s, target %s", got.Kind, got.Code, got.Target)
			}
			if got.Message != graph+tt.want {
				t.Errorf("message\n got %s\nwant %s", got.Message, graph+tt.want)
			}
		})
	}
}

// TestEveryOperationHasARule reads the constants, so that none is forgotten in the
// table or left there without a name.
func TestEveryOperationHasARule(t *testing.T) {
	t.Parallel()

	file, err := parser.ParseFile(token.NewFileSet(), "operation.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []identity.Operation
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			lit, ok := v.Values[0].(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s is not a literal", v.Names[0].Name)
			}
			name, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			declared = append(declared, identity.Operation(name))
		}
		return true
	})
	slices.Sort(declared)
	if got := identity.NewPolicy(identity.Options{}).Operations(); !slices.Equal(got, declared) {
		t.Errorf("operations with a rule\n%v\ndeclared\n%v", got, declared)
	}
}

func drawCaller(t *rapid.T) identity.Caller {
	permissions := rapid.SliceOf(rapid.SampledFrom(everyPermission()))
	roles := []identity.Role{"unknown"}
	for _, r := range identity.BuiltInRoles() {
		roles = append(roles, r.ID)
	}
	return identity.Caller{
		Kind:           rapid.SampledFrom([]identity.Kind{identity.Nobody, identity.Application, identity.DelegatedUser}).Draw(t, "kind"),
		ObjectID:       rapid.SampledFrom([]directory.ObjectID{"", callerID}).Draw(t, "oid"),
		Scopes:         permissions.Draw(t, "scopes"),
		Roles:          permissions.Draw(t, "roles"),
		DirectoryRoles: rapid.SliceOf(rapid.SampledFrom(roles)).Draw(t, "wids"),
		Personal:       rapid.Bool().Draw(t, "personal"),
	}
}

func drawObject(t *rapid.T) identity.Object {
	return identity.Object{
		Owners:  rapid.SliceOf(rapid.SampledFrom([]directory.ObjectID{"", callerID, otherID})).Draw(t, "owners"),
		Actions: rapid.SliceOf(rapid.SampledFrom(identity.Actions())).Draw(t, "actions"),
	}
}

// TestPolicyLaws: more rights never take away; Legacy only adds; and what does not
// depend on the object is the same for every object.
func TestPolicyLaws(t *testing.T) {
	t.Parallel()

	current, legacy := identity.NewPolicy(identity.Options{}), identity.NewPolicy(identity.Options{Legacy: true})
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom(current.Operations()).Draw(t, "operation")
		c, o := drawCaller(t), drawObject(t)
		verdict := current.Authorize(c, op, o) == nil
		if verdict && legacy.Authorize(c, op, o) != nil {
			t.Fatal("Legacy takes away")
		}
		more, moreObject := c, o
		more.Scopes = append(slices.Clone(c.Scopes), rapid.SampledFrom(everyPermission()).Draw(t, "one more"))
		more.Roles = append(slices.Clone(c.Roles), rapid.SampledFrom(everyPermission()).Draw(t, "one more"))
		moreObject.Owners = append(slices.Clone(o.Owners), callerID)
		if verdict && current.Authorize(more, op, moreObject) != nil {
			t.Fatal("a further right takes away")
		}
		if !current.DependsOnObject(c, op) && verdict != (current.Authorize(c, op, identity.Object{}) == nil) {
			t.Fatal("the verdict depends on the object although DependsOnObject says no")
		}
	})
}

func TestContextCarriesTheCaller(t *testing.T) {
	t.Parallel()

	if c, ok := identity.FromContext(t.Context()); ok || c.Kind != identity.Nobody {
		t.Errorf("without a caller: got %v, %v", c, ok)
	}
	want := application(identity.SynchronizationRead)
	got, ok := identity.FromContext(identity.NewContext(t.Context(), want))
	if !ok || got.ObjectID != want.ObjectID {
		t.Errorf("got %v, %v", got, ok)
	}
}

func BenchmarkAuthorize(b *testing.B) {
	policy := identity.NewPolicy(identity.Options{})
	c := user([]identity.Permission{identity.SynchronizationReadWrite}, identity.ApplicationAdministrator)
	b.ReportAllocs()
	for b.Loop() {
		if err := policy.Authorize(c, identity.AcquireAccessToken, identity.Object{}); err != nil {
			b.Fatal(err)
		}
	}
}
