package engine_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
)

// straggler is a target that keeps the first create waiting until a number of others were
// sent, carries it out, and loses the answer.
type straggler struct {
	others  int64
	lose    func()
	creates atomic.Int64
	enough  chan struct{}
	beside  atomic.Int64 // how many were sent while the first one waited, and a while longer
}

func (s *straggler) between(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			next.ServeHTTP(rw, r)
			return
		}
		switch s.creates.Add(1) {
		case 1:
			s.wait()
			next.ServeHTTP(httptest.NewRecorder(), r)
			s.lose()
			panic(http.ErrAbortHandler)
		case 1 + s.others:
			close(s.enough)
		}
		next.ServeHTTP(rw, r)
	})
}

func (s *straggler) wait() {
	select {
	case <-s.enough:
		<-time.After(200 * time.Millisecond) // what must not be sent would be sent now
	case <-time.After(time.Minute):
	}
	s.beside.Store(s.creates.Load() - 1)
}

// TestOneObjectDoesNotHoldTheOthersUp: while one answer is waited for, the rest of its page
// and the next page are provisioned, and no more than that. When the cycle is then told to
// stop, all of it is recorded: whoever goes on asks for what is left, and counts everybody
// once.
func TestOneObjectDoesNotHoldTheOthersUp(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("three pages of users take their time")
	}
	const people, twoPages = 2300, 2048
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := &straggler{others: twoPages - 1, lose: cancel, enough: make(chan struct{})}
	w := newWorld(t, terrain{dialect: scim.RFC7644, flaws: scimserver.Flaws{AllowDuplicates: true}, between: s.between})
	w.users(people)
	claim := w.claim()
	state, err := w.engine(ctx, claim).Run(ctx, w.now.Add(time.Hour))
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, twoPages-1, s.beside.Load(), "two pages are under way, no more and no less")
	n := len(state.Beyond)
	require.Greater(t, n, twoPages-10, "eight are under way at a time")
	require.EqualValues(t, n, state.Beyond[n-1]-state.Beyond[0]+1, "all is done behind the one that is not")
	require.Less(t, state.After, state.Beyond[0]-1)
	w.release(claim, state, nil)
	counts, err := w.cycle()
	require.NoError(t, err)
	require.EqualValues(t, people, counts.Imported, "everybody is counted once")
	require.EqualValues(t, people, s.creates.Load(), "nobody is created twice")
	w.settle()
	w.verify()
}
