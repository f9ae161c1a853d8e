package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

func same(t *testing.T, got, want any, what string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s differs (-want +got):\n%s", what, diff)
	}
}

const elsewhere directory.TenantID = "22222222-2222-4222-8222-222222222222"

func tenantChecks() []check {
	return []check{
		{"the id and the domain are unique, the domain ignoring case", func(t *testing.T, f *fixture) {
			fail(t, f.CreateTenant(t.Context(), store.Tenant{ID: f.tenant, Domain: "other.example", Created: f.now}), errs.Conflict)
			fail(t, f.CreateTenant(t.Context(), store.Tenant{ID: elsewhere, Domain: "Contoso.Example", Created: f.now}), errs.Conflict)
		}},
		{"all are returned, oldest first", func(t *testing.T, f *fixture) {
			older := store.Tenant{ID: elsewhere, DisplayName: "Fabrikam", Domain: "fabrikam.example", Created: f.now.Add(-time.Hour)}
			succeed(t, f.CreateTenant(t.Context(), older))
			tenants, err := f.Tenants(t.Context())
			succeed(t, err)
			same(t, tenants, []store.Tenant{older, {ID: f.tenant, DisplayName: "Contoso", Domain: "contoso.example", Created: f.now}}, "tenants")
		}},
		{"what belongs to a tenant that was not created is not found", func(t *testing.T, f *fixture) {
			_, err := f.Head(t.Context(), elsewhere)
			fail(t, err, errs.NotFound)
			_, err = f.CreateObject(t.Context(), elsewhere, directory.Object{ID: f.id(), Kind: directory.User, Created: f.now})
			fail(t, err, errs.NotFound)
		}},
		{"tenants do not see each other", func(t *testing.T, f *fixture) {
			u := f.user(t, "ada")
			succeed(t, f.CreateTenant(t.Context(), store.Tenant{ID: elsewhere, Domain: "fabrikam.example", Created: f.now}))
			_, err := f.Object(t.Context(), elsewhere, store.Ref{ID: u.ID})
			fail(t, err, errs.NotFound)
			o, err := f.CreateObject(t.Context(), elsewhere, directory.Object{ID: u.ID, Kind: directory.User, Created: f.now, Attributes: u.Attributes})
			succeed(t, err)
			equal(t, o.Sequence, 1, "the first number of the other feed")
		}},
	}
}

func settingChecks() []check {
	return []check{
		{"a setting never put is not found", func(t *testing.T, f *fixture) {
			_, err := f.Setting(t.Context(), "signing-key")
			fail(t, err, errs.NotFound)
		}},
		{"the last value put is returned", func(t *testing.T, f *fixture) {
			succeed(t, f.PutSetting(t.Context(), "signing-key", []byte{1, 2}))
			succeed(t, f.PutSetting(t.Context(), "signing-key", []byte{0, 3}))
			value, err := f.Setting(t.Context(), "signing-key")
			succeed(t, err)
			same(t, value, []byte{0, 3}, "value")
		}},
	}
}

