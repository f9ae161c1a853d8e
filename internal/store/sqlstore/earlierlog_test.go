package sqlstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
	"github.com/provisor/provisor/internal/store/storetest"
	"github.com/provisor/provisor/internal/synchronization"
)

// TestEarlierLog: entries of the version that kept a document for each are read beside
// the others, in their order, and go when they are old.
func TestEarlierLog(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			db := withEarlierLog(t, kind)
			claim, ok, err := storetest.ClaimNext(t.Context(), db, "worker", instant(), time.Hour)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			shared := &synchronization.RecordContext{TenantID: string(tenant), JobID: "job", CycleID: "c", Action: "update", Status: "success"}
			for _, at := range []int64{5, 15, 20, 35} {
				e := &store.LogEntry{Record: synchronization.Record{RecordContext: shared, SourceName: fmt.Sprint("n", at), Time: time.UnixMicro(at).UTC()}}
				if err := db.RecordReferences(t.Context(), claim, 0, directory.Members, nil, e); err != nil {
					t.Fatal(err)
				}
			}
			expectLog(t, db, nil, "n35 30 n20 20 n15 Ada n5")
			expectLog(t, db, eq("jobId", "job"), "n35 n20 n15 Ada n5")
			expectLog(t, db, eq("cycleId", "c"), "n35 30 n20 20 n15 Ada n5")
			expectLog(t, db, eq("id", "i20"), "20")
			expectLog(t, db, eq("changeId", "x20"), "20")
			expectLog(t, db, eq("provisioningAction", "create"), "30 20 Ada")
			expectLog(t, db, eq("servicePrincipal/displayName", "CRM"), "30 20")
			expectLog(t, db, eq("sourceIdentity/id", "ada"), "Ada")
			page, err := db.Logs(t.Context(), tenant, store.LogQuery{Filter: eq("id", "i20")})
			if err != nil || string(page.Entries[0].Document()) != `{"id":"i20","servicePrincipal":{"displayName":"CRM"}}` {
				t.Errorf("%s, %v", page.Entries[0].Document(), err)
			}
			if n, err := db.PruneLogs(t.Context(), tenant, time.UnixMicro(20)); err != nil || n != 3 {
				t.Errorf("%d were removed: %v", n, err)
			}
			expectLog(t, db, nil, "n35 30 n20 20")
			if n, err := db.PruneLogs(t.Context(), tenant, instant()); err != nil || n != 4 {
				t.Errorf("%d were removed: %v", n, err)
			}
			rows, err := db.Dump(t.Context())
			if err != nil || strings.Contains(strings.Join(rows, "\n"), "provisioning_") {
				t.Errorf("something of the log is left: %v\n%s", err, rows)
			}
		})
	}
}

// withEarlierLog opens a database that an earlier version has left.
func withEarlierLog(t *testing.T, kind string) *sqlstore.DB {
	t.Helper()
	folder, err := sqlstore.Migrations(kind)
	if err != nil {
		t.Fatal(err)
	}
	pool, dialect, address := oldDatabase(t, kind)
	provider, err := goose.NewProvider(dialect, pool, folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	fill(t, pool, provider, kind)
	for _, at := range []string{"20", "30"} {
		statement := strings.ReplaceAll(`INSERT INTO provisioning_log (tenant, id, time, job_id, cycle_id, change_id, service_principal, action, status,
			source_id, source_name, source_type, target_id, target_name, duration, document)
			VALUES (1, 'iAT', AT, 'other', 'c', 'xAT', 'app', 'create', 'success', 'bob', 'AT', 'User', 't1', 'Bob', 1000000,
			'{"id":"iAT","servicePrincipal":{"displayName":"CRM"}}')`, "AT", at)
		if _, err := pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, address)
}

// expectLog compares the source names of the entries found, newest first, page by page.
func expectLog(t *testing.T, db *sqlstore.DB, f odata.Expr, want string) {
	t.Helper()
	for top := 1; top < 9; top += 2 {
		for _, ascending := range []bool{false, true} {
			if got := listLog(t, db, store.LogQuery{Filter: f, Top: top, Ascending: ascending}); got != want {
				t.Errorf("%v by %d: %s, not %s", f, top, got, want)
			}
		}
	}
}

func listLog(t *testing.T, db *sqlstore.DB, q store.LogQuery) string {
	t.Helper()
	var names []string
	for {
		page, err := db.Logs(t.Context(), tenant, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			if q.Ascending {
				names = append([]string{e.SourceName}, names...)
				continue
			}
			names = append(names, e.SourceName)
		}
		if q.After = page.Next; q.After == "" {
			return strings.Join(names, " ")
		}
	}
}
