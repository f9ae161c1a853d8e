package http1_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/http1"
)

// script is a server that reads one request a step and does what the step says with
// the connection.
type script struct {
	url      string
	requests atomic.Int64
}

func scripted(t *testing.T, steps ...func(c net.Conn)) *script {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &script{url: "http://" + l.Addr().String()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for len(steps) > 0 {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(c)
			for len(steps) > 0 {
				req, err := http.ReadRequest(r)
				if err != nil {
					break
				}
				_, _ = io.Copy(io.Discard, req.Body)
				s.requests.Add(1)
				step := steps[0]
				steps = steps[1:]
				step(c)
			}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return s
}

func say(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// sayAndLeave answers, and closes the connection without a word.
func sayAndLeave(c net.Conn) {
	say(ok)(c)
	leave(c)
}

func leave(c net.Conn) { _ = c.Close() }

// TestConnectionClosedWhileIdle is noticed before anything is sent on it.
func TestConnectionClosedWhileIdle(t *testing.T) {
	t.Parallel()
	s := scripted(t, sayAndLeave, sayAndLeave, sayAndLeave)
	tr, c := transport(t, nil)
	for range 3 {
		_, text, err := ask(t, tr, request(t.Context(), t, "POST", s.url, "x"))
		require.NoError(t, err)
		require.Equal(t, "ok", text)
		time.Sleep(10 * time.Millisecond) //nolint:forbidigo // for the close to arrive, which nobody here is told of
	}
	require.EqualValues(t, 3, c.dialled.Load())
	require.EqualValues(t, 3, s.requests.Load())
}

// TestLostAnswer: a request that was sent may have been carried out. A read is asked
// again where the connection was an old one; a write never is.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method   string
		first    bool // the connection is a new one
		fails    bool
		requests int64
	}{
		"write, old connection": {"POST", false, true, 2},
		"write, new connection": {"POST", true, true, 1},
		"read, old connection":  {"GET", false, false, 3},
		"read, new connection":  {"GET", true, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps := []func(net.Conn){say(ok), leave, say(ok)}
			if test.first {
				steps = steps[1:]
			}
			s := scripted(t, steps...)
			tr, _ := transport(t, nil)
			if !test.first {
				_, _, err := ask(t, tr, request(t.Context(), t, "GET", s.url, ""))
				require.NoError(t, err)
			}
			_, _, err := ask(t, tr, request(t.Context(), t, test.method, s.url, ""))
			require.Equal(t, test.fails, err != nil, "%v", err)
			require.Equal(t, test.requests, s.requests.Load())
		})
	}
}

// TestAnswersThatAreNone end with an error, never with half an answer.
func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]func(net.Conn){
		"not HTTP":     say("SSH-2.0-OpenSSH_9.6\r\n\r\n"),
		"half a head":  func(c net.Conn) { say("HTTP/1.1 200 OK\r\nContent-Le")(c); leave(c) },
		"half a body":  func(c net.Conn) { say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")(c); leave(c) },
		"half a chunk": func(c net.Conn) { say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf")(c); leave(c) },
		"a head without end": func(c net.Conn) {
			say("HTTP/1.1 200 OK\r\n")(c)
			for range 600 {
				say("X-Long: " + strings.Repeat("x", 1000) + "\r\n")(c)
			}
		},
		"another protocol": say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
		"interim for ever": func(c net.Conn) {
			for range 10 {
				say("HTTP/1.1 103 Early Hints\r\n\r\n")(c)
			}
		},
		"packed badly": say("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, step)
			tr, _ := transport(t, nil)
			_, _, err := ask(t, tr, request(t.Context(), t, "GET", s.url, ""))
			require.Error(t, err)
			require.EqualValues(t, 1, s.requests.Load())
		})
	}
}

// TestMoreThanAnAnswer: what follows an answer is not taken for the next one.
func TestMoreThanAnAnswer(t *testing.T) {
	t.Parallel()
	s := scripted(t, say(ok+"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"), say(ok))
	tr, c := transport(t, nil)
	for range 2 {
		_, text, err := ask(t, tr, request(t.Context(), t, "GET", s.url, ""))
		require.NoError(t, err)
		require.Equal(t, "ok", text)
	}
	require.EqualValues(t, 2, c.dialled.Load())
}

