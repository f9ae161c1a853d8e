package egress

import (
	"fmt"
	"io"
)

// TooLargeError is the error of a body that exceeds its limit.
type TooLargeError struct {
	Limit int64 // bytes
}

// Error implements error.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the answer is larger than the %d bytes that are read", e.Limit)
}

// Limit returns a body that fails with [*TooLargeError] once more than limit bytes
// come, where [io.LimitReader] would end as if nothing was missing.
func Limit(body io.ReadCloser, limit int64) io.ReadCloser {
	return &limited{body: body, limit: limit, left: limit + 1}
}

type limited struct {
	body  io.ReadCloser
	limit int64
	left  int64 // one more than may be read, to notice the byte too many
}

// Read implements [io.Reader].
func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, &TooLargeError{Limit: l.limit}
	}
	if int64(len(p)) > l.left {
		p = p[:l.left]
	}
	n, err := l.body.Read(p)
	l.left -= int64(n)
	if l.left <= 0 {
		return n - 1, &TooLargeError{Limit: l.limit}
	}
	return n, err
}

// Close implements [io.Closer].
func (l *limited) Close() error { return l.body.Close() }
