package graphapi_test

import (
	"log/slog"
	"math/rand/v2"
	"testing"

	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/store"
)

// BenchmarkPage answers a page of 100 users, and a page of a delta.
func BenchmarkPage(b *testing.B) {
	w := newWorldOf(b, func(c *graphapi.Config) { c.Log, c.Observe = slog.New(slog.DiscardHandler), nil })
	random := rand.New(rand.NewPCG(1, 2))
	rows := make([]store.ImportRow, 1000)
	for i := range rows {
		rows[i] = somebodyNumbered(random, i)
	}
	if _, err := w.db.Import(b.Context(), tenantID, rows, now()); err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{"list": "/v1.0/users", "delta": "/v1.0/users/delta?$top=100"} {
		b.Run(name, func(b *testing.B) { w.ask(b, path) })
	}
}
