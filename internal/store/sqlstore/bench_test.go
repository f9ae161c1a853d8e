package sqlstore_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/pgtest"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/store/sqlstore"
	"github.com/provisor/provisor/internal/store/storetest"
	"github.com/provisor/provisor/internal/synchronization"
)

// person is a row as an import of a personnel file has it: about 700 bytes.
func person(random *rand.Rand, n int) store.ImportRow {
	id := fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", random.Uint32(), random.Uint32()&0xffff, random.Uint32()&0xfff, random.Uint32()&0xfff, n)
	name := fmt.Sprintf("person%07d.%06x", n, random.Uint32()&0xffffff)
	return store.ImportRow{Kind: directory.User, NewID: directory.ObjectID(id), Attributes: directory.Attributes{
		"userPrincipalName": name + "@contoso.example", "mail": name + "@mail.contoso.example", "mailNickname": name,
		"displayName": fmt.Sprintf("%06x Person %d", random.Uint32()&0xffffff, n), "givenName": "Person", "surname": fmt.Sprint(n),
		"accountEnabled": n%20 != 0, "userType": "Member", "employeeId": fmt.Sprint(random.Uint32()),
		"department": fmt.Sprint("Department ", n%500), "jobTitle": "Engineer of very many small things", "companyName": "Contoso",
		"city": "Berlin", "country": "Germany", "postalCode": "10115", "streetAddress": "Invalidenstraße 117", "usageLocation": "DE",
		"mobilePhone": "+49 30 1234567", "businessPhones": []any{"+49 30 7654321"}, "preferredLanguage": "de-DE",
	}}
}

// populate imports n users in batches of 1,000 and returns the batches.
func populate(tb testing.TB, db *sqlstore.DB, n int) [][]store.ImportRow {
	tb.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	var batches [][]store.ImportRow
	for done := 0; done < n; done += 1000 {
		batch := make([]store.ImportRow, min(1000, n-done))
		for i := range batch {
			batch[i] = person(random, done+i)
		}
		batches = append(batches, batch)
	}
	for _, batch := range batches {
		importBatch(tb, db, batch)
	}
	return batches
}

func importBatch(tb testing.TB, db *sqlstore.DB, batch []store.ImportRow) {
	tb.Helper()
	results, err := db.Import(tb.Context(), tenant, batch, instant())
	if err != nil {
		tb.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			tb.Fatal(r.Err)
		}
	}
}

// onBoth runs a benchmark on SQLite, and on PostgreSQL where it is installed. Its
// commits are synced, like those of SQLite.
func onBoth(b *testing.B, run func(b *testing.B, filled func(testing.TB) *sqlstore.DB)) {
	b.Helper()
	b.Run("database=SQLite", func(b *testing.B) { run(b, filled) })
	b.Run("database=PostgreSQL", func(b *testing.B) {
		pgtest.Need(b)
		run(b, func(tb testing.TB) *sqlstore.DB {
			tb.Helper()
			db := open(tb, measured.Server(tb).Database(tb))
			if err := db.CreateTenant(tb.Context(), store.Tenant{ID: tenant, Domain: "contoso.example", Created: instant()}); err != nil {
				tb.Fatal(err)
			}
			return db
		})
	})
}

func perSecond(b *testing.B, n int, what string) {
	b.Helper()
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), what+"/s")
}

// BenchmarkImport imports users of an empty directory and then the same again.
func BenchmarkImport(b *testing.B) { onBoth(b, benchmarkImport) }

func benchmarkImport(b *testing.B, filled func(testing.TB) *sqlstore.DB) {
	b.Helper()
	db := filled(b)
	random := rand.New(rand.NewPCG(1, 2))
	var batches [][]store.ImportRow
	for b.Loop() {
		b.StopTimer()
		batch := make([]store.ImportRow, 1000)
		for i := range batch {
			batch[i] = person(random, len(batches)*1000+i)
		}
		batches = append(batches, batch)
		b.StartTimer()
		importBatch(b, db, batch)
	}
	perSecond(b, 1000*b.N, "users")
}

