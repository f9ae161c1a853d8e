package http1

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	// most interim answers (1xx) that precede one answer.
	maxInterim = 5
	// how long an answer is waited for after a request could not be written whole: a
	// server may refuse it before it has read it.
	refusalPatience = 250 * time.Millisecond
	bufferSize      = 4 << 10
)

// conn is one connection, of one request at a time.
type conn struct {
	net.Conn

	raw    net.Conn // below TLS
	pool   *pool
	origin origin
	reader *bufio.Reader
	writer *bufio.Writer
	head   int64 // the most that a head may have
	left   int64 // what may still be read of the head; negative while a body is read

	used      bool // a request was answered on it
	wrote     bool // something of the present request was written
	heard     bool // something of its answer came
	idleSince time.Time
}

func newConn(network, raw net.Conn, p *pool, where origin, head int64) *conn {
	c := &conn{Conn: network, raw: raw, pool: p, origin: where, head: head}
	c.reader, c.writer = bufio.NewReaderSize(incoming{c}, bufferSize), bufio.NewWriterSize(outgoing{c}, bufferSize)
	return c
}

// incoming is what comes from the server, bounded while a head is read.
type incoming struct{ c *conn }

// Read implements [io.Reader].
func (i incoming) Read(b []byte) (int, error) {
	if i.c.left == 0 {
		return 0, errors.New("http1: the head of the answer is too large")
	}
	if i.c.left > 0 {
		b = b[:min(int64(len(b)), i.c.left)]
	}
	n, err := i.c.Read(b)
	if n > 0 {
		i.c.heard = true
	}
	if i.c.left > 0 {
		i.c.left -= int64(n)
	}
	return n, err
}

// outgoing is what goes to the server.
type outgoing struct{ c *conn }

// Write implements [io.Writer].
func (o outgoing) Write(b []byte) (int, error) {
	n, err := o.c.Write(b)
	if n > 0 {
		o.c.wrote = true
	}
	return n, err
}

// holds reports whether TLS has read something beyond the last answer, which the
// connection below it does not show any more. It does not wait: the deadline has passed.
func (c *conn) holds() bool {
	if !c.origin.secure {
		return false
	}
	if err := c.SetReadDeadline(time.Unix(1, 0)); err != nil {
		return true
	}
	_, err := c.reader.Peek(1)
	return !errors.Is(err, os.ErrDeadlineExceeded) || c.SetReadDeadline(time.Time{}) != nil
}

// exchange sends a request and returns its answer, whose body ends the use of the
// connection. After an error the connection is closed.
func (c *conn) exchange(req *http.Request) (*http.Response, error) {
	c.wrote, c.heard = false, false
	ctx := req.Context()
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) }) // the past: whatever waits returns
	resp, whole, err := c.converse(req)
	if err != nil {
		stop()
		_ = c.Close() // lost already
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, err
	}
	b := &body{ReadCloser: resp.Body, conn: c, ctx: ctx, stop: stop, keeps: whole && !resp.Close && !req.Close}
	if resp.Body == http.NoBody {
		b.end()
		return resp, nil
	}
	resp.Body = b
	return resp, nil
}

// converse writes the request and reads the head of the answer. It reports whether
// the request was written whole.
func (c *conn) converse(req *http.Request) (*http.Response, bool, error) {
	fault := write(c.writer, req)
	if fault == nil {
		fault = c.writer.Flush()
	}
	if fault != nil {
		if !c.wrote || req.Context().Err() != nil {
			return nil, false, fault
		}
		defer time.AfterFunc(refusalPatience, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) }).Stop()
	}
	resp, err := c.answer(req)
	if err != nil {
		return nil, false, errors.Join(fault, err)
	}
	return resp, fault == nil, nil
}

// answer reads heads until one is not interim.
func (c *conn) answer(req *http.Request) (*http.Response, error) {
	for range maxInterim {
		c.left = c.head
		resp, err := http.ReadResponse(c.reader, req)
		c.left = -1
		if err != nil {
			return nil, ended(err)
		}
		if resp.StatusCode >= 200 {
			return resp, nil
		}
		if resp.StatusCode == http.StatusSwitchingProtocols {
			return nil, errors.New("http1: the server switches to another protocol")
		}
	}
	return nil, errors.New("http1: too many interim answers")
}

// ended says plainly that a connection ended before an answer came.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errClosed{err}
	}
	return err
}

type errClosed struct{ cause error }

// Error implements error.
func (e errClosed) Error() string { return "http1: the server closed the connection without an answer" }

// Unwrap implements the interface of package errors.
func (e errClosed) Unwrap() error { return e.cause }

// body is that of an answer. Read to its end, it gives its connection to the next
// request; closed before, it ends the connection, for what is left is of no use.
type body struct {
	io.ReadCloser

	conn  *conn
	ctx   context.Context //nolint:containedctx // the answer is read within the request's time
	stop  func() bool
	keeps bool
	done  bool
	fault error // what ended it before its end, if something did
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	if b.done {
		return 0, cmp.Or(b.fault, io.EOF)
	}
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		b.end()
	default:
		b.giveUp()
		if cause := context.Cause(b.ctx); cause != nil {
			err = cause
		}
		b.fault = err
	}
	return n, err
}

// Close implements [io.Closer].
func (b *body) Close() error {
	if !b.done {
		b.fault = http.ErrBodyReadAfterClose
	}
	b.giveUp()
	return nil
}

// end gives the connection to the next request, if it can carry one.
func (b *body) end() {
	if b.done {
		return
	}
	b.done = true
	if b.stop() && b.keeps && b.conn.reader.Buffered() == 0 {
		b.conn.pool.put(b.conn)
		return
	}
	_ = b.conn.Close() // nothing is lost with it
}

// giveUp ends the connection, for what is left of the answer is of no use.
func (b *body) giveUp() {
	if b.done {
		return
	}
	b.done = true
	b.stop()
	_ = b.conn.Close() // nothing is lost with it
}