func secretChecks() []check {
	const owner directory.ObjectID = "33333333-3333-4333-8333-333333333333"
	return []check{
		{"none is no error", func(t *testing.T, f *fixture) {
			secrets, err := f.Secrets(t.Context(), f.tenant, owner)
			succeed(t, err)
			equal(t, len(secrets), 0, "number of secrets")
		}},
		{"the set is replaced and ordered by key", func(t *testing.T, f *fixture) {
			put := func(secrets ...store.SealedSecret) {
				succeed(t, f.UpdateSecrets(t.Context(), f.tenant, owner, func([]store.SealedSecret) ([]store.SealedSecret, error) { return secrets, nil }))
			}
			a := store.SealedSecret{Key: "BaseAddress", Sealed: []byte("a"), Listed: true, UpdatedAt: f.now}
			b := store.SealedSecret{Key: "SecretToken", Sealed: []byte("b"), UpdatedAt: f.now}
			c := store.SealedSecret{Key: "UserName", Sealed: []byte("c"), UpdatedAt: f.now}
			put(c, a)
			put(b, a)
			secrets, err := f.Secrets(t.Context(), f.tenant, owner)
			succeed(t, err)
			same(t, secrets, []store.SealedSecret{a, b}, "secrets")
		}},
		{"an error of the function aborts and is returned as it is", func(t *testing.T, f *fixture) {
			refusal := errors.New("no")
			err := f.UpdateSecrets(t.Context(), f.tenant, owner, func([]store.SealedSecret) ([]store.SealedSecret, error) {
				return []store.SealedSecret{{Key: "UserName", Sealed: []byte("x")}}, refusal
			})
			holds(t, err == refusal, "the error is the function's") //nolint:errorlint // as it is, not wrapped
			secrets, err := f.Secrets(t.Context(), f.tenant, owner)
			succeed(t, err)
			equal(t, len(secrets), 0, "number of secrets")
		}},
		{"the function sees what is stored", func(t *testing.T, f *fixture) {
			add := func(key string) func([]store.SealedSecret) ([]store.SealedSecret, error) {
				return func(before []store.SealedSecret) ([]store.SealedSecret, error) {
					return append(before, store.SealedSecret{Key: key, Sealed: []byte(key), UpdatedAt: f.now}), nil
				}
			}
			succeed(t, f.UpdateSecrets(t.Context(), f.tenant, owner, add("a")))
			succeed(t, f.UpdateSecrets(t.Context(), f.tenant, owner, add("b")))
			secrets, err := f.Secrets(t.Context(), f.tenant, owner)
			succeed(t, err)
			equal(t, len(secrets), 2, "number of secrets")
		}},
	}
}

func leaseChecks() []check {
	return []check{
		{"another holder waits until the lease ends", func(t *testing.T, f *fixture) {
			first, ok, err := f.AcquireLease(t.Context(), "refresh", "a", f.now, time.Minute)
			succeed(t, err)
			holds(t, ok, "a free lease is taken")
			_, ok, err = f.AcquireLease(t.Context(), "refresh", "b", f.now.Add(time.Minute-1000), time.Minute)
			succeed(t, err)
			holds(t, !ok, "a held lease is refused")
			second, ok, err := f.AcquireLease(t.Context(), "refresh", "b", f.now.Add(time.Minute), time.Minute)
			succeed(t, err)
			holds(t, ok && second > first, "an ended lease is taken with a greater fence")
		}},
		{"the holder renews under the same fence", func(t *testing.T, f *fixture) {
			first, _, err := f.AcquireLease(t.Context(), "refresh", "a", f.now, time.Minute)
			succeed(t, err)
			again, ok, err := f.AcquireLease(t.Context(), "refresh", "a", f.now.Add(50*time.Second), time.Minute)
			succeed(t, err)
			holds(t, ok && again == first, "the fence stays")
			_, ok, err = f.AcquireLease(t.Context(), "refresh", "b", f.now.Add(70*time.Second), time.Minute)
			succeed(t, err)
			holds(t, !ok, "the renewed lease lasts longer")
		}},
		{"only the holder under its fence releases", func(t *testing.T, f *fixture) {
			fence, _, err := f.AcquireLease(t.Context(), "refresh", "a", f.now, time.Minute)
			succeed(t, err)
			succeed(t, f.ReleaseLease(t.Context(), "refresh", "b", fence))
			succeed(t, f.ReleaseLease(t.Context(), "refresh", "a", fence+1))
			_, ok, err := f.AcquireLease(t.Context(), "refresh", "b", f.now, time.Minute)
			succeed(t, err)
			holds(t, !ok, "the lease still lasts")
			succeed(t, f.ReleaseLease(t.Context(), "refresh", "a", fence))
			next, ok, err := f.AcquireLease(t.Context(), "refresh", "b", f.now, time.Minute)
			succeed(t, err)
			holds(t, ok && next > fence, "the released lease is taken with a greater fence")
		}},
	}
}

