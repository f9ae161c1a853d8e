package http1

import (
	"bufio"
	"io"
	"net/http"
)

// Write writes a request as a connection does.
func Write(to io.Writer, req *http.Request) error {
	w := bufio.NewWriter(to)
	if err := write(w, req); err != nil {
		return err
	}
	return w.Flush()
}
