package credential_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/errs"
)

func TestKeepFresh(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	next, err := w.KeepFresh(t.Context(), tenant, sp)
	require.NoError(t, err)
	require.True(t, next.After(w.clock.Now()), "not yet")
	calls := len(w.app.calls())

	w.clock.pass(next.Sub(w.clock.Now()))
	later, err := w.KeepFresh(t.Context(), tenant, sp)
	require.NoError(t, err)
	require.True(t, later.After(next))
	require.Len(t, w.app.calls(), calls+1, "it was renewed though nobody needed it")
	require.Equal(t, "refresh_token", w.app.calls()[calls].Get("grant_type"))
}

func TestKeepFresh_Nothing(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	next, err := w.KeepFresh(t.Context(), tenant, sp)
	require.NoError(t, err)
	require.Zero(t, next, "no secrets")
	w.put(give("SecretToken", theSecretToken))
	next, err = w.KeepFresh(t.Context(), tenant, sp)
	require.NoError(t, err)
	require.Zero(t, next, "a token that an administrator entered")
	w.put(w.client("AuthenticationType", "OAuth2ClientCredentialsGrant"))
	w.wantToken("access-token-1")
	next, err = w.KeepFresh(t.Context(), tenant, sp)
	require.NoError(t, err)
	require.Zero(t, next, "client credentials bring a token whenever one is needed")
}

func TestKeepFresh_Revoked(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	w.app.set(func(a *application) { a.refresh = "revoked" })
	w.clock.pass(24 * time.Hour)
	_, err := w.KeepFresh(t.Context(), tenant, sp)
	require.True(t, errs.Is(err, errs.Invalid), "%v", err)
}
