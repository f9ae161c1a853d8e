package courier_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/courier"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/subscription"
)

// lifecycle adds an endpoint for lifecycle notifications.
func lifecycle(e *endpoint) func(*subscription.Subscription) {
	return func(s *subscription.Subscription) { s.LifecycleURL = e.URL + "/life" }
}

// TestDropped gives up after four hours what is that old, and says so; what is newer
// is told.
func TestDropped(t *testing.T) {
	t.Parallel()

	w, e, life := newWorld(t), newEndpoint(t), newEndpoint(t)
	w.subscribe("users", e, lifecycle(life))
	e.answer(status(503))
	w.user("ada")
	w.run(w.courier)
	w.pass(time.Hour)
	bob := w.user("bob")
	w.run(w.courier)
	w.pass(3*time.Hour + time.Minute)
	w.run(w.courier)
	require.Contains(t, w.log.String(), "are dropped")
	e.answer(nil)
	require.Equal(t, 1, w.run(w.courier))
	require.Equal(t, []string{"updated Users/" + string(bob.ID)}, e.told(), "ada was given up, bob was not")
	require.Equal(t, []string{"missed "}, life.told())
	require.Zero(t, w.run(w.courier))
}

// TestLifecycleEndpointFails keeps no changes waiting.
func TestLifecycleEndpointFails(t *testing.T) {
	t.Parallel()

	w, e, life := newWorld(t), newEndpoint(t), newEndpoint(t)
	s := w.subscribe("users", e, lifecycle(life))
	life.answer(status(500))
	w.pass(s.Remind.Sub(w.clock()))
	ada := w.user("ada")
	w.run(w.courier)
	require.Equal(t, []string{"updated Users/" + string(ada.ID)}, e.told())
	w.pass(5 * time.Second)
	bob := w.user("bob")
	w.run(w.courier)
	require.Equal(t, []string{"updated Users/" + string(bob.ID)}, e.told())
	life.answer(nil)
	w.pass(10 * time.Second)
	w.run(w.courier)
	require.Equal(t, []string{"reauthorizationRequired "}, life.told())
	w.pass(time.Minute)
	require.Zero(t, w.run(w.courier), "it is told once")
}

// TestExpiry tells that the subscription ends, and nothing afterwards.
func TestExpiry(t *testing.T) {
	t.Parallel()

	w, e, life := newWorld(t), newEndpoint(t), newEndpoint(t)
	silent, s := w.subscribe("users", e), w.subscribe("users", e, lifecycle(life))
	w.pass(subscription.LongestLife - time.Hour)
	w.run(w.courier)
	require.Equal(t, []string{"reauthorizationRequired "}, life.told())
	until := w.clock().Add(24 * time.Hour)
	_, err := w.courier.Renew(t.Context(), tenant, s.ID, &until, nil)
	require.NoError(t, err)
	w.pass(2 * time.Hour)
	ada := w.user("ada")
	w.run(w.courier)
	require.Equal(t, []string{"updated Users/" + string(ada.ID)}, e.told(), "one was renewed, one has expired")
	_, err = w.courier.Subscription(t.Context(), tenant, silent.ID)
	require.True(t, errs.Is(err, errs.NotFound))
	_, err = w.db.Subscription(t.Context(), tenant, silent.ID)
	require.True(t, errs.Is(err, errs.NotFound), "it is removed")

	w.pass(24 * time.Hour)
	life.answer(status(500))
	w.run(w.courier)
	_, err = w.courier.Renew(t.Context(), tenant, s.ID, &until, nil)
	require.True(t, errs.Is(err, errs.NotFound), "it cannot be renewed any more")
	life.answer(nil)
	w.pass(time.Minute)
	w.run(w.courier)
	require.Equal(t, []string{"subscriptionRemoved "}, life.told())
	_, err = w.db.Subscription(t.Context(), tenant, s.ID)
	require.True(t, errs.Is(err, errs.NotFound))
}

