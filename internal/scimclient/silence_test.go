package scimclient_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/http1"
	"github.com/provisor/provisor/internal/scimclient"
)

// nobody returns an address at which nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// garbling returns the address of something that is no web server.
func garbling(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, "220 mail.example ESMTP ready\r\n\r\n")
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// TestWhyThereIsNoAnswer: what keeps a target from answering is told apart, and each kind
// says what to do.
func TestWhyThereIsNoAnswer(t *testing.T) {
	t.Parallel()
	slow := make(chan struct{})
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-slow })
	hanging := httptest.NewServer(handler)
	secure := httptest.NewUnstartedServer(handler)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it hears of handshakes that fail
	secure.StartTLS()
	t.Cleanup(func() { close(slow); hanging.Close(); secure.Close() })
	plainAddress := strings.TrimPrefix(hanging.URL, "http://")
	for name, tc := range map[string]struct{ url, code, remedy string }{
		"nothing listens":           {"http://" + nobody(t), "WebExceptionConnectFailure", "start it, or correct the tenant URL"},
		"no such host":              {"http://nowhere.invalid", "WebExceptionNameResolutionFailure", "correct the name"},
		"a certificate of nobody":   {secure.URL, "WebExceptionTrustFailure", "SSL_CERT_FILE"},
		"https to what speaks http": {"https://" + garbling(t), "WebExceptionSecureChannelFailure", "scheme and the port"},
		"no HTTP":                   {"http://" + garbling(t), "WebExceptionProtocolError", "does not speak HTTP"},
		"too late":                  {"http://" + plainAddress, "Timeout", "took too long"},
	} {
		for kind, transport := range map[string]http.RoundTripper{
			"net/http": &http.Transport{DisableKeepAlives: true},
			"http1":    http1.New(http1.Options{Dial: new(net.Dialer).DialContext, Now: time.Now}), //nolint:forbidigo // connections grow old by the wall clock
		} {
			t.Run(name+" by "+kind, func(t *testing.T) {
				t.Parallel()
				c, err := scimclient.New(scimclient.Options{
					BaseURL: tc.url, HTTP: &http.Client{Transport: transport, Timeout: 500 * time.Millisecond}, Now: clock, Attempts: 1,
					Wait: func(context.Context, time.Duration) error { return nil },
				})
				require.NoError(t, err)
				err = get(t.Context(), c)
				require.Equal(t, tc.code, scimclient.Code(err), "%v", err)
				require.Contains(t, scimclient.Remedy(err), tc.remedy)
			})
		}
	}
}

// TestNoRemedyForAnAnswer: a target that answered says itself what is wrong.
func TestNoRemedyForAnAnswer(t *testing.T) {
	t.Parallel()
	c, _, _ := client(t, "", reply{status: 500})
	require.Empty(t, scimclient.Remedy(get(t.Context(), c)))
	require.Empty(t, scimclient.Remedy(nil))
}
