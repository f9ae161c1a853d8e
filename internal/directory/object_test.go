package directory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
)

func TestTenantIDInJobIDs(t *testing.T) {
	t.Parallel()
	require.Equal(t, "6f1f7a0e000040008000000000000001", directory.TenantID("6f1f7a0e-0000-4000-8000-000000000001").Compact())
}

func TestAttributesAsText(t *testing.T) {
	t.Parallel()
	a := directory.Attributes{"text": "x", "flag": true, "number": 1.0, "nothing": nil, "list": []any{"x"}}
	require.Equal(t, "x", a.String("text"))
	for _, name := range []string{"flag", "number", "nothing", "list", "absent", "Text"} {
		require.Empty(t, a.String(name), name)
	}
	require.Empty(t, directory.Attributes(nil).String("text"))
}

func TestOnlyAManagerIsSingle(t *testing.T) {
	t.Parallel()
	require.True(t, directory.Manager.Single())
	require.False(t, directory.Members.Single())
	require.False(t, directory.Owners.Single())
}

func TestZeroPresenceIsLive(t *testing.T) {
	t.Parallel()
	var o directory.Object
	require.Equal(t, directory.Live, o.Presence)
}