// BenchmarkImportAgain imports users that are there already.
func BenchmarkImportAgain(b *testing.B) { onBoth(b, benchmarkImportAgain) }

func benchmarkImportAgain(b *testing.B, filled func(testing.TB) *sqlstore.DB) {
	b.Helper()
	db := filled(b)
	batches := populate(b, db, 50_000)
	n := 0
	for b.Loop() {
		importBatch(b, db, batches[n%len(batches)])
		n++
	}
	perSecond(b, 1000*b.N, "users")
}

// working returns a directory of n users and a claim on a job.
func working(tb testing.TB, db *sqlstore.DB, n int) (*sqlstore.DB, store.Claim) {
	tb.Helper()
	populate(tb, db, n)
	job := synchronization.Job{ID: "job", Tenant: tenant, ServicePrincipal: "principal", NextRun: instant()}
	if err := db.CreateJob(tb.Context(), job, synchronization.Schema{}); err != nil {
		tb.Fatal(err)
	}
	c, ok, err := storetest.ClaimNext(tb.Context(), db, "worker", instant(), time.Hour)
	if err != nil || !ok {
		tb.Fatal(ok, err)
	}
	return db, c
}

// BenchmarkCandidates reads the feed in pages of 1,000.
func BenchmarkCandidates(b *testing.B) { onBoth(b, benchmarkCandidates) }

func benchmarkCandidates(b *testing.B, filled func(testing.TB) *sqlstore.DB) {
	b.Helper()
	const n = 50_000
	db, c := working(b, filled(b), n)
	q := store.CandidateQuery{Claim: c, Kind: directory.User, Head: n, Limit: 1000}
	for b.Loop() {
		page, err := db.Candidates(b.Context(), q)
		if err != nil || len(page) != 1000 {
			b.Fatal(len(page), err)
		}
		q.After = page[999].Sequence % n
	}
	perSecond(b, 1000*b.N, "objects")
}

// BenchmarkRecord records batches of 500 outcomes of new links, and then of the
// same links again, with and without a log entry for each.
func BenchmarkRecord(b *testing.B) { onBoth(b, benchmarkRecord) }

func benchmarkRecord(b *testing.B, filled func(testing.TB) *sqlstore.DB) {
	b.Helper()
	const n = 50_000
	shared := creations()
	for _, logged := range []bool{false, true} {
		for _, again := range []bool{false, true} {
			b.Run(fmt.Sprintf("logged=%v/again=%v", logged, again), func(b *testing.B) {
				db, c := working(b, filled(b), n)
				outcome := func(key int) store.Outcome {
					o := store.Outcome{Object: directory.Key(key), Kind: directory.User, Link: store.Link{
						TargetID: fmt.Sprintf("2819c223-7f76-453a-919d-%012x", key*7919%n), Managed: true, Digest: make([]byte, 32),
					}}
					if logged {
						o.Log = entry(shared, key)
					}
					return o
				}
				batch := func(first int) store.Batch {
					var outcomes []store.Outcome
					for i := range 500 {
						outcomes = append(outcomes, outcome(1+first+i))
					}
					return store.Batch{Outcomes: outcomes, Cycle: synchronization.Cycle{ID: "cycle", After: int64(first)}}
				}
				for first := 0; again && first < n; first += 500 {
					record(b, db, c, batch(first))
				}
				first := 0
				var used time.Duration
				for b.Loop() {
					b.StopTimer()
					outcomes := batch(first % 5_000_000)
					if again {
						outcomes = batch(first % n)
					}
					first += 500
					before := processorTime(b)
					b.StartTimer()
					record(b, db, c, outcomes)
					used += processorTime(b) - before
				}
				perSecond(b, 500*b.N, "outcomes")
				b.ReportMetric(float64(used.Nanoseconds())/1000/float64(500*b.N), "cpu-µs/outcome")
			})
		}
	}
}

// processorTime is what this process has used of the processors, garbage collection
// included.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func record(tb testing.TB, db *sqlstore.DB, c store.Claim, batch store.Batch) {
	tb.Helper()
	if err := db.Record(tb.Context(), c, batch); err != nil {
		tb.Fatal(err)
	}
}