// TestMoreThanAnAnswerOverTLS: what follows is not taken for the next answer when TLS has
// read it already, in the record of the first or in one of its own.
func TestMoreThanAnAnswerOverTLS(t *testing.T) {
	t.Parallel()
	const forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
	large := strings.Repeat("x", 10_000)
	for name, records := range map[string][]string{
		"one record":  {fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(large), large) + forged},
		"two records": {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst", forged},
		"no content":  {"HTTP/1.1 204 No Content\r\n\r\n", forged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if asked.Add(1) > 1 {
					_, _ = io.WriteString(w, "second")
					return
				}
				c, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				secured, _ := c.(*tls.Conn)
				below, _ := secured.NetConn().(*held)
				below.hold()
				for _, r := range records {
					_, _ = io.WriteString(c, r)
				}
				below.release()
				t.Cleanup(func() { _ = c.Close() })
			}))
			s.Listener = holding{s.Listener}
			s.StartTLS()
			t.Cleanup(s.Close)
			roots := x509.NewCertPool()
			roots.AddCert(s.Certificate())
			tr, c := transport(t, func(o *http1.Options) { o.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12} })
			_, _, err := ask(t, tr, request(t.Context(), t, "GET", s.URL, ""))
			require.NoError(t, err)
			_, text, err := ask(t, tr, request(t.Context(), t, "POST", s.URL, "x"))
			require.NoError(t, err)
			require.Equal(t, "second", text)
			require.EqualValues(t, 2, c.dialled.Load())
		})
	}
}

// holding gives connections that can hold back what is written, to send it at once.
type holding struct{ net.Listener }

func (h holding) Accept() (net.Conn, error) {
	c, err := h.Listener.Accept()
	return &held{Conn: c}, err
}

type held struct {
	net.Conn

	holds bool
	kept  []byte
}

func (h *held) hold() { h.holds = true }

func (h *held) release() {
	h.holds = false
	_, _ = h.Conn.Write(h.kept)
}

func (h *held) Write(b []byte) (int, error) {
	if !h.holds {
		return h.Conn.Write(b)
	}
	h.kept = append(h.kept, b...)
	return len(b), nil
}

// TestHalfAnAnswer: a body that broke off does not end when it is read again, and one
// that was closed is not read any more.
func TestHalfAnAnswer(t *testing.T) {
	t.Parallel()
	half := "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
	s := scripted(t, func(c net.Conn) { say(half)(c); leave(c) }, say(half))
	tr, _ := transport(t, nil)
	for _, closed := range []bool{false, true} {
		resp, err := tr.RoundTrip(request(t.Context(), t, "GET", s.url, ""))
		require.NoError(t, err)
		want := io.ErrUnexpectedEOF
		if closed {
			require.NoError(t, resp.Body.Close())
			want = http.ErrBodyReadAfterClose
		}
		for range 2 {
			_, err := io.ReadAll(resp.Body)
			require.ErrorIs(t, err, want)
		}
		require.NoError(t, resp.Body.Close())
	}
}

// TestRefusedBeforeItWasRead: a server may answer a large request at once and close.
func TestRefusedBeforeItWasRead(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = c.Read(make([]byte, 1000))
		say("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")(c)
		_ = c.(*net.TCPConn).CloseWrite() //nolint:errcheck,forcetypeassert // it is one
		_, _ = io.Copy(io.Discard, io.LimitReader(c, 8<<20))
		leave(c)
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	tr, _ := transport(t, nil)
	resp, _, err := ask(t, tr, request(t.Context(), t, "POST", "http://"+l.Addr().String(), strings.Repeat("x", 64<<20)))
	if err == nil { // a reset may have thrown the answer away before it could be read
		require.Equal(t, http.StatusRequestEntityTooLarge, resp.StatusCode)
	}
}
