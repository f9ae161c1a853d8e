package sqlstore_test

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/jackc/pgx/v5"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/pgtest"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
	"github.com/provisor/provisor/internal/store/storetest"
)

// firstRows is what a database of the first version may hold, in the columns of the
// first version. BYTES(…) is a literal that databases write in different ways.
const firstRows = `
INSERT INTO tenant (id, display_name, domain, created, sequence) VALUES ('11111111-1111-4111-8111-111111111111', 'Contoso', 'contoso.example', 1, 6);
INSERT INTO object (tenant, id, kind, presence, sequence, created, modified, display_name, user_principal_name, account_enabled, document)
	VALUES (1, 'ada', 1, 0, 1, 10, 10, 'ada', 'ada@contoso.example', TRUE, '{"accountEnabled":true,"displayName":"Ada","surname":"Lovelace","userPrincipalName":"Ada@contoso.example"}');
INSERT INTO object (tenant, id, kind, presence, sequence, created, modified, display_name, document)
	VALUES (1, 'eng', 2, 0, 3, 10, 10, 'eng', '{"displayName":"Eng"}');
INSERT INTO object (tenant, id, kind, presence, sequence, created, modified, display_name, app_id, document)
	VALUES (1, 'app', 4, 0, 4, 10, 10, 'app', 'app', '{"appId":"app","displayName":"App"}');
INSERT INTO object (tenant, id, kind, presence, sequence, created, modified, deleted, display_name, document)
	VALUES (1, 'bob', 1, 1, 5, 10, 20, 20, 'bob', '{"displayName":"Bob","userPrincipalName":"bob@contoso.example"}');
INSERT INTO object (tenant, id, kind, presence, sequence, created, modified, deleted, display_name, document)
	VALUES (1, 'cid', 1, 2, 6, 10, 20, 20, '', 'null');
INSERT INTO element (tenant, property, value, object) VALUES (1, 'otherMails', 'a@b', 1);
INSERT INTO relation (owner, relation, referent, tenant) VALUES (2, 1, 1, 1);
INSERT INTO app_role_assignment (tenant, id, principal, resource, app_role_id, created) VALUES (1, 'a', 2, 3, 'role', 10);
INSERT INTO job (tenant, id, service_principal, document, schema, cycle, generation, next_run)
	VALUES (1, 'job', 'app', '{"id":"job","tenant":"11111111-1111-4111-8111-111111111111","servicePrincipal":"app","watermark":4}', '{"id":"job"}', '{"id":"c","after":2}', 0, 10);
INSERT INTO link (job, object, kind, target_id, managed, digest) VALUES (1, 1, 1, 't1', TRUE, BYTES(d));
INSERT INTO link (job, object, kind, target_id, managed, failure, retry_at)
	VALUES (1, 2, 2, 't2', TRUE, '{"code":"x","reason":"y","attempts":1,"first":"2025-03-01T08:00:00Z","retryAt":"2025-03-01T08:00:00Z"}', 30);
INSERT INTO reference (job, owner, relation, referent, target_id, written, pending) VALUES (1, 2, 1, 1, 't1', TRUE, FALSE);
INSERT INTO reference_due (job, owner, open) VALUES (1, 2, TRUE);
INSERT INTO provisioning_log (tenant, id, time, job_id, cycle_id, change_id, service_principal, action, status,
	source_id, source_name, source_type, target_id, target_name, duration, document)
	VALUES (1, 'l', 10, 'job', 'c', 'x', 'app', 'create', 'success', 'ada', 'Ada', 'User', 't1', 'Ada', 1000000, '{"id":"l"}');
INSERT INTO secret (tenant, owner, key, sealed, listed, updated) VALUES (1, 'app', 'SecretToken', BYTES(s), TRUE, 10);
INSERT INTO setting (name, value) VALUES ('setting', BYTES(v));
INSERT INTO lease (name, holder, fence, until) VALUES ('lease', 'worker', 7, 10);
INSERT INTO password (tenant, application, key_id, display_name, hint, digest, starts, ends) VALUES (1, 'app', 'p', 'p', 'abc', BYTES(d), 10, 20);
INSERT INTO role_definition (tenant, id, display_name, built_in, actions) VALUES (1, 'r', 'r', TRUE, '["a"]');
INSERT INTO role_assignment (tenant, id, principal, definition, scope) VALUES (1, 'r', 'ada', 'r', '/')`

// oldDatabase opens a database of a kind, empty, for migrations.
func oldDatabase(t *testing.T, kind string) (*sql.DB, goose.Dialect, string) {
	t.Helper()
	if kind == "sqlite" {
		path := filepath.Join(t.TempDir(), "provisor.db")
		pool, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)") // as one that was in use
		if err != nil {
			t.Fatal(err)
		}
		return pool, goose.DialectSQLite3, path
	}
	pgtest.Need(t)
	address := postgres.Server(t).Database(t)
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	return stdlib.OpenDB(*config), goose.DialectPostgres, address
}