// TestCreatorDeleted ends the subscriptions of who is gone.
func TestCreatorDeleted(t *testing.T) {
	t.Parallel()

	w, e, life := newWorld(t), newEndpoint(t), newEndpoint(t)
	creator := w.user("creator")
	w.subscribe("groups", e, lifecycle(life), func(s *subscription.Subscription) { s.Creator = creator.ID })
	require.NoError(t, w.db.DeleteObject(t.Context(), tenant, store.Ref{ID: creator.ID}, w.clock()))
	w.group("team")
	w.run(w.courier)
	require.Empty(t, e.told())
	require.Equal(t, []string{"subscriptionRemoved "}, life.told())
	all, err := w.courier.Subscriptions(t.Context(), tenant)
	require.NoError(t, err)
	require.Empty(t, all)
}

// TestRevoked ends a subscription whose permission was revoked, before it tells
// anything more; one whose permission came from elsewhere goes on.
func TestRevoked(t *testing.T) {
	t.Parallel()

	w, e, life := newWorld(t), newEndpoint(t), newEndpoint(t)
	elsewhere := newEndpoint(t)
	w.subscribe("users", elsewhere)
	granted := true
	w.courier.Granted = func(context.Context, subscription.Subscription) (bool, error) { return granted, nil }
	w.subscribe("users", e, lifecycle(life))
	ada := w.user("ada")
	w.run(w.courier)
	require.Equal(t, []string{"updated Users/" + string(ada.ID)}, e.told())
	granted = false
	w.user("bob")
	w.run(w.courier)
	require.Empty(t, e.told())
	require.Equal(t, []string{"subscriptionRemoved "}, life.told())
	require.Len(t, elsewhere.told(), 2)
}

// dying is the store of a process that ends after it has sent and before it has
// written that down.
type dying struct{ courier.Store }

var errDied = errors.New("the process ended")

func (dying) RecordDelivery(context.Context, store.SubscriptionClaim, subscription.Delivery, time.Time) error {
	return errDied
}

func (dying) ReleaseSubscription(context.Context, store.SubscriptionClaim, store.Delivered) error {
	return errDied
}

// TestDies: what was sent and not recorded is sent again by another process, with the
// same id, once the lease has ended; nothing is lost.
func TestDies(t *testing.T) {
	t.Parallel()

	w, e := newWorld(t), newEndpoint(t)
	w.subscribe("users", e)
	dead := w.process("dead", http.DefaultTransport)
	dead.Store = dying{w.db}
	ada := w.user("ada")
	due, err := dead.Due(t.Context(), w.clock(), 10)
	require.NoError(t, err)
	require.Len(t, due, 1)
	require.ErrorIs(t, dead.Handlers()[courier.KindNotify](t.Context(), due[0]), errDied)
	first := e.took()
	require.Len(t, first, 1)
	bob := w.user("bob")
	require.Zero(t, w.run(w.courier), "its lease lasts")
	w.pass(30 * time.Second)
	require.Equal(t, 1, w.run(w.courier))
	again := e.took()
	require.Len(t, again, 2)
	require.Equal(t, first[0], again[0])
	require.Equal(t, string(ada.ID), again[0].ResourceData.ID)
	require.Equal(t, string(bob.ID), again[1].ResourceData.ID)
}

// TestOvertaken: who was overtaken records nothing.
func TestOvertaken(t *testing.T) {
	t.Parallel()

	w, e := newWorld(t), newEndpoint(t)
	w.subscribe("users", e)
	ada := w.user("ada")
	second := w.process("two", http.DefaultTransport)
	e.answer(func(rw http.ResponseWriter, _ *http.Request) {
		e.answer(nil)
		w.pass(time.Minute) // longer than the lease
		w.run(second)       //nolint:contextcheck // it works for itself
		rw.WriteHeader(http.StatusInternalServerError)
	})
	w.run(w.courier)
	require.Equal(t, []string{"updated Users/" + string(ada.ID)}, e.told())
	s, err := w.courier.Subscriptions(t.Context(), tenant)
	require.NoError(t, err)
	require.Zero(t, s[0].Delivery.Changes, "the failure of the first is not recorded over the success of the second")
}

