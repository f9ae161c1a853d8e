package http1_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/http1"
)

// FuzzWrite: what is written is what net/http writes, as a server reads it, whatever is
// in the address, the head and the body; and one request, whatever is tried.
func FuzzWrite(f *testing.F) {
	f.Add("GET", "https://app.example.com/scim/v2/Users?filter=userName+eq+%22a%22", "Accept", "application/scim+json", "")
	f.Add("POST", "http://127.0.0.1:8080/Users", "Authorization", "Bearer x", `{"userName":"a"}`)
	f.Add("PATCH", "http://[::1]:80/Users/a%2Fb", "X", "a\r\nInjected: yes", "x")
	f.Add("DELETE", "http://[fe80::1%25eth0]/Users/1", "Host", "elsewhere", "")
	f.Add("PUT", "http://bücher.example/ü?a b", "Content-Length", "99", "x")
	f.Add("M-SEARCH", "http://a b/", "Connection", "close", "x")
	f.Add("OPTIONS", "http://h", "Accept-Encoding", "br", "")
	f.Fuzz(func(t *testing.T, method, url, name, value, body string) {
		build := func() *http.Request {
			var r io.Reader
			if body != "" {
				r = strings.NewReader(body)
			}
			req, err := http.NewRequestWithContext(t.Context(), method, url, r)
			if err != nil || req.URL.Host == "" {
				return nil
			}
			req.Header[name] = []string{value}
			req.Header["User-Agent"] = []string{"Provisor"}
			return req
		}
		if build() == nil {
			t.Skip()
		}
		offering := build()
		if offering.Method != http.MethodHead && offering.Header["Accept-Encoding"] == nil && offering.Header["Range"] == nil {
			offering.Header["Accept-Encoding"] = []string{"gzip"}
		}
		var want, got bytes.Buffer
		wantErr := offering.Write(&want)
		gotErr := http1.Write(&got, build())
		require.Equal(t, wantErr != nil, gotErr != nil, "%v, %v", wantErr, gotErr)
		if wantErr != nil {
			return
		}
		expected, err := http.ReadRequest(bufio.NewReader(&want))
		rest := bufio.NewReader(&got)
		read, gotErr := http.ReadRequest(rest)
		require.Equal(t, err != nil, gotErr != nil, "%v, %v", err, gotErr)
		if err != nil {
			return
		}
		text, err := io.ReadAll(read.Body)
		require.NoError(t, err)
		expectedText, err := io.ReadAll(expected.Body)
		require.NoError(t, err)
		require.Equal(t, expectedText, text)
		require.Equal(t, expected.Method, read.Method)
		require.Equal(t, expected.RequestURI, read.RequestURI)
		require.Equal(t, expected.Host, read.Host)
		require.Equal(t, expected.Header, read.Header)
		left, err := io.ReadAll(rest)
		require.NoError(t, err)
		require.Empty(t, left, "a second request")
	})
}
