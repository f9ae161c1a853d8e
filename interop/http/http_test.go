//go:build interop

// Package http_test sends, byte for byte, what documentation, scripts and clients that
// have no package here write on the wire.
package http_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// world is the service that interop/with-server started.
type world struct {
	client *http.Client
	graph  string
	token  string
	names  map[string]string
}

func here(t *testing.T) *world {
	t.Helper()
	var service, target map[string]string
	readJSON(t, "PROVISOR_BOOTSTRAP", &service)
	readJSON(t, "PROVISOR_TARGET", &target)
	pem, err := os.ReadFile(os.Getenv("PROVISOR_CA"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	w := &world{client: &http.Client{Transport: transport}, graph: service["graphEndpoint"]}
	w.token = w.acquire(t, service["authority"]+"/oauth2/v2.0/token", service, "https://graph.microsoft.com/.default")
	w.names = map[string]string{
		"graph": w.graph, "tenant": service["tenantId"], "scim": target["scimEndpoint"],
		"scimToken": w.acquire(t, target["tokenEndpoint"], target, "scim"),
	}
	return w
}

func readJSON(t *testing.T, variable string, into any) {
	t.Helper()
	text, err := os.ReadFile(os.Getenv(variable))
	require.NoError(t, err, "start these tests with ./run, which starts the service")
	require.NoError(t, json.Unmarshal(text, into))
}

func (w *world) acquire(t *testing.T, endpoint string, client map[string]string, scope string) string {
	t.Helper()
	answer, err := w.client.PostForm(endpoint, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {client["clientId"]}, "client_secret": {client["clientSecret"]}, "scope": {scope},
	})
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&token))
	return token.AccessToken
}

// TestScripts plays every file of this folder. A request begins with ###; after it, in
// lines that begin with #, stands what its answer must be:
//
//	# => 201                     its status
//	# name = /json/pointer       gives a value of the answer a name; the answer itself when no pointer is given
//	# /json/pointer is VALUE     a value of the answer, as JSON; or absent
//	# header NAME is VALUE       a header of the answer
//
// {{name}} stands for what was named.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("*.http")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".http"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			w := here(t)
			for _, section := range strings.Split(string(text), "\n### ")[1:] {
				name, rest, _ := strings.Cut(section, "\n")
				if !t.Run(name, func(t *testing.T) { w.play(t, rest) }) {
					t.FailNow() // what follows stands on it
				}
			}
		})
	}
}

// play sends one request and looks at its answer.
func (w *world) play(t *testing.T, section string) {
	var sent, wanted []string
	for line := range strings.Lines(section) {
		if want, ok := strings.CutPrefix(line, "# "); ok {
			wanted = append(wanted, strings.TrimSpace(w.fill(want)))
			continue
		}
		sent = append(sent, line)
	}
	answer := w.send(t, w.fill(strings.Join(sent, "")))
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	for _, want := range wanted {
		w.check(t, want, answer, text)
	}
}

var placeholder = regexp.MustCompile(`\{\{(\w+)\}\}`)

func (w *world) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		if value, known := w.names[strings.Trim(found, "{}")]; known {
			return value
		}
		return found
	})
}

func (w *world) send(t *testing.T, text string) *http.Response {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	method, path, _ := strings.Cut(lines[0], " ")
	content := strings.TrimSpace(body)
	var reader io.Reader
	if content != "" {
		reader = strings.NewReader(content)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, w.graph+strings.ReplaceAll(path, " ", "%20"), reader)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+w.token)
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Set(name, value)
	}
	answer, err := w.client.Do(request)
	require.NoError(t, err)
	return answer
}

func (w *world) check(t *testing.T, want string, answer *http.Response, text []byte) {
	t.Helper()
	if status, ok := strings.CutPrefix(want, "=> "); ok {
		require.Equal(t, status, strconv.Itoa(answer.StatusCode), "%s", text)
		return
	}
	if name, value, ok := strings.Cut(want, " is "); ok {
		if header, ok := strings.CutPrefix(name, "header "); ok {
			require.Equal(t, strings.Trim(value, `"`), answer.Header.Get(header))
			return
		}
		found, there := at(t, text, name)
		if value == "absent" {
			require.False(t, there, "%s is %v", name, found)
			return
		}
		require.True(t, there, "%s is absent: %s", name, text)
		require.JSONEq(t, value, encoded(t, found), name)
		return
	}
	name, pointer, ok := strings.Cut(want, " =")
	require.True(t, ok, "%q says nothing about an answer", want)
	pointer = strings.TrimSpace(pointer)
	found, there := at(t, text, pointer)
	require.True(t, there, "%s is absent: %s", pointer, text)
	w.names[name] = fmt.Sprint(found)
	if pointer == "" {
		w.names[name] = string(text)
	}
}

// at follows a JSON pointer (RFC 6901).
func at(t *testing.T, text []byte, pointer string) (any, bool) {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(text, &value), "%s", text)
	for _, token := range strings.Split(pointer, "/")[1:] {
		switch container := value.(type) {
		case map[string]any:
			member, there := container[token]
			if !there {
				return nil, false
			}
			value = member
		case []any:
			index, err := strconv.Atoi(token)
			if err != nil || index >= len(container) {
				return nil, false
			}
			value = container[index]
		default:
			return nil, false
		}
	}
	return value, true
}

func encoded(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}