// TestAtLeastOnce changes users while two processes deliver to an endpoint that fails
// every other time, and nobody is missed, in order. Each moves the clock on, so that
// leases end while requests are under way.
func TestAtLeastOnce(t *testing.T) {
	t.Parallel()

	w, e := newWorld(t), newEndpoint(t)
	w.subscribe("users", e)
	e.flaky = true
	second := w.process("two", http.DefaultTransport)
	var group sync.WaitGroup
	want := map[string]bool{}
	var mu sync.Mutex
	for i := range 4 {
		group.Go(func() {
			for j := range 10 {
				u := w.user(fmt.Sprint("user", i, "-", j))
				mu.Lock()
				want[string(u.ID)] = true
				mu.Unlock()
			}
		})
	}
	for _, s := range []*courier.Service{w.courier, second} {
		group.Go(func() {
			for range 40 {
				w.run(s)
				w.pass(2 * time.Second)
			}
		})
	}
	group.Wait()
	for range 2 {
		w.pass(time.Hour)
		w.run(w.courier)
	}
	last := int64(0)
	for _, n := range e.took() {
		if !want[n.ResourceData.ID] {
			continue // told again, by one whose lease had ended while it waited for the endpoint
		}
		delete(want, n.ResourceData.ID)
		require.Greater(t, n.ResourceData.SequenceNumber, last, "what is told first comes in the order of the feed")
		last = n.ResourceData.SequenceNumber
	}
	require.Empty(t, want)
}

// TestInterrupted: a process that is asked to stop gives back what it could not send.
func TestInterrupted(t *testing.T) {
	t.Parallel()

	w, e := newWorld(t), newEndpoint(t)
	w.subscribe("users", e)
	ada := w.user("ada")
	ctx, cancel := context.WithCancel(t.Context())
	e.answer(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	due, err := w.courier.Due(t.Context(), w.clock(), 10)
	require.NoError(t, err)
	require.NoError(t, w.courier.Handlers()[courier.KindNotify](ctx, due[0]))
	e.answer(nil)
	require.Equal(t, 1, w.run(w.courier), "at once, without a failure")
	require.Equal(t, []string{"updated Users/" + string(ada.ID)}, e.told())
}

// TestSlowHost: of one slow host, few requests are under way.
func TestSlowHost(t *testing.T) {
	t.Parallel()

	w, slow, quick := newWorld(t), newEndpoint(t), newEndpoint(t)
	for range 10 {
		w.subscribe("users", slow)
	}
	w.subscribe("users", quick)
	var entered atomic.Int64
	release := make(chan struct{})
	open := sync.OnceFunc(func() { close(release) })
	defer open()
	slow.answer(func(http.ResponseWriter, *http.Request) {
		entered.Add(1)
		<-release
	})
	patient := w.process("patient", http.DefaultTransport)
	patient.Timeout = time.Minute
	ada := w.user("ada")
	due, err := w.courier.Due(t.Context(), w.clock(), 100)
	require.NoError(t, err)
	require.Len(t, due, 11)
	var group sync.WaitGroup
	for _, work := range due {
		group.Go(func() { assert.NoError(t, patient.Handlers()[courier.KindNotify](t.Context(), work)) })
	}
	told := 0
	require.Eventually(t, func() bool {
		told += len(quick.took())
		return told == 1 && entered.Load() == 4
	}, time.Minute, 5*time.Millisecond)
	open()
	group.Wait()
	require.EqualValues(t, 4, entered.Load(), "the others were not let in")
	slow.answer(nil)
	for range 3 {
		w.pass(10 * time.Second)
		w.run(w.courier)
	}
	require.GreaterOrEqual(t, len(slow.took()), 6, "the others had their turn: %s", ada.ID)
}

// TestSecrets: the clientState is readable nowhere but in what is sent.
func TestSecrets(t *testing.T) {
	t.Parallel()

	w, e := newWorld(t), newEndpoint(t)
	w.subscribe("users", e)
	w.user("ada")
	e.answer(status(500))
	w.run(w.courier)
	for _, file := range []string{w.file, w.file + "-wal"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.False(t, strings.Contains(string(text), "state of users"), file)
	}
	require.NotContains(t, w.log.String(), "state of users")

	sealed, err := w.courier.Sealed(t.Context(), tenant)
	require.NoError(t, err)
	require.Len(t, sealed, 1)
	w.ring, err = w.ring.Rotate()
	require.NoError(t, err)
	rotated := w.process("two", http.DefaultTransport)
	n, err := rotated.Reseal(t.Context(), tenant)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = rotated.Reseal(t.Context(), tenant)
	require.NoError(t, err)
	require.Zero(t, n)
	e.answer(nil)
	w.pass(time.Minute)
	w.run(rotated)
	require.Equal(t, "state of users", *e.took()[0].ClientState)
}
