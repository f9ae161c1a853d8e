package credential_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/provisor/provisor/internal/credential"
	"github.com/provisor/provisor/internal/keyring"
	"github.com/provisor/provisor/internal/oauth"
	"github.com/provisor/provisor/internal/store"
)

// slow answers with a token after a while.
type slow struct {
	takes time.Duration
	calls atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.calls.Add(1)
	select {
	case <-time.After(s.takes):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	body := io.NopCloser(strings.NewReader(`{"access_token":"slow-token","token_type":"Bearer","expires_in":3600}`))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: body, Request: r}, nil
}

// bubbleTime is the clock of the bubble that synctest makes.
func bubbleTime() time.Time { return time.Now() } //nolint:forbidigo // it is no wall clock there

// bubble returns two services over one store whose token endpoint is endpoint.
func bubble(t *testing.T, endpoint *slow) (*memory, [2]*credential.Service) {
	t.Helper()
	ring, err := keyring.New()
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{secrets: map[credential.Owner][]store.SealedSecret{}, leases: map[string]leased{}}
	var both [2]*credential.Service
	for i, holder := range []string{"process 1", "process 2"} {
		both[i] = credential.New(credential.Options{
			Secrets: m, Leases: m, Keyring: ring, Holder: holder, Now: bubbleTime,
			OAuth: &oauth.Client{HTTP: &http.Client{Transport: endpoint}, Now: bubbleTime, Timeout: time.Minute},
		})
	}
	given := give("Oauth2ClientId", "a", "Oauth2ClientSecret", theClientSecret, "Oauth2TokenExchangeUri", "https://a.example/token", "AuthenticationType", "OAuth2ClientCredentialsGrant")
	if err := both[0].Put(t.Context(), tenant, sp, given); err != nil {
		t.Fatal(err)
	}
	return m, both
}

// An exchange may take longer than a lease lasts: its holder renews the lease, and
// the other process waits for the result.
func TestLease_OutlastsASlowExchange(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		endpoint := &slow{takes: 50 * time.Second}
		_, both := bubble(t, endpoint)
		first := make(chan error, 1)
		go func() {
			_, err := both[0].Token(t.Context(), tenant, sp)
			first <- err
		}()
		synctest.Wait()
		began := bubbleTime()
		got, err := both[1].Token(t.Context(), tenant, sp)
		if err != nil || got.Token.Reveal() != "slow-token" || <-first != nil {
			t.Errorf("token %q, %v", got.Token.Reveal(), err)
		}
		if n := endpoint.calls.Load(); n != 1 {
			t.Errorf("%d exchanges, want one", n)
		}
		if waited := time.Since(began); waited > 51*time.Second {
			t.Errorf("waited for %v", waited)
		}
	})
}

// A process that died is waited for ten seconds, not for as long as an exchange may
// take.
func TestLease_OfADeadProcessEndsSoon(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		m, both := bubble(t, &slow{})
		name := "credential/" + string(tenant) + "/" + string(sp)
		if _, ok, err := m.AcquireLease(t.Context(), name, "dead", bubbleTime(), 10*time.Second); !ok || err != nil {
			t.Fatal(ok, err)
		}
		began := bubbleTime()
		if _, err := both[0].Token(t.Context(), tenant, sp); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited < 10*time.Second || waited > 11*time.Second {
			t.Errorf("waited for %v, want ten seconds", waited)
		}
	})
}

// A process that is stuck for good does not make the others hang for good.
func TestLease_PatienceEnds(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		m, both := bubble(t, &slow{})
		name := "credential/" + string(tenant) + "/" + string(sp)
		if _, ok, err := m.AcquireLease(t.Context(), name, "stuck", bubbleTime(), time.Hour); !ok || err != nil {
			t.Fatal(ok, err)
		}
		_, err := both[0].Token(t.Context(), tenant, sp)
		if err == nil || !strings.Contains(err.Error(), "Another process") {
			t.Errorf("error %v", err)
		}
	})
}
