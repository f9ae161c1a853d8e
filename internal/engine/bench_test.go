package engine_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
)

// BenchmarkInitialCycle provisions users into a strict server on loopback, durably
// and with the full log. Compare its users/s with those of BenchmarkBarePump in the
// same run: that one sends the same GET and POST and does nothing else.
func BenchmarkInitialCycle(b *testing.B) {
	const n = 5000
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b, strict())
		w.users(n)
		b.StartTimer()
		counts, err := w.cycle()
		b.StopTimer()
		require.NoError(b, err)
		require.EqualValues(b, n, counts.Exported)
		b.StartTimer()
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "users/s")
}

// BenchmarkBarePump is the physical limit: the same requests from the same number
// of workers, without directory, mapping, plan, record or log.
func BenchmarkBarePump(b *testing.B) {
	const n = 5000
	for b.Loop() {
		b.StopTimer()
		server := httptest.NewServer(scimserver.New(scimserver.Options{MaxResults: 1 << 20}))
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8, MaxConnsPerHost: 8}}
		b.StartTimer()
		require.NoError(b, pump(client, server.URL, n))
		b.StopTimer()
		server.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "users/s")
}

func pump(client *http.Client, base string, n int) error {
	var group errgroup.Group
	group.SetLimit(8)
	for i := range n {
		group.Go(func() error {
			query := url.Values{"filter": {fmt.Sprintf("userName eq %q", name(i))}}
			if err := discard(client.Get(base + "/Users?" + query.Encode())); err != nil {
				return err
			}
			body, err := scim.RFC7644.EncodeCreate(scim.UserType, scim.Resource{
				"userName": name(i), "displayName": name(i), "active": true, "externalId": fmt.Sprint(i),
				"name": map[string]any{"givenName": "User", "familyName": fmt.Sprint(i)}, "emails": []any{map[string]any{"type": "work", "value": name(i)}},
			})
			if err != nil {
				return err
			}
			return discard(client.Post(base+"/Users", scim.MediaType, bytes.NewReader(body)))
		})
	}
	return group.Wait()
}

func discard(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func name(i int) string { return fmt.Sprintf("user%d@example.com", i) }

// BenchmarkIdleCycle is a cycle with nothing to do over many objects.
func BenchmarkIdleCycle(b *testing.B) {
	w := newWorld(b, strict())
	w.users(5000)
	w.settle()
	before := w.injector.Requests()
	for b.Loop() {
		_, err := w.cycle()
		require.NoError(b, err)
	}
	require.Equal(b, before, w.injector.Requests())
}
