package sqlstore_test

import (
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/store"
)

func BenchmarkScratch(b *testing.B) {
	path := filepath.Join(b.TempDir(), "x.db")
	open(b, path)
	raw, _ := sql.Open("sqlite", path)
	for _, d := range strings.Fields(os.Getenv("DROPS")) {
		if _, err := raw.Exec("DROP INDEX " + d); err != nil {
			b.Fatal(err)
		}
	}
	raw.Close()
	db := open(b, path)
	db.CreateTenant(b.Context(), store.Tenant{ID: tenant, Domain: "contoso.example", Created: instant()})
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
