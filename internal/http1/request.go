package http1

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// write writes a request with its body. One whose length is not known, or whose head
// holds what net/http would refuse or has to judge, is left to [http.Request.Write].
func write(w *bufio.Writer, req *http.Request) error {
	uri := req.URL.RequestURI()
	if !plain(req, uri) {
		return writeOther(w, req)
	}
	writeHead(w, req, uri)
	if req.ContentLength == 0 {
		return nil
	}
	defer discard(req) // it was read, or what is left of it is of no use
	n, err := io.Copy(w, io.LimitReader(req.Body, req.ContentLength+1))
	if err == nil && n != req.ContentLength {
		err = errors.New("http1: the body is not as long as the request says")
	}
	return err
}

// plain reports whether the head of a request can be written as it stands.
func plain(req *http.Request, uri string) bool {
	sized := req.ContentLength > 0 && req.Body != nil || req.ContentLength == 0 && (req.Body == nil || req.Body == http.NoBody)
	if !sized || len(req.TransferEncoding) > 0 || len(req.Trailer) > 0 || req.Close || !isToken(req.Method) {
		return false
	}
	for name, values := range req.Header {
		if !isPlainField(name, values) {
			return false
		}
	}
	return isHost(host(req)) && isValue(uri) && !strings.Contains(uri, " ")
}

// isPlainField reports whether a field has nothing to do with how the message is framed
// or where it goes, and can be written as it stands.
func isPlainField(name string, values []string) bool {
	switch name {
	case "Host", "Content-Length", "Transfer-Encoding", "Trailer", "Connection":
		return false
	}
	return isToken(name) && !slices.ContainsFunc(values, func(v string) bool { return !isValue(v) })
}

// writeHead writes what precedes the body. A bufio.Writer keeps its first error.
func writeHead(w *bufio.Writer, req *http.Request, uri string) {
	line(w, req.Method, " ", uri, " HTTP/1.1")
	line(w, "Host: ", host(req))
	for name, values := range req.Header {
		for _, v := range values {
			line(w, name, ": ", v)
		}
	}
	if offersGzip(req) {
		line(w, "Accept-Encoding: gzip")
	}
	if req.ContentLength > 0 || req.Method == http.MethodPost || req.Method == http.MethodPut || req.Method == http.MethodPatch {
		line(w, "Content-Length: ", strconv.FormatInt(req.ContentLength, 10))
	}
	line(w)
}

func line(w *bufio.Writer, parts ...string) {
	for _, p := range parts {
		_, _ = w.WriteString(p) // the writer keeps the error
	}
	_, _ = w.WriteString("\r\n")
}

func host(req *http.Request) string {
	if req.Host != "" {
		return req.Host
	}
	return req.URL.Host
}

// writeOther writes the requests that need net/http's care.
func writeOther(w *bufio.Writer, req *http.Request) error {
	if offersGzip(req) {
		offering := *req
		if offering.Header = req.Header.Clone(); offering.Header == nil {
			offering.Header = http.Header{}
		}
		offering.Header["Accept-Encoding"] = []string{"gzip"}
		req = &offering
	}
	return req.Write(w)
}

// isToken reports whether s is a token (RFC 9110 section 5.6.2) of the usual letters.
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return s != ""
}

// isValue reports whether s is visible ASCII with blanks inside, which is a field value
// (RFC 9110 section 5.5) that nobody has to look at twice.
func isValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return strings.TrimSpace(s) == s
}

// isHost reports whether s is a plain name or address with a port.
func isHost(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte("/?#@\\\"<>%", c) >= 0 {
			return false
		}
	}
	return s != ""
}
