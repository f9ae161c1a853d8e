package storetest

import (
	"errors"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

const elsewhere directory.TenantID = "22222222-2222-4222-8222-222222222222"

func tenantChecks() []check {
	return []check{
		{"the id and the domain are unique, the domain ignoring case", func(f *fixture) {
			f.fail(f.CreateTenant(f.Context(), store.Tenant{ID: f.tenant, Domain: "other.example", Created: f.now}), errs.Conflict)
			f.fail(f.CreateTenant(f.Context(), store.Tenant{ID: elsewhere, Domain: "Contoso.Example", Created: f.now}), errs.Conflict)
		}},
		{"all are returned, oldest first", func(f *fixture) {
			older := store.Tenant{ID: elsewhere, DisplayName: "Fabrikam", Domain: "fabrikam.example", Created: f.now.Add(-time.Hour)}
			f.succeed(f.CreateTenant(f.Context(), older))
			tenants, err := f.Tenants(f.Context())
			f.succeed(err)
			f.same(tenants, []store.Tenant{older, {ID: f.tenant, DisplayName: "Contoso", Domain: "contoso.example", Created: f.now}}, "tenants")
		}},
		{"what belongs to a tenant that was not created is not found", func(f *fixture) {
			_, err := f.Head(f.Context(), elsewhere)
			f.fail(err, errs.NotFound)
			_, err = f.CreateObject(f.Context(), elsewhere, directory.Object{ID: f.id(), Kind: directory.User, Created: f.now})
			f.fail(err, errs.NotFound)
		}},
		{"tenants do not see each other", func(f *fixture) {
			u := f.user("ada")
			f.succeed(f.CreateTenant(f.Context(), store.Tenant{ID: elsewhere, Domain: "fabrikam.example", Created: f.now}))
			_, err := f.Object(f.Context(), elsewhere, store.Ref{ID: u.ID})
			f.fail(err, errs.NotFound)
			o, err := f.CreateObject(f.Context(), elsewhere, directory.Object{ID: u.ID, Kind: directory.User, Created: f.now, Attributes: u.Attributes})
			f.succeed(err)
			equal(f, o.Sequence, 1, "the first number of the other feed")
		}},
	}
}

func settingChecks() []check {
	return []check{
		{"a setting never put is not found", func(f *fixture) {
			_, err := f.Setting(f.Context(), "signing-key")
			f.fail(err, errs.NotFound)
		}},
		{"the last value put is returned", func(f *fixture) {
			f.succeed(f.PutSetting(f.Context(), "signing-key", []byte{1, 2}))
			f.succeed(f.PutSetting(f.Context(), "signing-key", []byte{0, 3}))
			value, err := f.Setting(f.Context(), "signing-key")
			f.succeed(err)
			f.same(value, []byte{0, 3}, "value")
		}},
	}
}

func secretChecks() []check {
	const owner directory.ObjectID = "33333333-3333-4333-8333-333333333333"
	return []check{
		{"none is no error", func(f *fixture) {
			secrets, err := f.Secrets(f.Context(), f.tenant, owner)
			f.succeed(err)
			equal(f, len(secrets), 0, "number of secrets")
		}},
		{"the set is replaced and ordered by key", func(f *fixture) {
			put := func(secrets ...store.SealedSecret) {
				f.succeed(f.UpdateSecrets(f.Context(), f.tenant, owner, func([]store.SealedSecret) ([]store.SealedSecret, error) { return secrets, nil }))
			}
			a := store.SealedSecret{Key: "BaseAddress", Sealed: []byte("a"), Listed: true, Position: 2, UpdatedAt: f.now}
			b := store.SealedSecret{Key: "SecretToken", Sealed: []byte("b"), UpdatedAt: f.now}
			c := store.SealedSecret{Key: "UserName", Sealed: []byte("c"), UpdatedAt: f.now}
			put(c, a)
			put(b, a)
			secrets, err := f.Secrets(f.Context(), f.tenant, owner)
			f.succeed(err)
			f.same(secrets, []store.SealedSecret{a, b}, "secrets")
		}},
		{"an error of the function aborts and is returned as it is", func(f *fixture) {
			refusal := errors.New("no")
			err := f.UpdateSecrets(f.Context(), f.tenant, owner, func([]store.SealedSecret) ([]store.SealedSecret, error) {
				return []store.SealedSecret{{Key: "UserName", Sealed: []byte("x")}}, refusal
			})
			f.holds(err == refusal, "the error is the function's") //nolint:errorlint // as it is, not wrapped
			secrets, err := f.Secrets(f.Context(), f.tenant, owner)
			f.succeed(err)
			equal(f, len(secrets), 0, "number of secrets")
		}},
		{"the function sees what is stored", func(f *fixture) {
			add := func(key string) func([]store.SealedSecret) ([]store.SealedSecret, error) {
				return func(before []store.SealedSecret) ([]store.SealedSecret, error) {
					return append(before, store.SealedSecret{Key: key, Sealed: []byte(key), UpdatedAt: f.now}), nil
				}
			}
			f.succeed(f.UpdateSecrets(f.Context(), f.tenant, owner, add("a")))
			f.succeed(f.UpdateSecrets(f.Context(), f.tenant, owner, add("b")))
			secrets, err := f.Secrets(f.Context(), f.tenant, owner)
			f.succeed(err)
			equal(f, len(secrets), 2, "number of secrets")
		}},
	}
}

func leaseChecks() []check {
	return []check{
		{"another holder waits until the lease ends", func(f *fixture) {
			first, ok, err := f.AcquireLease(f.Context(), "refresh", "a", f.now, time.Minute)
			f.succeed(err)
			f.holds(ok, "a free lease is taken")
			_, ok, err = f.AcquireLease(f.Context(), "refresh", "b", f.now.Add(time.Minute-1000), time.Minute)
			f.succeed(err)
			f.holds(!ok, "a held lease is refused")
			second, ok, err := f.AcquireLease(f.Context(), "refresh", "b", f.now.Add(time.Minute), time.Minute)
			f.succeed(err)
			f.holds(ok && second > first, "an ended lease is taken with a greater fence")
		}},
		{"the holder renews under the same fence", func(f *fixture) {
			first, _, err := f.AcquireLease(f.Context(), "refresh", "a", f.now, time.Minute)
			f.succeed(err)
			again, ok, err := f.AcquireLease(f.Context(), "refresh", "a", f.now.Add(50*time.Second), time.Minute)
			f.succeed(err)
			f.holds(ok && again == first, "the fence stays")
			_, ok, err = f.AcquireLease(f.Context(), "refresh", "b", f.now.Add(70*time.Second), time.Minute)
			f.succeed(err)
			f.holds(!ok, "the renewed lease lasts longer")
		}},
		{"only the holder under its fence releases", func(f *fixture) {
			fence, _, err := f.AcquireLease(f.Context(), "refresh", "a", f.now, time.Minute)
			f.succeed(err)
			f.succeed(f.ReleaseLease(f.Context(), "refresh", "b", fence))
			f.succeed(f.ReleaseLease(f.Context(), "refresh", "a", fence+1))
			_, ok, err := f.AcquireLease(f.Context(), "refresh", "b", f.now, time.Minute)
			f.succeed(err)
			f.holds(!ok, "the lease still lasts")
			f.succeed(f.ReleaseLease(f.Context(), "refresh", "a", fence))
			next, ok, err := f.AcquireLease(f.Context(), "refresh", "b", f.now, time.Minute)
			f.succeed(err)
			f.holds(ok && next > fence, "the released lease is taken with a greater fence")
		}},
	}
}

func passwordChecks() []check {
	const application directory.ObjectID = "44444444-4444-4444-8444-444444444444"
	never := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	return []check{
		{"an application's are returned oldest first", func(f *fixture) {
			young := store.Password{KeyID: "k1", DisplayName: "one", Hint: "abc", Digest: []byte{1}, Start: f.now, End: never}
			old := store.Password{KeyID: "k2", DisplayName: "two", Hint: "def", Digest: []byte{2}, Start: f.now.Add(-time.Hour), End: f.now}
			f.succeed(f.AddPassword(f.Context(), f.tenant, application, young))
			f.succeed(f.AddPassword(f.Context(), f.tenant, application, old))
			passwords, err := f.Passwords(f.Context(), f.tenant, application)
			f.succeed(err)
			f.same(passwords, []store.Password{old, young}, "passwords")
		}},
		{"one without that key id is not found", func(f *fixture) {
			f.succeed(f.AddPassword(f.Context(), f.tenant, application, store.Password{KeyID: "k1", Digest: []byte{1}, Start: f.now, End: never}))
			f.fail(f.RemovePassword(f.Context(), f.tenant, application, "k2"), errs.NotFound)
			f.succeed(f.RemovePassword(f.Context(), f.tenant, application, "k1"))
			passwords, err := f.Passwords(f.Context(), f.tenant, application)
			f.succeed(err)
			equal(f, len(passwords), 0, "number of passwords")
		}},
	}
}

func roleChecks() []check {
	const principal directory.ObjectID = "55555555-5555-4555-8555-555555555555"
	return []check{
		{"definitions are created, replaced and ordered by id", func(f *fixture) {
			b := store.RoleDefinition{ID: "b", DisplayName: "B", BuiltIn: true, Actions: []string{"x/read"}}
			a := store.RoleDefinition{ID: "a", DisplayName: "A", Actions: []string{"x/read", "x/update"}}
			f.succeed(f.PutRoleDefinition(f.Context(), f.tenant, b))
			f.succeed(f.PutRoleDefinition(f.Context(), f.tenant, store.RoleDefinition{ID: "a", DisplayName: "old"}))
			f.succeed(f.PutRoleDefinition(f.Context(), f.tenant, a))
			definitions, err := f.RoleDefinitions(f.Context(), f.tenant)
			f.succeed(err)
			f.same(definitions, []store.RoleDefinition{a, b}, "definitions")
			f.succeed(f.DeleteRoleDefinition(f.Context(), f.tenant, "a"))
			f.fail(f.DeleteRoleDefinition(f.Context(), f.tenant, "a"), errs.NotFound)
		}},
		{"principal, role and scope are assigned once", func(f *fixture) {
			a := store.RoleAssignment{ID: "1", Principal: principal, DefinitionID: "a", Scope: "/"}
			f.succeed(f.AddRoleAssignment(f.Context(), f.tenant, a))
			f.fail(f.AddRoleAssignment(f.Context(), f.tenant, store.RoleAssignment{ID: "2", Principal: principal, DefinitionID: "a", Scope: "/"}), errs.Conflict)
			other := store.RoleAssignment{ID: "0", Principal: "someone", DefinitionID: "a", Scope: "/x"}
			f.succeed(f.AddRoleAssignment(f.Context(), f.tenant, other))
			all, err := f.RoleAssignments(f.Context(), f.tenant, "")
			f.succeed(err)
			f.same(all, []store.RoleAssignment{other, a}, "assignments")
			mine, err := f.RoleAssignments(f.Context(), f.tenant, principal)
			f.succeed(err)
			f.same(mine, []store.RoleAssignment{a}, "assignments of the principal")
			f.succeed(f.RemoveRoleAssignment(f.Context(), f.tenant, "1"))
			f.fail(f.RemoveRoleAssignment(f.Context(), f.tenant, "1"), errs.NotFound)
		}},
	}
}