// TestMigrations brings databases of every earlier version, with rows in every
// table of the first one, to the newest, and finds everything there.
func TestMigrations(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			folder, err := sqlstore.Migrations(kind)
			if err != nil {
				t.Fatal(err)
			}
			versions, err := fs.Glob(folder, "*.sql")
			if err != nil || len(versions) == 0 {
				t.Fatal(versions, err)
			}
			for version := range versions {
				t.Run(strconv.Itoa(version+1), func(t *testing.T) {
					t.Parallel()
					migrateFrom(t, kind, folder, int64(version+1))
				})
			}
		})
	}
}

// migrateFrom brings a database of an earlier version to the newest.
func migrateFrom(t *testing.T, kind string, folder fs.FS, version int64) {
	t.Helper()
	pool, dialect, address := oldDatabase(t, kind)
	provider, err := goose.NewProvider(dialect, pool, folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	fill(t, pool, provider, kind)
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	expectFirstRows(t, open(t, address))
}

// fill makes a database of the first version and puts the rows into it.
func fill(t *testing.T, pool *sql.DB, provider *goose.Provider, kind string) {
	t.Helper()
	if _, err := provider.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	literal := "CAST('$1' AS BLOB)"
	if kind == "postgres" {
		literal = "'$1'::bytea"
	}
	rows := firstRows
	for _, value := range []string{"d", "s", "v"} {
		rows = strings.ReplaceAll(rows, "BYTES("+value+")", strings.Replace(literal, "$1", value, 1))
	}
	for statement := range strings.SplitSeq(rows, ";\n") {
		if _, err := pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func expectFirstRows(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	ctx := t.Context()
	expect := func(what string, ok bool, err error) {
		t.Helper()
		if err != nil || !ok {
			t.Errorf("%s is not as it was: %v", what, err)
		}
	}
	page, err := db.Objects(ctx, tenant, store.Query{Kind: directory.User, Filter: odata.Compare{Property: "surname", Op: odata.Eq, Value: "LOVELACE"}})
	expect("the user", err == nil && len(page.Objects) == 1 && page.Objects[0].ID == "ada" && page.Objects[0].Key == 1, err)
	page, err = db.Related(ctx, tenant, "eng", directory.Members, false, store.Query{})
	expect("the member", len(page.Objects) == 1 && page.Objects[0].ID == "ada", err)
	page, err = db.Objects(ctx, tenant, store.Query{Kind: directory.User, Deleted: true})
	expect("the deleted user", len(page.Objects) == 1 && page.Objects[0].ID == "bob", err)
	head, err := db.Head(ctx, tenant)
	expect("the feed", head == 6, err)
	assignments, err := db.Assignments(ctx, tenant, store.AssignmentQuery{Resource: "app"})
	expect("the assignment", len(assignments) == 1 && assignments[0].Principal == "eng", err)
	secrets, err := db.Secrets(ctx, tenant, "app")
	expect("the secret", len(secrets) == 1 && string(secrets[0].Sealed) == "s" && secrets[0].Listed, err)
	value, err := db.Setting(ctx, "setting")
	expect("the setting", string(value) == "v", err)
	passwords, err := db.Passwords(ctx, tenant, "app")
	expect("the password", len(passwords) == 1 && string(passwords[0].Digest) == "d", err)
	roles, err := db.RoleDefinitions(ctx, tenant)
	expect("the role", len(roles) == 1 && roles[0].BuiltIn, err)
	granted, err := db.RoleAssignments(ctx, tenant, "ada")
	expect("the role assignment", len(granted) == 1, err)
	logs, err := db.Logs(ctx, tenant, store.LogQuery{})
	expect("the log", len(logs.Entries) == 1 && logs.Entries[0].SourceName == "Ada", err)
	fence, ok, err := db.AcquireLease(ctx, "lease", "other", instant(), 1)
	expect("the lease", ok && fence == 8, err)
	expectFirstJob(t, db)
	o, err := db.CreateObject(ctx, tenant, user("new"))
	expect("the next number", o.Sequence == 7 && o.Key == 6, err)
}

func expectFirstJob(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	ctx := t.Context()
	claim, ok, err := storetest.ClaimNext(ctx, db, "worker", instant(), 1_000_000)
	if err != nil || !ok || claim.Job.Watermark != 4 {
		t.Fatalf("the job is %+v, %v, %v", claim, ok, err)
	}
	id, ok, err := db.LinkedTo(ctx, claim, directory.User, "t1")
	if err != nil || !ok || id != "ada" {
		t.Errorf("the link is of %s, %v, %v", id, ok, err)
	}
	failed, err := db.Candidates(ctx, store.CandidateQuery{Claim: claim, Kind: directory.Group, Of: store.Retried, Due: instant(), From: 6, Head: 6, Limit: 10})
	if err != nil || len(failed) != 1 || failed[0].ID != "eng" || failed[0].Link.Failure == nil {
		t.Errorf("the failures are %v, %v", failed, err)
	}
	record(t, db, claim, store.Batch{})
}
