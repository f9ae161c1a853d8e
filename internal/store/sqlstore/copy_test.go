package sqlstore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/pgtest"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
	"github.com/provisor/provisor/internal/store/storetest"
	"github.com/provisor/provisor/internal/synchronization"
)

// lived makes a database in which every noun was used, and returns its path.
func lived(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "provisor.db")
	prepare(t, path)
	db, err := sqlstore.Open(t.Context(), path, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	live(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func live(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	ctx := t.Context()
	succeed := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	populate(t, db, 1500)
	group, err := db.CreateObject(ctx, tenant, directory.Object{ID: "group", Kind: directory.Group, Created: instant(), Attributes: directory.Attributes{"displayName": "Äpfel & <Birnen> \u2028"}})
	succeed(err)
	ada, err := db.CreateObject(ctx, tenant, directory.Object{ID: "ada", Kind: directory.User, Created: instant(), Attributes: directory.Attributes{
		"userPrincipalName": "Ada@contoso.example", "accountEnabled": false, "proxyAddresses": []any{"smtp:a@x", "SMTP:b@x"}, "n": 1.5, "o": map[string]any{},
	}})
	succeed(err)
	_, err = db.CreateObject(ctx, tenant, user("gone"))
	succeed(err)
	app, err := db.CreateObject(ctx, tenant, directory.Object{ID: "app", Kind: directory.ServicePrincipal, Created: instant(), Attributes: directory.Attributes{"displayName": "app", "appId": "app"}})
	succeed(err)
	_, err = db.Relate(ctx, tenant, group.ID, directory.Members, ada.ID)
	succeed(err)
	succeed(db.DeleteObject(ctx, tenant, store.Ref{ID: "gone"}, instant()))
	succeed(db.PurgeObject(ctx, tenant, "gone", instant()))
	succeed(db.Assign(ctx, tenant, directory.AppRoleAssignment{ID: "a", Principal: group.ID, Resource: app.ID, AppRoleID: "role", Created: instant()}))
	succeed(db.UpdateSecrets(ctx, tenant, app.ID, func([]store.SealedSecret) ([]store.SealedSecret, error) {
		return []store.SealedSecret{{Key: "k", Sealed: []byte{0, 1, 255}, Listed: true, UpdatedAt: instant()}, {Key: "l", Sealed: []byte{}}}, nil
	}))
	succeed(db.PutSetting(ctx, "setting", []byte{0}))
	succeed(db.AddPassword(ctx, tenant, app.ID, store.Password{KeyID: "p", Digest: []byte("digest"), Start: instant()}))
	succeed(db.PutRoleDefinition(ctx, tenant, store.RoleDefinition{ID: "r", BuiltIn: true, Actions: []string{"a"}}))
	succeed(db.AddRoleAssignment(ctx, tenant, store.RoleAssignment{ID: "r", Principal: ada.ID, DefinitionID: "r", Scope: "/"}))
	succeed(db.CreateJob(ctx, synchronization.Job{ID: "job", Tenant: tenant, ServicePrincipal: app.ID, NextRun: instant()}, synchronization.Schema{ID: "job"}))
	claim, ok, err := storetest.ClaimNext(ctx, db, "worker", instant(), time.Hour)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	shared, batch := creations(), store.Batch{Cycle: synchronization.Cycle{ID: "cycle"}}
	for key := range directory.Key(1200) {
		batch.Outcomes = append(batch.Outcomes, store.Outcome{
			Object: key + 1, Kind: directory.User, Log: entry(shared, int(key)),
			Link: store.Link{TargetID: fmt.Sprint("t", key), Managed: key%2 == 0, Digest: []byte{byte(key)}},
		})
	}
	batch.Outcomes = append(batch.Outcomes, store.Outcome{
		Object: ada.Key, Kind: directory.User, Link: store.Link{Failure: &store.Failure{Code: "x", Attempts: 1, RetryAt: instant()}},
	})
	record(t, db, claim, batch)
	succeed(db.OpenReferences(ctx, claim, group.Key, directory.Members, []store.ReferenceChange{{Referent: ada.Key, TargetID: "t"}}))
}

// TestCopy moves a deployment from SQLite to PostgreSQL and back, and finds the
// same as before.
func TestCopy(t *testing.T) {
	t.Parallel()
	pgtest.Need(t)
	first := lived(t)
	server := postgres.Server(t).Database(t)
	second := filepath.Join(t.TempDir(), "second.db")
	passes := 0
	count := func(c sqlstore.Copied) { passes = max(passes, c.Pass) }
	for _, way := range [][2]string{{first, server}, {server, second}} {
		passes = 0
		if err := sqlstore.Copy(t.Context(), way[0], way[1], sqlstore.Options{}, count); err != nil {
			t.Fatal(err)
		}
		if passes != 2 {
			t.Errorf("it took %d passes; one copies and one verifies", passes)
		}
	}
	for _, left := range []string{first, server} {
		if _, err := sqlstore.Reopen(t.Context(), left); err != nil {
			t.Fatal(err)
		}
	}
	expectSameFiles(t, first, second)
	for _, address := range []string{server, second} {
		db := open(t, address)
		before, err := db.Head(t.Context(), tenant)
		if err != nil {
			t.Fatal(err)
		}
		o, err := db.CreateObject(t.Context(), tenant, user("new"))
		if err != nil || o.Sequence != before+1 || o.Key != 1505 {
			t.Errorf("a new object has the key %d and the number %d after %d: %v", o.Key, o.Sequence, before, err)
		}
		if err := db.CreateJob(t.Context(), synchronization.Job{ID: "other", Tenant: tenant}, synchronization.Schema{}); err != nil {
			t.Error(err)
		}
	}
}

// expectSameFiles compares two SQLite files by what is in them.
func expectSameFiles(t *testing.T, first, second string) {
	t.Helper()
	a, b := open(t, first), open(t, second)
	left, err := a.Dump(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	right, err := b.Dump(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(left) < 3000 || len(left) != len(right) {
		t.Fatalf("%d rows became %d", len(left), len(right))
	}
	for i := range left {
		if left[i] != right[i] {
			t.Fatalf("row %d was\n%s\nand is\n%s", i, left[i], right[i])
		}
	}
}

// TestCopyInterrupted breaks a copy off again and again: the target is refused
// until a copy came to its end, and what was copied stays.
func TestCopyInterrupted(t *testing.T) {
	t.Parallel()
	lived := lived(t)
	for name, target := range targets(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, address := filepath.Join(t.TempDir(), "source.db"), target(t)
			if err := sqlstore.Backup(t.Context(), lived, source); err != nil {
				t.Fatal(err)
			}
			var last int64
			for round := range 3 {
				ctx, cancel := context.WithCancel(t.Context())
				var written int64
				err := sqlstore.Copy(ctx, source, address, sqlstore.Options{}, func(c sqlstore.Copied) {
					if written = c.Changed; written >= 700 {
						cancel()
					}
				})
				cancel()
				if !errs.Is(err, errs.Unavailable) {
					t.Fatalf("round %d: %v", round, err)
				}
				if _, err := sqlstore.Open(t.Context(), address, sqlstore.Options{}); !errs.Is(err, errs.Invalid) {
					t.Fatalf("half a copy was opened: %v", err)
				}
				last += written
			}
			var rest int64
			if err := sqlstore.Copy(t.Context(), source, address, sqlstore.Options{}, func(c sqlstore.Copied) {
				if c.Pass == 1 {
					rest = c.Changed
				}
			}); err != nil {
				t.Fatal(err)
			}
			if _, err := sqlstore.Open(t.Context(), source, sqlstore.Options{}); !errs.Is(err, errs.Invalid) {
				t.Errorf("the source was opened after its deployment had gone: %v", err)
			}
			if _, err := sqlstore.Reopen(t.Context(), source); err != nil {
				t.Fatal(err)
			}
			db := open(t, source)
			rows, err := db.Dump(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if last == 0 || rest >= int64(len(rows))-last+600 {
				t.Errorf("%d of %d rows were written by the copies that were broken off, and %d again", last, len(rows), rest)
			}
			open(t, address)
		})
	}
}

// targets makes an empty database of each kind.
func targets(t *testing.T) map[string]func(*testing.T) string {
	t.Helper()
	return map[string]func(*testing.T) string{
		"SQLite": func(t *testing.T) string { t.Helper(); return filepath.Join(t.TempDir(), "target.db") },
		"PostgreSQL": func(t *testing.T) string {
			t.Helper()
			pgtest.Need(t)
			return postgres.Server(t).Database(t)
		},
	}
}

// TestCopyRefusesForeignTargets leaves what is there alone.
func TestCopyRefusesForeignTargets(t *testing.T) {
	t.Parallel()
	source, other := lived(t), lived(t)
	if err := sqlstore.Copy(t.Context(), source, other, sqlstore.Options{}, nil); !errs.Is(err, errs.Conflict) {
		t.Errorf("a full target: %v", err)
	}
	if err := sqlstore.Copy(t.Context(), source, source, sqlstore.Options{}, nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("itself: %v", err)
	}
	open(t, other)
}

// TestBackup copies a file while others write it.
func TestBackup(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "provisor.db")
	prepare(t, path)
	db := open(t, path)
	populate(t, db, 2000)
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for w := range 2 {
		work.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if _, err := db.CreateObject(ctx, tenant, user(fmt.Sprintf("w-%d-%d", w, i))); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	for round := range 3 {
		if testing.Short() && round > 0 {
			break
		}
		file := filepath.Join(t.TempDir(), fmt.Sprintf("backup %d.db", round))
		if err := sqlstore.Backup(t.Context(), path, file); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the backup has the mode %v, %v", info.Mode(), err)
		}
		expectSound(t, open(t, file))
		if err := sqlstore.Backup(t.Context(), path, file); !errs.Is(err, errs.Conflict) {
			t.Errorf("a backup was overwritten: %v", err)
		}
	}
	cancel()
	work.Wait()
	if err := sqlstore.Backup(t.Context(), path, filepath.Join(t.TempDir(), "none", "x")); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if err := sqlstore.Backup(t.Context(), "postgres://x/y", "z"); !errs.Is(err, errs.Invalid) {
		t.Errorf("a server: %v", err)
	}
}
