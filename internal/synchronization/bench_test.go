package synchronization_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/synchronization"
)

// BenchmarkSchema reads and writes the default schema, as every cycle's start does.
func BenchmarkSchema(b *testing.B) {
	text, err := json.Marshal(synchronization.DefaultSchema())
	require.NoError(b, err)
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			var s synchronization.Schema
			if err := json.Unmarshal(text, &s); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("write", func(b *testing.B) {
		s := synchronization.DefaultSchema()
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(s); err != nil {
				b.Fatal(err)
			}
		}
	})
}
