package credential_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/egress"
	"github.com/provisor/provisor/internal/errs"
)

// caller is an HTTP client that authenticates as the service principal.
func (w *world) caller() *http.Client {
	base := egress.NewClient(policy(), egress.Options{})
	w.t.Cleanup(base.CloseIdleConnections)
	return &http.Client{Transport: w.Transport(tenant, sp, base.Transport)}
}

// call returns the status of a request to /scim, or zero and the error.
func (w *world) call(method string, body io.Reader) (int, error) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.app.URL+"/scim/Users", body)
	if err != nil {
		w.t.Fatal(err)
	}
	return do(w.caller(), req)
}

func do(c *http.Client, req *http.Request) (int, error) {
	resp, err := c.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, errors.Join(err, resp.Body.Close())
}

func (w *world) wantCall(status int, headers ...string) {
	w.t.Helper()
	w.app.set(func(a *application) { a.scim = nil })
	got, err := w.call(http.MethodGet, nil)
	if err != nil || got != status {
		w.t.Errorf("status %d, %v; want %d", got, err, status)
	}
	w.app.mu.Lock()
	defer w.app.mu.Unlock()
	if diff := cmp.Diff(headers, w.app.scim); diff != "" {
		w.t.Errorf("Authorization (-want +got):\n%s", diff)
	}
}

func TestTransport_AddsTheToken(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.app.scim = nil
	w.authorized()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.app.URL+"/scim", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if status, err := do(w.caller(), req); err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	if req.Header.Get("Authorization") != "" {
		t.Error("the caller's request was changed")
	}
}

func (a *application) revokeAccess() { a.set(func(a *application) { clear(a.access) }) }

func TestTransport_RenewsOnceAfter401(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.app.Config.Handler = subtree(w.app.Config.Handler)
	w.authorized()
	w.wantCall(200, "Bearer access-token-1")
	w.app.revokeAccess()
	w.wantCall(200, "Bearer access-token-1", "Bearer access-token-2")
	w.wantCall(200, "Bearer access-token-2")

	// A token that is fresh and refused all the same is not renewed over and over.
	w.app.revokeAccess()
	w.wantCall(401, "Bearer access-token-2")
	w.wantCall(401, "Bearer access-token-2")
	if n := len(w.app.calls()); n != 2 {
		t.Errorf("%d calls to the token endpoint", n)
	}
	w.clock.pass(time.Minute)
	w.wantCall(200, "Bearer access-token-2", "Bearer access-token-3")
}

// subtree lets /scim/Users reach /scim.
func subtree(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/scim/") {
			r.URL.Path = "/scim"
		}
		next.ServeHTTP(w, r)
	})
}

func TestTransport_ReplaysTheBody(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.app.Config.Handler = subtree(w.app.Config.Handler)
	w.authorized()
	w.app.revokeAccess()
	if status, err := w.call(http.MethodPost, strings.NewReader(`{"userName":"a"}`)); err != nil || status != 200 {
		t.Fatal(status, err)
	}
	if diff := cmp.Diff([]string{`{"userName":"a"}`, `{"userName":"a"}`}, w.app.bodies); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}

	// A body that cannot be had again is not sent half: the caller sees the 401, and
	// the next request has the new token.
	w.clock.pass(2 * time.Minute)
	w.app.revokeAccess()
	if status, err := w.call(http.MethodPost, io.MultiReader(strings.NewReader(`{"userName":"b"}`))); err != nil || status != 401 {
		t.Fatal(status, err)
	}
	w.wantCall(200, "Bearer access-token-3")
}

func TestTransport_401WithoutRemedy(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.app.Config.Handler = subtree(w.app.Config.Handler)
	w.put(give("SecretToken", theSecretToken))
	w.wantCall(401, "Bearer "+theSecretToken)
	w.put(give("Oauth2AccessToken", "seeded-token"))
	w.wantCall(401, "Bearer seeded-token")
}

func TestTransport_RenewalRefused(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.app.Config.Handler = subtree(w.app.Config.Handler)
	w.authorized()
	w.app.revokeAccess()
	w.app.set(func(a *application) { a.refresh = "revoked" })
	_, err := w.call(http.MethodGet, nil)
	w.wantError(err, errs.Invalid, "InvalidCredentials", "invalid_grant")
	if f, err := w.Fault(t.Context(), tenant, sp); f == nil || err != nil {
		t.Errorf("fault %+v, %v", f, err)
	}
}

func TestTransport_NoToken(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	closed := false
	body := closer{strings.NewReader("a"), &closed}
	_, err := w.call(http.MethodPost, body)
	w.wantError(err, errs.Invalid, "CredentialsMissing")
	if !closed {
		t.Error("the body of a request that was not sent is not closed")
	}
}

type closer struct {
	io.Reader
	closed *bool
}

// Close implements io.Closer.
func (c closer) Close() error {
	*c.closed = true
	return nil
}

// The token is for the application, not for whom it redirects to.
func TestTransport_RefusesRedirects(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.authorized()
	thief := newApplication(t)
	w.app.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, thief.URL+"/scim", http.StatusTemporaryRedirect)
	})
	_, err := w.call(http.MethodGet, nil)
	w.wantError(err, errs.Invalid, "RequestParameterInvalid", thief.Listener.Addr().String(), "BaseAddress")
	if len(thief.scim) != 0 {
		t.Errorf("the redirect was followed with %v", thief.scim)
	}
}

// Many requests meet a 401 at once: one renewal, and all go through.
func TestTransport_Many401sOneRenewal(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.app.Config.Handler = subtree(w.app.Config.Handler)
	w.authorized()
	w.app.revokeAccess()
	c := w.caller()
	statuses := make([]int, 50)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, w.app.URL+"/scim/Users/1", strings.NewReader("{}"))
			if err != nil {
				t.Error(err)
				return
			}
			if statuses[i], err = do(c, req); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if slices.ContainsFunc(statuses, func(s int) bool { return s != http.StatusOK }) {
		t.Errorf("statuses %v", statuses)
	}
	if n := len(w.app.calls()); n != 2 {
		t.Errorf("%d calls to the token endpoint, want the acquisition and one renewal", n)
	}
}
