package identity_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
)

var update = flag.Bool("update", false, "rewrite testdata/*.matrix; read the difference before committing it")

const (
	callerID = directory.ObjectID("00000000-0000-4000-8000-00000000000c")
	otherID  = directory.ObjectID("00000000-0000-4000-8000-00000000000d")
)

// column is one kind of caller.
type column struct {
	label  string
	caller identity.Caller
	object identity.Object // when the caller does not own it
}

// The combinations that some rule asks for together; each permission and each
// action alone has a column anyway.
var (
	togetherPermissions = [][]identity.Permission{
		{identity.AppRoleAssignmentReadWrite, identity.ApplicationRead},
		{identity.ApplicationReadWrite, identity.DirectoryRead},
		{identity.ApplicationReadWriteOwnedBy, identity.DirectoryRead},
	}
	togetherActions = [][]identity.Action{
		{identity.ManageSynchronizationJobs, identity.ManageSynchronizationCredentials},
		{identity.ManageSynchronizationSchema, identity.ManageSynchronizationCredentials},
	}
)

func everyPermission() []identity.Permission {
	var all []identity.Permission
	for _, d := range identity.Permissions() {
		all = append(all, d.Name)
	}
	return all
}

func permissionSets() [][]identity.Permission {
	var sets [][]identity.Permission
	for _, p := range everyPermission() {
		sets = append(sets, []identity.Permission{p})
	}
	return append(sets, togetherPermissions...)
}

func label[S ~string](list []S) string {
	var words []string
	for _, s := range list {
		words = append(words, string(s))
	}
	return strings.Join(words, " + ")
}

func applicationColumns() []column {
	var all []column
	for _, set := range permissionSets() {
		all = append(all, column{label: label(set), caller: identity.Caller{
			Kind: identity.Application, ObjectID: callerID, Roles: set,
			// A directory role does not stand in for an application permission.
			DirectoryRoles: []identity.Role{identity.GlobalAdministrator},
		}})
	}
	return all
}

// scopeColumns are users of the highest standing.
func scopeColumns() []column {
	var all []column
	for _, set := range permissionSets() {
		all = append(all, column{label: label(set), caller: identity.Caller{
			Kind: identity.DelegatedUser, ObjectID: callerID, Scopes: set,
			DirectoryRoles: []identity.Role{identity.GlobalAdministrator},
			Roles:          everyPermission(), // application permissions do not count for a user
		}})
	}
	return all
}

// standingColumns are users whose token carries every scope.
func standingColumns() []column {
	user := identity.Caller{Kind: identity.DelegatedUser, ObjectID: callerID, Scopes: everyPermission()}
	all := []column{
		{label: "no standing", caller: user},
		{label: "owner", caller: user, object: identity.Object{Owners: []directory.ObjectID{otherID, callerID}}},
	}
	for _, role := range identity.BuiltInRoles() {
		u := user
		u.DirectoryRoles = []identity.Role{role.ID}
		all = append(all, column{label: role.Name, caller: u})
	}
	for _, action := range identity.Actions() {
		all = append(all, column{label: string(action), caller: user, object: identity.Object{Actions: []identity.Action{action}}})
	}
	for _, set := range togetherActions {
		all = append(all, column{label: label(set), caller: user, object: identity.Object{Actions: set}})
	}
	return all
}

// cell is the verdict in one letter.
func cell(t *testing.T, c column, op identity.Operation) string {
	t.Helper()
	own := c.object
	own.Owners = []directory.ObjectID{callerID}
	switch {
	case allowed(t, false, c.caller, op, c.object):
		return "Y"
	case c.caller.Kind == identity.Application && allowed(t, false, c.caller, op, own):
		return "o"
	case allowed(t, true, c.caller, op, c.object):
		return "L"
	default:
		return "."
	}
}

func allowed(t *testing.T, legacy bool, c identity.Caller, op identity.Operation, o identity.Object) bool {
	t.Helper()
	err := identity.NewPolicy(identity.Options{Legacy: legacy}).Authorize(c, op, o)
	if err != nil && !errs.Is(err, errs.Forbidden) {
		t.Fatalf("%s: kind %v, want Forbidden: %v", op, errs.KindOf(err), err)
	}
	return err == nil
}

