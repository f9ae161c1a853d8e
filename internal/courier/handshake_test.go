package courier_test

import (
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/courier"
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/egress"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/subscription"
)

func (w *world) ask(s *courier.Service, address string) error {
	_, err := s.Subscribe(w.Context(), subscription.Subscription{
		Tenant: tenant, Subject: subscription.Subject{Kind: directory.User}, NotificationURL: address, Expires: w.clock().Add(subscription.ShortestLife),
	}, nil)
	return err
}

// TestHandshake makes no subscription to an endpoint that does not consent.
func TestHandshake(t *testing.T) {
	t.Parallel()

	echo := func(change func(http.ResponseWriter, string)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			change(w, r.URL.Query().Get("validationToken"))
		}
	}
	tests := map[string]struct {
		validate http.HandlerFunc
		message  string
	}{
		"consent":   {echo(func(w http.ResponseWriter, token string) { _, _ = io.WriteString(w, token) }), ""},
		"forbidden": {status(403), "Subscription validation request failed. HTTP status code is 'Forbidden'. Notification endpoint must respond with 200 OK to validation request."},
		"accepted":  {status(202), "HTTP status code is 'Accepted'"},
		"encoded":   {echo(func(w http.ResponseWriter, token string) { _, _ = io.WriteString(w, url.QueryEscape(token)) }), "Response must exactly match validationToken query parameter."},
		"more":      {echo(func(w http.ResponseWriter, token string) { _, _ = io.WriteString(w, token+"\n") }), "exactly match"},
		"HTML": {echo(func(w http.ResponseWriter, token string) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, token)
		}), "text/plain"},
		"hangs":     {hang, "Subscription validation request timed out."},
		"redirects": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) }, "'Found'"},
		"cut off":   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "could not be reached"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w, e := newWorld(t), newEndpoint(t)
			e.validate = tt.validate
			if name == "hangs" {
				w.courier.Timeout = brief
			}
			err := w.ask(w.courier, e.URL+"/hook?code=a%20key")
			all, listing := w.courier.Subscriptions(t.Context(), tenant)
			require.NoError(t, listing)
			if tt.message == "" {
				require.NoError(t, err)
				require.Len(t, all, 1)
				return
			}
			require.True(t, errs.Is(err, errs.Invalid), "%v", err)
			require.ErrorContains(t, err, tt.message)
			require.NotContains(t, err.Error(), "a%20key", "the query of an address may hold a key")
			require.Empty(t, all)
		})
	}
}

// TestHandshakeOfLifecycle asks the second endpoint too, and asks again when an
// endpoint changes.
func TestHandshakeOfLifecycle(t *testing.T) {
	t.Parallel()

	w, e, life := newWorld(t), newEndpoint(t), newEndpoint(t)
	life.validate = status(404)
	_, err := w.courier.Subscribe(t.Context(), subscription.Subscription{
		Tenant: tenant, Subject: subscription.Subject{Kind: directory.User}, NotificationURL: e.URL, LifecycleURL: life.URL,
	}, nil)
	require.ErrorContains(t, err, "NotFound")
	s := w.subscribe("users", e)
	_, err = w.courier.Renew(t.Context(), tenant, s.ID, nil, &life.URL)
	require.ErrorContains(t, err, "NotFound")
	life.validate = nil
	moved, err := w.courier.Renew(t.Context(), tenant, s.ID, nil, &life.URL)
	require.NoError(t, err)
	require.Equal(t, life.URL, moved.NotificationURL)
	ada := w.user("ada")
	w.run(w.courier)
	require.Empty(t, e.told())
	require.Equal(t, []string{"updated Users/" + string(ada.ID)}, life.told())
}

// TestEgress: what the policy refuses is neither asked nor told.
func TestEgress(t *testing.T) {
	t.Parallel()

	w, e := newWorld(t), newEndpoint(t)
	strict := egress.NewTransport(egress.Policy{}, egress.Options{})
	closed := w.process("closed", strict)
	closed.Policy = egress.Policy{}
	for _, address := range []string{e.URL, "https://127.0.0.1/hook", "https://169.254.169.254/", "ftp://example.com/", "hook", "https://user:word@example.com/"} {
		err := w.ask(closed, address)
		require.True(t, errs.Is(err, errs.Invalid), "%s: %v", address, err)
		require.ErrorContains(t, err, "InvalidRequest", address)
	}
	// A name that leads to the machine itself is refused when it is connected to.
	closed.Policy = egress.Policy{AllowHTTP: true, AllowLoopback: true}
	require.ErrorContains(t, w.ask(closed, "https://127.0.0.1:1/"), "are refused")
	w.subscribe("users", e)
	w.user("ada")
	w.run(closed)
	require.Empty(t, e.took())
	require.Zero(t, e.posts)
}

func TestClientStateIsBounded(t *testing.T) {
	t.Parallel()

	w, e := newWorld(t), newEndpoint(t)
	long := string(make([]byte, 129))
	_, err := w.courier.Subscribe(t.Context(), subscription.Subscription{Tenant: tenant, NotificationURL: e.URL}, &long)
	require.ErrorContains(t, err, "128")
}
