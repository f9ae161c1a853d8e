package scimclient_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
)

// TestShare: what others take of a target is left to them at once, and taken back when
// they have gone.
func TestShare(t *testing.T) {
	t.Parallel()

	var busy, most atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := busy.Add(1)
		defer busy.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		timer := time.NewTimer(5 * time.Millisecond)
		defer timer.Stop()
		<-timer.C
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	client, err := scimclient.New(scimclient.Options{
		BaseURL: server.URL, Dialect: scim.RFC7644, HTTP: server.Client(), Most: 8, Now: time.Now, //nolint:forbidigo // latencies are measured
	})
	require.NoError(t, err)
	highest := func() int64 {
		most.Store(0)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { _ = client.Delete(t.Context(), "User", "x") })
		}
		all.Wait()
		return most.Load()
	}
	require.LessOrEqual(t, highest(), int64(8))
	client.Share(4)
	require.LessOrEqual(t, highest(), int64(2))
	client.Share(100)
	require.EqualValues(t, 1, highest(), "everybody has a seat")
	client.Share(1)
	require.Greater(t, highest(), int64(1))
}