func matrix(t *testing.T, columns []column) string {
	t.Helper()
	var b strings.Builder
	for i, c := range columns {
		fmt.Fprintf(&b, "%s = %s\n", letter(i), c.label)
	}
	fmt.Fprintf(&b, "\n%-40s", "")
	for i := range columns {
		fmt.Fprintf(&b, " %s", letter(i))
	}
	b.WriteByte('\n')
	for _, op := range identity.NewPolicy(identity.Options{}).Operations() {
		fmt.Fprintf(&b, "%-40s", op)
		for _, c := range columns {
			fmt.Fprintf(&b, " %s", cell(t, c, op))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func letter(i int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return letters[i : i+1]
}

// TestPermissionMatrix compares every operation × every kind of caller with the
// matrices that were reviewed against the published pages. Y: may; o: may on an
// object that the calling application owns; L: may under Legacy; a dot: may not.
func TestPermissionMatrix(t *testing.T) {
	t.Parallel()

	for file, columns := range map[string][]column{
		"testdata/application.matrix": applicationColumns(),
		"testdata/scope.matrix":       scopeColumns(),
		"testdata/standing.matrix":    standingColumns(),
	} {
		got := matrix(t, columns)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

// readMatrix returns the expected cells: operation → column label → letter.
func readMatrix(t *testing.T, file string) map[identity.Operation]map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	legend, rows, _ := strings.Cut(string(text), "\n\n")
	var labels []string
	for line := range strings.Lines(legend) {
		_, l, _ := strings.Cut(strings.TrimSpace(line), " = ")
		labels = append(labels, l)
	}
	cells := map[identity.Operation]map[string]string{}
	for _, line := range strings.Split(strings.TrimRight(rows, "\n"), "\n")[1:] {
		fields := strings.Fields(line)
		row := map[string]string{}
		for i, l := range labels {
			row[l] = fields[i+1]
		}
		cells[identity.Operation(fields[0])] = row
	}
	return cells
}

// TestDelegatedNeedsScopeAndStanding tries the whole product: operation × scopes ×
// standing × generation. The verdict is the conjunction of the two matrices.
func TestDelegatedNeedsScopeAndStanding(t *testing.T) {
	t.Parallel()

	scopes, standing := readMatrix(t, "testdata/scope.matrix"), readMatrix(t, "testdata/standing.matrix")
	policies := map[bool]*identity.Policy{
		false: identity.NewPolicy(identity.Options{}),
		true:  identity.NewPolicy(identity.Options{Legacy: true}),
	}
	for op := range scopes {
		for _, set := range permissionSets() {
			for _, s := range standingColumns() {
				for legacy, policy := range policies {
					caller := s.caller
					caller.Scopes = set
					got := policy.Authorize(caller, op, s.object) == nil
					scope := scopes[op][label(set)]
					want := (scope == "Y" || legacy && scope == "L") && standing[op][s.label] == "Y"
					if got != want {
						t.Errorf("%s, scopes %s, %s, legacy %v: allowed %v, want %v", op, label(set), s.label, legacy, got, want)
					}
				}
			}
		}
	}
}

// TestNobodyIsAdmitted tries callers whom no rule may ever admit, with every
// permission, role and action there is.
func TestNobodyIsAdmitted(t *testing.T) {
	t.Parallel()

	all := identity.Caller{
		ObjectID: callerID, Scopes: everyPermission(), Roles: everyPermission(),
		DirectoryRoles: []identity.Role{identity.GlobalAdministrator},
	}
	personal, personalApp, nobody, strange := all, all, all, all
	personal.Kind, personal.Personal = identity.DelegatedUser, true
	personalApp.Kind, personalApp.Personal = identity.Application, true
	strange.Kind = identity.Kind(99)
	own := identity.Object{Owners: []directory.ObjectID{callerID}, Actions: identity.Actions()}
	operations := append(identity.NewPolicy(identity.Options{}).Operations(), "", "no.such.operation")
	for name, c := range map[string]identity.Caller{
		"personal user": personal, "personal application": personalApp, "nobody": nobody, "unknown kind": strange, "zero": {},
	} {
		for _, op := range operations {
			if allowed(t, true, c, op, own) {
				t.Errorf("%s may %s", name, op)
			}
		}
	}
	for _, kind := range []identity.Kind{identity.Application, identity.DelegatedUser} {
		c := all
		c.Kind = kind
		if allowed(t, true, c, "no.such.operation", own) {
			t.Errorf("%s may carry out an operation without a rule", kind)
		}
		if open := slices.DeleteFunc(operations, func(op identity.Operation) bool { return !allowed(t, true, c, op, own) }); len(open) < 50 {
			t.Errorf("%s with everything may carry out only %d operations", kind, len(open))
		}
	}
}
