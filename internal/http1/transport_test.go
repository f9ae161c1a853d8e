package http1_test

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/provisor/provisor/internal/http1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counter counts the connections that were opened.
type counter struct{ dialled atomic.Int64 }

func transport(t *testing.T, change func(*http1.Options)) (*http1.Transport, *counter) {
	t.Helper()
	var c counter
	o := options()
	dial := o.Dial
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c.dialled.Add(1)
		return dial(ctx, network, address)
	}
	if change != nil {
		change(&o)
	}
	tr := http1.New(o)
	t.Cleanup(tr.CloseIdleConnections)
	return tr, &c
}

func options() http1.Options {
	var d net.Dialer
	return http1.Options{Now: time.Now, Dial: d.DialContext} //nolint:forbidigo // connections grow old by the wall clock
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func request(ctx context.Context, t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, r)
	require.NoError(t, err)
	return req
}

// reply is an answer but for its body.
type reply struct {
	StatusCode    int
	Header        http.Header
	ContentLength int64
	Uncompressed  bool
}

// ask sends a request and reads the answer whole.
func ask(t *testing.T, tr http.RoundTripper, req *http.Request) (reply, string, error) {
	t.Helper()
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return reply{}, "", err
	}
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, resp.Body.Close())
	return reply{resp.StatusCode, resp.Header, resp.ContentLength, resp.Uncompressed}, string(text), err
}

// TestAnswersAreThoseOfNetHTTP: whatever way a server frames its answer.
func TestAnswersAreThoseOfNetHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Saw", fmt.Sprintf("%s %s %q %s %s %d", r.Method, r.RequestURI, body, r.Host, r.Header.Get("Accept-Encoding"), r.ContentLength))
		switch r.URL.Path {
		case "/chunked":
			_, _ = io.WriteString(w, "first ")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, "second")
		case "/nothing":
			w.WriteHeader(http.StatusNoContent)
		case "/close":
			w.Header().Set("Connection", "close")
			_, _ = io.WriteString(w, "last words")
		case "/early":
			w.Header().Set("Link", "</x>")
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = io.WriteString(w, "after the hints")
		case "/gzip", "/GZIP":
			w.Header().Set("Content-Encoding", r.URL.Path[1:])
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, strings.Repeat("packed ", 5000))
			_ = z.Close()
		case "/large":
			_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
		default:
			_, _ = io.WriteString(w, "plain")
		}
	})
	tr, _ := transport(t, nil)
	std := &http.Transport{}
	t.Cleanup(std.CloseIdleConnections)
	for _, path := range []string{"/", "/chunked", "/nothing", "/close", "/early", "/gzip", "/GZIP", "/large", "/a%2Fb?filter=userName+eq+%22x%22"} {
		for _, method := range []string{"GET", "HEAD", "POST", "PATCH", "DELETE"} {
			body := ""
			if method == "POST" || method == "PATCH" {
				body = `{"userName":"x"}`
			}
			want, wantText, err := ask(t, std, request(t.Context(), t, method, s.URL+path, body))
			require.NoError(t, err)
			got, text, err := ask(t, tr, request(t.Context(), t, method, s.URL+path, body))
			require.NoError(t, err, "%s %s", method, path)
			require.Equal(t, wantText, text, "%s %s", method, path)
			require.Equal(t, want.StatusCode, got.StatusCode)
			want.Header.Del("Date")
			got.Header.Del("Date")
			require.Equal(t, want.Header, got.Header, "%s %s", method, path)
			require.Equal(t, want.ContentLength, got.ContentLength)
			require.Equal(t, want.Uncompressed, got.Uncompressed)
		}
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	tr, c := transport(t, nil)
	for i := range 20 {
		_, text, err := ask(t, tr, request(t.Context(), t, "POST", s.URL, strconv.Itoa(i)))
		require.NoError(t, err)
		require.Equal(t, strconv.Itoa(i), text)
	}
	require.EqualValues(t, 1, c.dialled.Load())

	resp, err := tr.RoundTrip(request(t.Context(), t, "POST", s.URL, strings.Repeat("x", 1<<20)))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close(), "given up before it was read")
	_, err = resp.Body.Read(make([]byte, 1))
	require.ErrorIs(t, err, http.ErrBodyReadAfterClose)
	_, _, err = ask(t, tr, request(t.Context(), t, "GET", s.URL, ""))
	require.NoError(t, err)
	require.EqualValues(t, 2, c.dialled.Load(), "what is left of an answer must not be taken for the next one")
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.RawQuery) })
	tr, c := transport(t, nil)
	var group sync.WaitGroup
	for g := range 16 {
		group.Go(func() {
			for i := range 100 {
				mine := fmt.Sprintf("%d-%d", g, i)
				_, text, err := ask(t, tr, request(t.Context(), t, "GET", s.URL+"?"+mine, ""))
				if err != nil || text != mine {
					t.Errorf("%q, %v; want %q", text, err, mine)
				}
			}
		})
	}
	group.Wait()
	require.LessOrEqual(t, c.dialled.Load(), int64(16))
}

func TestTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	tr, c := transport(t, func(o *http1.Options) { o.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12} })
	for range 3 {
		_, text, err := ask(t, tr, request(t.Context(), t, "GET", s.URL, ""))
		require.NoError(t, err)
		require.Equal(t, "HTTP/1.1", text)
	}
	require.EqualValues(t, 1, c.dialled.Load(), "session tickets do not make a connection stale")
	stranger, _ := transport(t, nil)
	_, _, err := ask(t, stranger, request(t.Context(), t, "GET", s.URL, ""))
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown)
}

// TestCancelled: whoever waits for an answer, or for the rest of one, is let go.
func TestCancelled(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(w, "some")
			_ = http.NewResponseController(w).Flush()
		}
		<-release
	})
	t.Cleanup(func() { close(release) })
	tr, _ := transport(t, nil)
	reason := errors.New("paused by an order")

	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(20*time.Millisecond, func() { cancel(reason) })
	_, _, err := ask(t, tr, request(ctx, t, "GET", s.URL, ""))
	require.ErrorIs(t, err, reason)

	ctx, cancel = context.WithCancelCause(t.Context())
	resp, err := tr.RoundTrip(request(ctx, t, "GET", s.URL+"/body", ""))
	require.NoError(t, err)
	time.AfterFunc(20*time.Millisecond, func() { cancel(reason) })
	_, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, reason)
	require.NoError(t, resp.Body.Close())

	timed, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer end()
	_, _, err = ask(t, tr, request(timed, t, "POST", s.URL, "x"))
	require.ErrorIs(t, err, context.DeadlineExceeded)

	_, _, err = ask(t, tr, request(ctx, t, "POST", s.URL, "x"))
	require.ErrorIs(t, err, reason, "nothing is sent for whom is gone already")
}

// TestIdleConnectionsEnd after a while, and when they are more than is kept.
func TestIdleConnectionsEnd(t *testing.T) {
	t.Parallel()
	var open atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-time.After(20 * time.Millisecond) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state { //nolint:exhaustive // the others change nothing
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	tr, _ := transport(t, func(o *http1.Options) { o.IdleTimeout, o.MaxIdlePerHost = 300*time.Millisecond, 2 })
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			if _, _, err := ask(t, tr, request(t.Context(), t, "GET", s.URL, "")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.Eventually(t, func() bool { return open.Load() == 2 }, 5*time.Second, 5*time.Millisecond)
	require.Eventually(t, func() bool { return open.Load() == 0 }, 5*time.Second, 5*time.Millisecond)
}

func TestRequestsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	tr, c := transport(t, nil)
	for _, url := range []string{"ftp://127.0.0.1/x", "http:///x"} {
		_, _, err := ask(t, tr, request(t.Context(), t, "GET", url, ""))
		require.Error(t, err)
	}
	require.Zero(t, c.dialled.Load())
	_, _, err := ask(t, tr, request(t.Context(), t, "POST", "http://127.0.0.1:1/x", "x"))
	require.Error(t, err, "nobody listens")
}

// TestInternationalName: what resolvers are asked for is ASCII.
func TestInternationalName(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"bücher.example": "xn--bcher-kva.example:443", "bücher.example:8443": "xn--bcher-kva.example:8443", "[::1]:8443": "[::1]:8443",
	} {
		refused := errors.New("nobody is there")
		tr, _ := transport(t, func(o *http1.Options) {
			o.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
				return nil, fmt.Errorf("%s: %w", address, refused)
			}
		})
		_, _, err := ask(t, tr, request(t.Context(), t, "GET", "https://"+host+"/", ""))
		require.ErrorIs(t, err, refused)
		require.ErrorContains(t, err, want+": ")
	}
}

// deaf is a connection whose other side reads no more.
type deaf struct{ net.Conn }

func (deaf) Write(b []byte) (int, error) { return len(b) / 2, io.ErrClosedPipe }

// TestRefusalByAnyClock: how long a refusal is waited for is not a matter of the clock by
// which connections grow old.
func TestRefusalByAnyClock(t *testing.T) {
	t.Parallel()
	for _, now := range []time.Time{{}, time.Unix(1<<33, 0)} {
		here, there := net.Pipe()
		t.Cleanup(func() { _ = there.Close() })
		tr, _ := transport(t, func(o *http1.Options) {
			o.Now = func() time.Time { return now }
			o.Dial = func(context.Context, string, string) (net.Conn, error) { return deaf{here}, nil }
		})
		if now.IsZero() {
			go say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")(there)
			resp, _, err := ask(t, tr, request(t.Context(), t, "POST", "http://x.example", "x"))
			require.NoError(t, err)
			require.Equal(t, http.StatusRequestEntityTooLarge, resp.StatusCode)
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		_, _, err := ask(t, tr, request(ctx, t, "POST", "http://x.example", "x"))
		require.ErrorIs(t, err, io.ErrClosedPipe)
		cancel()
	}
}
