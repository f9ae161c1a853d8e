package engine_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/engine"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
)

// nowhere is a client of an application that does not run.
func (w *world) nowhere() *scimclient.Client {
	w.t.Helper()
	l, err := new(net.ListenConfig).Listen(w.t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(w.t, err)
	require.NoError(w.t, l.Close())
	c, err := scimclient.New(scimclient.Options{
		BaseURL: "http://" + l.Addr().String(), Dialect: scim.RFC7644, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Now: func() time.Time { return w.now }, Wait: func(context.Context, time.Duration) error { return nil },
	})
	require.NoError(w.t, err)
	return c
}

// TestAnApplicationThatIsDown: what could not be asked of it is no failure of an object.
// The cycle waits where it is, however often it is started, and goes on when the
// application is back.
func TestAnApplicationThatIsDown(t *testing.T) {
	t.Parallel()
	for name, people := range map[string]int{"few": 3, "many": 130} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, terrain{dialect: scim.RFC7644})
			w.users(people)
			w.create(directory.User, directory.Attributes{"displayName": "without a name to match"})
			w.side = func(engine.Target) engine.Target { return w.nowhere() }
			for range 4 {
				counts, err := w.cycle()
				require.ErrorContains(t, err, "start it, or correct the tenant URL")
				require.LessOrEqual(t, counts.Imported, int64(1), "nobody was asked for")
				require.LessOrEqual(t, counts.Escrowed, int64(1))
			}
			w.side = func(t engine.Target) engine.Target { return t }
			counts, err := w.cycle()
			require.NoError(t, err)
			require.EqualValues(t, people+1, counts.Imported)
			require.EqualValues(t, people, counts.Exported)
			require.EqualValues(t, 1, counts.Escrowed)
		})
	}
}

// TestCountsAreOfObjects: what was done ahead of an object that took long, in a slice that
// was broken off, is counted once.
func TestCountsAreOfObjects(t *testing.T) {
	t.Parallel()
	const people = 100
	broken, breakOff := context.WithCancel(t.Context())
	var (
		first   sync.Once
		release = make(chan struct{})
	)
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.RawQuery, "user0%40") {
				first.Do(func() { <-release })
			}
			next.ServeHTTP(rw, r)
		})
	}})
	w.users(people)
	claim := w.claim()
	go func() {
		defer close(release)
		for w.changes.Load() < people/2 && broken.Err() == nil {
			<-time.After(time.Millisecond)
		}
		breakOff()
	}()
	state, err := w.engine(broken, claim).Run(broken, w.now.Add(time.Minute))
	require.ErrorIs(t, err, context.Canceled)
	w.release(claim, state, nil)
	require.Greater(t, state.Counts.Exported, int64(10), "it was broken off in the middle")
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, people, counts.Imported)
	require.EqualValues(t, people, counts.Exported)
	w.verify()
}