func passwordChecks() []check {
	const application directory.ObjectID = "44444444-4444-4444-8444-444444444444"
	never := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	return []check{
		{"an application's are returned oldest first", func(t *testing.T, f *fixture) {
			young := store.Password{KeyID: "k1", DisplayName: "one", Hint: "abc", Digest: []byte{1}, Start: f.now, End: never}
			old := store.Password{KeyID: "k2", DisplayName: "two", Hint: "def", Digest: []byte{2}, Start: f.now.Add(-time.Hour), End: f.now}
			succeed(t, f.AddPassword(t.Context(), f.tenant, application, young))
			succeed(t, f.AddPassword(t.Context(), f.tenant, application, old))
			passwords, err := f.Passwords(t.Context(), f.tenant, application)
			succeed(t, err)
			same(t, passwords, []store.Password{old, young}, "passwords")
		}},
		{"one without that key id is not found", func(t *testing.T, f *fixture) {
			succeed(t, f.AddPassword(t.Context(), f.tenant, application, store.Password{KeyID: "k1", Digest: []byte{1}, Start: f.now, End: never}))
			fail(t, f.RemovePassword(t.Context(), f.tenant, application, "k2"), errs.NotFound)
			succeed(t, f.RemovePassword(t.Context(), f.tenant, application, "k1"))
			passwords, err := f.Passwords(t.Context(), f.tenant, application)
			succeed(t, err)
			equal(t, len(passwords), 0, "number of passwords")
		}},
	}
}

func roleChecks() []check {
	const principal directory.ObjectID = "55555555-5555-4555-8555-555555555555"
	return []check{
		{"definitions are created, replaced and ordered by id", func(t *testing.T, f *fixture) {
			b := store.RoleDefinition{ID: "b", DisplayName: "B", BuiltIn: true, Actions: []string{"x/read"}}
			a := store.RoleDefinition{ID: "a", DisplayName: "A", Actions: []string{"x/read", "x/update"}}
			succeed(t, f.PutRoleDefinition(t.Context(), f.tenant, b))
			succeed(t, f.PutRoleDefinition(t.Context(), f.tenant, store.RoleDefinition{ID: "a", DisplayName: "old"}))
			succeed(t, f.PutRoleDefinition(t.Context(), f.tenant, a))
			definitions, err := f.RoleDefinitions(t.Context(), f.tenant)
			succeed(t, err)
			same(t, definitions, []store.RoleDefinition{a, b}, "definitions")
			succeed(t, f.DeleteRoleDefinition(t.Context(), f.tenant, "a"))
			fail(t, f.DeleteRoleDefinition(t.Context(), f.tenant, "a"), errs.NotFound)
		}},
		{"principal, role and scope are assigned once", func(t *testing.T, f *fixture) {
			a := store.RoleAssignment{ID: "1", Principal: principal, DefinitionID: "a", Scope: "/"}
			succeed(t, f.AddRoleAssignment(t.Context(), f.tenant, a))
			fail(t, f.AddRoleAssignment(t.Context(), f.tenant, store.RoleAssignment{ID: "2", Principal: principal, DefinitionID: "a", Scope: "/"}), errs.Conflict)
			other := store.RoleAssignment{ID: "0", Principal: "someone", DefinitionID: "a", Scope: "/x"}
			succeed(t, f.AddRoleAssignment(t.Context(), f.tenant, other))
			all, err := f.RoleAssignments(t.Context(), f.tenant, "")
			succeed(t, err)
			same(t, all, []store.RoleAssignment{other, a}, "assignments")
			mine, err := f.RoleAssignments(t.Context(), f.tenant, principal)
			succeed(t, err)
			same(t, mine, []store.RoleAssignment{a}, "assignments of the principal")
			succeed(t, f.RemoveRoleAssignment(t.Context(), f.tenant, "1"))
			fail(t, f.RemoveRoleAssignment(t.Context(), f.tenant, "1"), errs.NotFound)
		}},
	}
}
