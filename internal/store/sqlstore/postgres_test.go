package sqlstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/pgtest"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

// postgres is the server of this test process.
var postgres pgtest.Shared

// measured is the server of its benchmarks.
var measured = pgtest.Shared{Durable: true}

// emptied lends databases of the newest version with nothing in them: taking the rows
// out of one is quicker than making another.
type emptied struct {
	template func() string
	mu       sync.Mutex
	free     []string
}

func newEmptied(t *testing.T) *emptied {
	t.Helper()
	pgtest.Need(t)
	return &emptied{template: sync.OnceValue(func() string {
		address := postgres.Server(t).Database(t)
		db, err := sqlstore.Open(t.Context(), address, sqlstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return address
	})}
}

// open returns an empty database until the test ends.
func (e *emptied) open(t *testing.T) *sqlstore.DB {
	t.Helper()
	address := e.take(t)
	t.Cleanup(func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.free = append(e.free, address)
	})
	return openWith(t, address, sqlstore.Options{Readers: 2, Writers: 2})
}

func (e *emptied) take(t *testing.T) string {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if last := len(e.free) - 1; last >= 0 {
		address := e.free[last]
		e.free = e.free[:last]
		execute(t, address, emptyEveryTable)
		return address
	}
	return clone(t, e.template())
}

const emptyEveryTable = `DO $$ DECLARE t TEXT; BEGIN
	SET LOCAL session_replication_role = replica;
	FOR t IN SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
		AND table_name NOT LIKE 'goose%'
	LOOP EXECUTE format('DELETE FROM %I', t); END LOOP; END $$`

// clone returns a copy of a database that nobody is connected to. It goes with the
// server: dropping each would make a checkpoint each.
func clone(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	name := "c" + strings.ToLower(rand.Text()[:12])
	execute(t, postgres.Server(t).URL("postgres"), fmt.Sprintf(`CREATE DATABASE %s TEMPLATE "%s"`, name, u.Path[1:]))
	return postgres.Server(t).URL(name)
}

