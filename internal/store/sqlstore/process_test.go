package sqlstore_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/pgtest"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

// child prepares this program as another process.
func child(t *testing.T, task, path, name string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-child="+task, "-path="+path, "-name="+name)
	cmd.Stderr = os.Stderr
	return cmd
}

// TestKilled kills processes while they write, beside one that goes on, and finds
// everything that was acknowledged.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "provisor.db")
	prepare(t, path)
	expectSound(t, killWriters(t, path))
}

func TestKilledOnPostgreSQL(t *testing.T) {
	t.Parallel()
	expectNoGap(t, killWriters(t, prepared(t)))
}

func killWriters(t *testing.T, path string) *sqlstore.DB {
	t.Helper()
	acknowledged := map[string]bool{}
	var (
		mu   sync.Mutex
		work sync.WaitGroup
	)
	note := func(id string) {
		mu.Lock()
		defer mu.Unlock()
		acknowledged[id] = true
	}
	work.Go(func() { listen(t, child(t, "write", path, "survivor"), -1, note) })
	for round := range 3 {
		listen(t, child(t, "write", path, fmt.Sprint("victim", round)), 150+200*round, note)
	}
	work.Wait()
	if got := 4 * usersOfChild; len(acknowledged) < got+3*150 {
		t.Fatalf("only %d writes were acknowledged", len(acknowledged))
	}
	db := open(t, path)
	for id := range acknowledged {
		if _, err := db.Object(t.Context(), tenant, store.Ref{ID: directory.ObjectID(id)}); err != nil {
			t.Errorf("%s was acknowledged and is lost: %v", id, err)
		}
	}
	return db
}

// listen starts a process and notes every line it prints. After limit lines it
// kills the process; with a negative limit it waits for its end.
func listen(t *testing.T, cmd *exec.Cmd, limit int, note func(string)) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Error(err)
		return
	}
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return
	}
	lines := 0
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		note(scanner.Text())
		if lines++; lines == limit {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); (err == nil) != (limit < 0) {
		t.Errorf("the process ended with %v after %d lines", err, lines)
	}
}

// prepare makes a database with a tenant.
func prepare(t *testing.T, path string) {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), path, sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.CreateTenant(t.Context(), store.Tenant{ID: tenant, Domain: "contoso.example", Created: instant()}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// expectSound checks the file and that the feed has no gap.
func expectSound(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	if verdict, err := db.Pragma(t.Context(), "integrity_check"); err != nil || verdict != "ok" {
		t.Errorf("integrity check says %q, %v", verdict, err)
	}
	expectNoGap(t, db)
}

func expectNoGap(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	head, err := db.Head(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	claim := store.Claim{}
	claim.Job.Tenant = tenant
	page, err := db.Candidates(t.Context(), store.CandidateQuery{Claim: claim, Kind: directory.User, Head: head, Limit: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range page {
		if c.Sequence != int64(i+1) {
			t.Fatalf("change %d of the feed has the number %d", i+1, c.Sequence)
		}
	}
	if int64(len(page)) != head {
		t.Errorf("the feed has %d changes and its head is %d", len(page), head)
	}
}

// TestProcessesCount has several processes count under one lease.
func TestProcessesCount(t *testing.T) {
	t.Parallel()
	countTogether(t, filepath.Join(t.TempDir(), "provisor.db"))
}

func TestProcessesCountOnPostgreSQL(t *testing.T) {
	t.Parallel()
	countTogether(t, prepared(t))
}

func countTogether(t *testing.T, path string) {
	t.Helper()
	db := open(t, path)
	processes := []*exec.Cmd{child(t, "count", path, "one"), child(t, "count", path, "two")}
	for _, p := range processes {
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
	}
	if err := count(t.Context(), db, "this"); err != nil {
		t.Error(err)
	}
	for _, p := range processes {
		if err := p.Wait(); err != nil {
			t.Error(err)
		}
	}
	value, err := db.Setting(t.Context(), "number")
	if want := fmt.Sprint(increments * 3); err != nil || string(value) != want {
		t.Errorf("the number is %s, %v; want %s", value, err, want)
	}
}

// TestProcessesOpenPostgreSQL has several processes make one database: each waits
// for the one that migrates.
func TestProcessesOpenPostgreSQL(t *testing.T) {
	t.Parallel()
	pgtest.Need(t)
	address := postgres.Server(t).Database(t)
	openTogether(t, address)
	prepare(t, address)
}

func openTogether(t *testing.T, address string) {
	t.Helper()
	var processes []*exec.Cmd
	for range 4 {
		processes = append(processes, child(t, "open", address, ""))
	}
	for _, p := range processes {
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range processes {
		if err := p.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// TestProcessesOpen has several processes make the same database.
func TestProcessesOpen(t *testing.T) {
	t.Parallel()
	for round := range 3 {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("odd name %%20? #%d.db", round))
		openTogether(t, path)
		expectSoundFile(t, path)
	}
}

func expectSoundFile(t *testing.T, path string) {
	t.Helper()
	db := open(t, path)
	if verdict, err := db.Pragma(t.Context(), "integrity_check"); err != nil || verdict != "ok" {
		t.Errorf("integrity check says %q, %v", verdict, err)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(filepath.Base(file), "odd name") || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v", file, info.Mode())
		}
	}
}
