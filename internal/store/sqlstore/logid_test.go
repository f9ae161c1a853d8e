package sqlstore_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/store/sqlstore"
)

// TestMadeIDs: an id is a GUID, of one key and of one cycle, and tells the key.
func TestMadeIDs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tenant, cycle := rapid.String().Draw(t, "tenant"), rapid.String().Draw(t, "cycle")
		key := rapid.Int64Range(1, 1<<48-1).Draw(t, "key")
		id, change := sqlstore.MadeIDs(key, tenant, cycle)
		require.NotEqual(t, id, change)
		for _, text := range []string{id, change} {
			parsed, err := uuid.Parse(text)
			require.NoError(t, err)
			require.Equal(t, text, parsed.String())
			require.EqualValues(t, 8, parsed.Version())
			require.Equal(t, uuid.RFC4122, parsed.Variant())
			found, ok := sqlstore.KeyOfID(text)
			require.True(t, ok)
			require.Equal(t, key, found)
		}
		other, _ := sqlstore.MadeIDs(key, tenant, cycle+"x")
		require.NotEqual(t, id, other)
	})
	for _, text := range []string{"", "x", "0197A2C4-6f1e-8cc3-98d2-0a1b2c3d4e5f", "+197a2c4-6f1e-8cc3-98d2-0a1b2c3d4e5f", "0197a2c4x6f1e-8cc3-98d2-0a1b2c3d4e5f"} {
		_, ok := sqlstore.KeyOfID(text)
		require.False(t, ok, text)
	}
}
