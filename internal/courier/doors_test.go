package courier //nolint:testpackage // doors are not public

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDoors: four at once to a host, and whoever comes when many wait stays away longer.
func TestDoors(t *testing.T) {
	t.Parallel()
	var d doors
	for range perHost {
		_, ok := d.enter("slow.example")
		require.True(t, ok)
	}
	waits := map[time.Duration]int{}
	for range 1000 {
		wait, ok := d.enter("slow.example")
		require.False(t, ok)
		waits[wait]++
	}
	require.Equal(t, 3, waits[time.Second], "the first come back soon")
	require.Greater(t, waits[longestWait], 800, "most do not")
	_, ok := d.enter("quick.example")
	require.True(t, ok, "who goes elsewhere does not wait")
	d.leave("quick.example")
	for range perHost {
		d.leave("slow.example")
	}
	_, ok = d.enter("slow.example")
	require.True(t, ok)
	d.leave("slow.example")
	require.Empty(t, d.hosts)
}