// creations is a context as a cycle has it.
func creations() *synchronization.RecordContext {
	c := &synchronization.RecordContext{
		TenantID: string(tenant), JobID: "scim.0000000000004000800000000000000a.00000000-0000-4000-8000-000000000001", CycleID: "0197a2c4-6f1e-7cc3-98d2-0a1b2c3d4e5f",
		ServicePrincipal: synchronization.SummaryServicePrincipal{ID: "00000000-0000-4000-8000-000000000002", DisplayName: "Payroll"},
		Form:             synchronization.RecordOfObject, Action: "create", Status: "success", SourceType: "User", TargetType: "User",
	}
	for name := range person(rand.New(rand.NewPCG(1, 2)), 0).Attributes {
		c.Properties = append(c.Properties, name)
	}
	return c
}

// entry is an entry of a created user.
func entry(c *synchronization.RecordContext, n int) *store.LogEntry {
	row := person(rand.New(rand.NewPCG(1, uint64(n))), n)
	name := row.Attributes.String("displayName")
	e := &store.LogEntry{Source: directory.Key(n), Record: synchronization.Record{
		RecordContext: c, Time: instant().Add(time.Duration(n) * time.Millisecond), Duration: 3 * time.Millisecond,
		SourceID: string(row.NewID), SourceName: name, TargetID: fmt.Sprintf("2819c223-7f76-453a-919d-%012x", n*7919), TargetName: name,
		UserPrincipalName: row.Attributes.String("userPrincipalName"), InScope: true, Scope: "assigned, and every filter passed", Reason: "assigned, and every filter passed",
	}}
	for _, name := range c.Properties {
		if text, ok := row.Attributes[name].(string); ok {
			e.Changes = append(e.Changes, synchronization.PropertyChange{Name: name, New: text, HasNew: true})
		}
	}
	return e
}

// BenchmarkDurableWrites creates users one a transaction, many at once, each on
// disk before its call returns.
func BenchmarkDurableWrites(b *testing.B) { onBoth(b, benchmarkDurableWrites) }

func benchmarkDurableWrites(b *testing.B, filled func(testing.TB) *sqlstore.DB) {
	b.Helper()
	for _, parallel := range []int{1, 16} {
		b.Run(fmt.Sprint("callers=", parallel), func(b *testing.B) {
			db := filled(b)
			var n atomic.Int64
			b.SetParallelism(parallel)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					row := person(rand.New(rand.NewPCG(1, uint64(n.Add(1)))), int(n.Load()))
					_, err := db.CreateObject(b.Context(), tenant, directory.Object{
						ID: directory.ObjectID(fmt.Sprint(n.Add(1))), Kind: directory.User, Created: instant(), Attributes: row.Attributes,
					})
					if err != nil {
						b.Error(err)
					}
				}
			})
			perSecond(b, b.N, "writes")
		})
	}
}

// BenchmarkFilter finds one user of 50,000 by a name.
func BenchmarkFilter(b *testing.B) { onBoth(b, benchmarkFilter) }

func benchmarkFilter(b *testing.B, filled func(testing.TB) *sqlstore.DB) {
	b.Helper()
	db := filled(b)
	batches := populate(b, db, 50_000)
	n := 0
	for b.Loop() {
		row := batches[n%50][n%1000]
		n++
		page, err := db.Objects(b.Context(), tenant, store.Query{Kind: directory.User, Filter: odata.Compare{
			Property: "mail", Op: odata.Eq, Value: row.Attributes.String("mail"),
		}})
		if err != nil || len(page.Objects) != 1 {
			b.Fatal(len(page.Objects), err)
		}
	}
	perSecond(b, b.N, "queries")
}

// BenchmarkOpen opens a database of 50,000 users.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "provisor.db")
	db, err := sqlstore.Open(b.Context(), path, sqlstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := db.CreateTenant(b.Context(), store.Tenant{ID: tenant, Created: instant()}); err != nil {
		b.Fatal(err)
	}
	populate(b, db, 50_000)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		db, err := sqlstore.Open(b.Context(), path, sqlstore.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