// execute runs a statement behind the program's back.
func execute(t *testing.T, address, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

// number asks for one, behind the program's back.
func number(t *testing.T, address, query string) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var n int
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// prepared returns the address of a PostgreSQL database with a tenant in it.
func prepared(t *testing.T) string {
	t.Helper()
	pgtest.Need(t)
	address := postgres.Server(t).Database(t)
	prepare(t, address)
	return address
}

func user(name string) directory.Object {
	return directory.Object{
		ID: directory.ObjectID(name), Kind: directory.User, Created: instant(),
		Attributes: directory.Attributes{"userPrincipalName": name, "displayName": name},
	}
}

// TestReaderPassesNoOpenChange has several processes' worth of writers whose
// commits take their time after the numbers were taken, and readers that follow the
// feed meanwhile: a reader that has seen a number has seen every smaller one.
func TestReaderPassesNoOpenChange(t *testing.T) {
	t.Parallel()
	address := prepared(t)
	execute(t, address, `CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN PERFORM pg_sleep(random() * 0.02); RETURN NULL; END $$`)
	execute(t, address, `CREATE CONSTRAINT TRIGGER dawdle AFTER UPDATE ON tenant
		DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle()`)
	const handles, writers, each = 3, 4, 15
	var work sync.WaitGroup
	for h := range handles {
		db := open(t, address)
		for w := range writers {
			work.Go(func() {
				for i := range each {
					if _, err := db.CreateObject(t.Context(), tenant, user(fmt.Sprintf("u-%d-%d-%d", h, w, i))); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	done := make(chan struct{})
	go func() { work.Wait(); close(done) }()
	var readers sync.WaitGroup
	for range 2 {
		db := open(t, address)
		readers.Go(func() { followFeed(t, db, handles*writers*each, done) })
	}
	readers.Wait()
}

// followFeed reads page after page, always behind the last number seen.
func followFeed(t *testing.T, db *sqlstore.DB, want int, done <-chan struct{}) {
	t.Helper()
	claim := store.Claim{}
	claim.Job.Tenant = tenant
	var last int64
	for finished := false; ; {
		head, err := db.Head(t.Context(), tenant)
		if err != nil {
			t.Error(err)
			return
		}
		page, err := db.Candidates(t.Context(), store.CandidateQuery{Claim: claim, Kind: directory.User, Head: head, After: last, Limit: 7})
		if err != nil {
			t.Error(err)
			return
		}
		for _, c := range page {
			if c.Sequence != last+1 {
				t.Errorf("after %d the reader sees %d", last, c.Sequence)
				return
			}
			last = c.Sequence
		}
		if finished && len(page) == 0 {
			break
		}
		select {
		case <-done:
			finished = true
		default:
		}
	}
	if last != int64(want) {
		t.Errorf("the reader saw %d changes of %d", last, want)
	}
}

// TestConnectionsLost ends every connection behind the program's back: what is
// asked next finds other ones.
func TestConnectionsLost(t *testing.T) {
	t.Parallel()
	address := prepared(t)
	db := openWith(t, address, sqlstore.Options{Readers: 2, Writers: 2})
	for round := range 5 {
		execute(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		name := fmt.Sprint("u", round)
		if _, err := db.CreateObject(t.Context(), tenant, user(name)); err != nil {
			t.Errorf("round %d: the directory: %v", round, err)
		}
		for range 2 {
			if err := db.PutSetting(t.Context(), "a", []byte(name)); err != nil {
				t.Errorf("round %d: a setting: %v", round, err)
			}
			if _, err := db.Object(t.Context(), tenant, store.Ref{ID: directory.ObjectID(name)}); err != nil {
				t.Errorf("round %d: an object: %v", round, err)
			}
			if page, err := db.Objects(t.Context(), tenant, store.Query{Kind: directory.User, Count: true}); err != nil || page.Count != int64(round+1) {
				t.Errorf("round %d: a page: %d, %v", round, page.Count, err)
			}
		}
	}
}

// TestConnectionLostInTransaction ends the connection while a transaction runs on
// it: the write fails, is not half done, and the next one succeeds.
func TestConnectionLostInTransaction(t *testing.T) {
	t.Parallel()
	address := prepared(t)
	db := open(t, address)
	if _, err := db.CreateObject(t.Context(), tenant, user("ada")); err != nil {
		t.Fatal(err)
	}
	change := func(fn func()) error {
		_, err := db.UpdateObject(t.Context(), tenant, store.Ref{ID: "ada"}, instant(), func(a directory.Attributes) (directory.Attributes, error) {
			fn()
			a["department"] = "x"
			return a, nil
		})
		return err
	}
	err := change(func() {
		execute(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'")
	})
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("the write whose connection was lost says %v", err)
	}
	if o, err := db.Object(t.Context(), tenant, store.Ref{ID: "ada"}); err != nil || o.Attributes["department"] != nil || o.Sequence != 1 {
		t.Errorf("the object is %v, %v", o, err)
	}
	if err := change(func() {}); err != nil {
		t.Errorf("the next write says %v", err)
	}
}

// TestCollisionsAreTriedAgain has the database break transactions off, as it does
// when two wait for each other.
func TestCollisionsAreTriedAgain(t *testing.T) {
	t.Parallel()
	address := prepared(t)
	execute(t, address, "CREATE SEQUENCE collisions")
	for code, table := range map[string]string{"40001": "setting", "40P01": "object"} {
		execute(t, address, fmt.Sprintf(`CREATE FUNCTION collide_%s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('collisions') %% 3 <> 0 THEN RAISE EXCEPTION 'collision' USING ERRCODE = '%s'; END IF;
			RETURN NEW; END $$`, table, code))
		execute(t, address, fmt.Sprintf("CREATE TRIGGER collide BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION collide_%s()", table, table))
	}
	db := open(t, address)
	if err := db.PutSetting(t.Context(), "a", []byte("1")); err != nil {
		t.Errorf("a setting: %v", err)
	}
	const n = 12
	var work sync.WaitGroup
	for i := range n {
		work.Go(func() {
			// A group that collides is run again as a whole, so it may give up: then it says so.
			if _, err := db.CreateObject(t.Context(), tenant, user(fmt.Sprint("u", i))); err != nil && !errs.Is(err, errs.Unavailable) {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if _, err := db.CreateObject(t.Context(), tenant, user("alone")); err != nil {
		t.Errorf("an object: %v", err)
	}
	expectNoGap(t, db)
}

// TestCancelled ends the wait of a caller for a lock, for a connection and for an
// answer, and finds every connection usable after it.
func TestCancelled(t *testing.T) {
	t.Parallel()
	address := prepared(t)
	db := openWith(t, address, sqlstore.Options{Readers: 1, Writers: 1})
	if err := db.PutSetting(t.Context(), "a", []byte("1")); err != nil {
		t.Fatal(err)
	}
	blocker, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = blocker.Close(context.WithoutCancel(t.Context())) }()
	if _, err := blocker.Exec(t.Context(), "BEGIN; LOCK TABLE tenant, setting, object"); err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func(context.Context) error{
		"a change": func(ctx context.Context) error { _, err := db.CreateObject(ctx, tenant, user("ada")); return err },
		"a write":  func(ctx context.Context) error { return db.PutSetting(ctx, "a", []byte("2")) },
		"a read":   func(ctx context.Context) error { _, err := db.Setting(ctx, "a"); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		if err := ask(ctx); !errors.Is(err, context.DeadlineExceeded) || !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s that was given up says %v", name, err)
		}
		cancel()
	}
	if _, err := blocker.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if value, err := db.Setting(t.Context(), "a"); err != nil || string(value) != "1" {
		t.Errorf("the setting is %q, %v", value, err)
	}
	if _, err := db.CreateObject(t.Context(), tenant, user("ada")); err != nil {
		t.Error(err)
	}
	if n := number(t, address, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()"); n != 0 {
		t.Errorf("%d connections are still busy", n)
	}
}

// TestServerCrash stops the server as a power cut does while writers wait for it,
// starts it again and finds everything that was acknowledged.
func TestServerCrash(t *testing.T) {
	t.Parallel()
	pgtest.Need(t)
	server, err := pgtest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	address := server.URL("postgres")
	prepare(t, address)
	db, err := sqlstore.Open(t.Context(), address, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	acknowledged := make(chan directory.ObjectID, 100_000)
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for w := range 4 {
		work.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id := directory.ObjectID(fmt.Sprintf("u-%d-%d", w, i))
				if _, err := db.CreateObject(ctx, tenant, user(string(id))); err == nil {
					acknowledged <- id
				}
			}
		})
	}
	for range 3 {
		for target := len(acknowledged) + 100; len(acknowledged) < target; {
			time.Sleep(10 * time.Millisecond) //nolint:forbidigo // until enough was written
		}
		if err := errors.Join(server.Crash(t.Context()), server.Up(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	work.Wait()
	close(acknowledged)
	for id := range acknowledged {
		if _, err := db.Object(t.Context(), tenant, store.Ref{ID: id}); err != nil {
			t.Fatalf("%s was acknowledged and is lost: %v", id, err)
		}
	}
	expectNoGap(t, db)
}

// TestOpenPostgreSQLRefuses says what is wrong with an address, without its
// password.
func TestOpenPostgreSQLRefuses(t *testing.T) {
	t.Parallel()
	pgtest.Need(t)
	newer := prepared(t)
	execute(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (900, TRUE)")
	for name, c := range map[string]struct {
		address string
		kind    errs.Kind
	}{
		"no address":       {"postgres://u:s3cret@host:port/%zz", errs.Invalid},
		"nobody there":     {"postgres://u:s3cret@127.0.0.1:1/x?sslmode=disable", errs.Unavailable},
		"no such database": {postgres.Server(t).URL("nowhere"), errs.Unavailable},
		"a newer database": {newer, errs.Invalid},
	} {
		db, err := sqlstore.Open(t.Context(), c.address, sqlstore.Options{})
		if !errs.Is(err, c.kind) {
			t.Errorf("%s: error is %v, want kind %d", name, err, c.kind)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the password is shown: %v", name, err)
		}
		if db != nil {
			t.Errorf("%s was opened", name)
		}
	}
}

// TestStatisticsFollowGrowth imports into an empty database: the server knows of the
// rows without having to look by itself.
func TestStatisticsFollowGrowth(t *testing.T) {
	t.Parallel()
	address := prepared(t)
	populate(t, open(t, address), 3000)
	if known := number(t, address, "SELECT reltuples::bigint FROM pg_class WHERE oid = 'object'::regclass"); known < 1000 {
		t.Errorf("the server plans for %d objects", known)
	}
}
