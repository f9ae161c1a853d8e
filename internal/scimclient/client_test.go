package scimclient_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/http1"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
)

// reply is one scripted answer of a target.
type reply struct {
	status int
	header map[string]string
	body   string
}

// target answers with the scripted replies in turn, the last one for ever.
type target struct {
	mu       sync.Mutex
	replies  []reply
	requests []string
	bodies   []string
}

func (s *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.RequestURI())
	s.bodies = append(s.bodies, string(body))
	a := s.replies[0]
	if len(s.replies) > 1 {
		s.replies = s.replies[1:]
	}
	s.mu.Unlock()
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// client returns a client of a target with the given answers. Pauses are noted, not
// waited for.
func client(t *testing.T, suffix string, replies ...reply) (*scimclient.Client, *target, *[]time.Duration) {
	t.Helper()
	script := &target{replies: replies}
	server := httptest.NewServer(script)
	t.Cleanup(server.Close)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var pauses []time.Duration
	var dialer net.Dialer
	transport := http1.New(http1.Options{Dial: dialer.DialContext, Now: clock})
	t.Cleanup(transport.CloseIdleConnections)
	c, err := scimclient.New(scimclient.Options{
		BaseURL: server.URL + suffix, HTTP: &http.Client{Transport: transport}, Dialect: scim.RFC7644, Now: func() time.Time { return now },
		Wait: func(_ context.Context, d time.Duration) error {
			pauses = append(pauses, d)
			now = now.Add(d)
			return nil
		},
	})
	require.NoError(t, err)
	return c, script, &pauses
}

// clock stands still.
func clock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func match(t *testing.T) scimclient.Match {
	t.Helper()
	path, err := scim.ParsePath("userName")
	require.NoError(t, err)
	return scimclient.Match{Path: path, Value: `a"b`}
}

func TestFind(t *testing.T) {
	t.Parallel()
	const one = `{"Resources":[{"id":"1","userName":"A\"B"}],"totalResults":1}`
	for name, test := range map[string]struct {
		reply reply
		hits  int
		class scimclient.Class
		fails bool
	}{
		"one hit, other case":          {reply: reply{status: 200, body: one}, hits: 1},
		"none":                         {reply: reply{status: 200, body: `{"totalResults":0}`}},
		"none, Resources only":         {reply: reply{status: 200, body: `{"Resources":[]}`}},
		"two":                          {reply: reply{status: 200, body: `{"Resources":[{"id":"1"},{"id":"2"}],"totalResults":2}`}, hits: 2},
		"filter ignored, whole list":   {reply: reply{status: 200, body: `{"Resources":[{"id":"1","userName":"x"},{"id":"2","userName":"a\"b"}],"totalResults":2}`}, hits: 1},
		"filter ignored, part of list": {reply: reply{status: 200, body: `{"Resources":[{"id":"1","userName":"x"}],"totalResults":9}`}, fails: true, class: scimclient.Incompatible},
		"hit, but more to come":        {reply: reply{status: 200, body: `{"Resources":[{"id":"1","userName":"a\"b"}],"totalResults":9}`}, fails: true, class: scimclient.Incompatible},
		"404 is not absence":           {reply: reply{status: 404}, fails: true, class: scimclient.Incompatible},
		"a page is not an empty list":  {reply: reply{status: 200, body: `<html>`}, fails: true, class: scimclient.Incompatible},
		"an object is not a list":      {reply: reply{status: 200, body: `{"id":"1"}`}, fails: true, class: scimclient.Incompatible},
		"null is not a list":           {reply: reply{status: 200, body: `null`}, fails: true, class: scimclient.Incompatible},
		"counted, but not there":       {reply: reply{status: 200, body: `{"Resources":[],"totalResults":3}`}, fails: true, class: scimclient.Incompatible},
		"a resource without id":        {reply: reply{status: 200, body: `{"Resources":[{"userName":"a\"b"}],"totalResults":1}`}, fails: true, class: scimclient.Incompatible},
		"no rights":                    {reply: reply{status: 403}, fails: true, class: scimclient.Denied},
		"no credentials":               {reply: reply{status: 401}, fails: true, class: scimclient.Unauthorized},
		"a redirect is not an answer":  {reply: reply{status: 302, header: map[string]string{"Location": "https://elsewhere.example"}}, fails: true, class: scimclient.Incompatible},
		"server trouble that persists": {reply: reply{status: 500}, fails: true, class: scimclient.Unavailable},
		"bad filter":                   {reply: reply{status: 400, body: `{"scimType":"invalidFilter","detail":"no"}`}, fails: true, class: scimclient.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, script, _ := client(t, "", test.reply)
			hits, err := c.Find(t.Context(), scim.UserType, match(t))
			require.Len(t, hits, test.hits)
			require.Equal(t, test.fails, err != nil, "%v", err)
			if test.fails {
				require.True(t, scimclient.Is(err, test.class), "%v", err)
				require.False(t, scimclient.Uncertain(err), "a read changes nothing")
			}
			require.Equal(t, `GET /Users?filter=userName+eq+%22a%5C%22b%22`, script.requests[0])
		})
	}
}

func TestReadsAreRepeatedAndWritesAreNot(t *testing.T) {
	t.Parallel()
	ok := reply{status: 200, body: `{"id":"7"}`}
	trouble := reply{status: 503}
	for name, test := range map[string]struct {
		do       func(context.Context, *scimclient.Client) error
		replies  []reply
		requests int
		certain  bool
	}{
		"get after 503": {do: get, replies: []reply{trouble, trouble, ok}, requests: 3},
		"delete after 500, then gone": {
			do:      remove,
			replies: []reply{{status: 500}, {status: 404}}, requests: 2,
		},
		"post after 503":   {do: post, replies: []reply{trouble, ok}, requests: 1},
		"post after 429":   {do: post, replies: []reply{{status: 429}, {status: 201, body: `{"id":"7"}`}}, requests: 2},
		"patch after 502":  {do: patch, replies: []reply{{status: 502}, ok}, requests: 1},
		"post without id":  {do: post, replies: []reply{{status: 201, body: `{}`}}, requests: 1},
		"post, long id":    {do: post, replies: []reply{{status: 201, body: `{"id":"` + strings.Repeat("7", 3000) + `"}`}}, requests: 1},
		"post, html":       {do: post, replies: []reply{{status: 200, body: `<html>`}}, requests: 1},
		"patch, html":      {do: patch, replies: []reply{{status: 200, body: `<html>`}}, requests: 1},
		"post refused":     {do: post, replies: []reply{{status: 400}}, requests: 1, certain: true},
		"patch not there":  {do: patch, replies: []reply{{status: 404}}, requests: 1, certain: true},
		"patch, no body":   {do: patch, replies: []reply{{status: 204}}, requests: 1},
		"get, never again": {do: get, replies: []reply{{status: 501}}, requests: 1, certain: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, script, _ := client(t, "", test.replies...)
			err := test.do(t.Context(), c)
			require.Len(t, script.requests, test.requests)
			last := test.replies[test.requests-1]
			succeeded := last.status < 300 && last.body != `{}` && len(last.body) < 3000 && last.body != `<html>` || strings.HasPrefix(name, "delete")
			require.Equal(t, succeeded, err == nil, "%v", err)
			if err != nil {
				require.Equal(t, !test.certain, scimclient.Uncertain(err), "%v", err)
			}
		})
	}
}

func get(ctx context.Context, c *scimclient.Client) error {
	_, err := c.Get(ctx, scim.UserType, "7")
	return err
}

func post(ctx context.Context, c *scimclient.Client) error {
	_, err := c.Create(ctx, scim.UserType, scim.Resource{"userName": "x"})
	return err
}

func patch(ctx context.Context, c *scimclient.Client) error {
	path, err := scim.ParsePath("displayName")
	if err != nil {
		return err
	}
	return c.Patch(ctx, scim.UserType, "7", []scim.PatchOp{{Op: scim.Replace, Path: path, Value: "y"}})
}

func TestRetryAfterIsRespected(t *testing.T) {
	t.Parallel()
	c, script, pauses := client(t, "", reply{status: 429, header: map[string]string{"Retry-After": "7"}}, reply{status: 200, body: `{"id":"7"}`})
	require.NoError(t, get(t.Context(), c))
	require.Equal(t, []time.Duration{7 * time.Second}, *pauses)
	require.Len(t, script.requests, 2)

	c, script, _ = client(t, "", reply{status: 429, header: map[string]string{"Retry-After": "3600"}})
	err := get(t.Context(), c)
	require.Error(t, err, "longer than we wait")
	require.Len(t, script.requests, 1)
	require.Equal(t, "TooManyRequests", scimclient.Code(err))
}

func TestAnswerOfAnotherResourceIsRefused(t *testing.T) {
	t.Parallel()
	c, _, _ := client(t, "", reply{status: 200, body: `{"id":"8"}`})
	_, err := c.Get(t.Context(), scim.UserType, "7")
	require.True(t, scimclient.Is(err, scimclient.Incompatible))
}

func TestBaseURLSwitchesChooseTheDialect(t *testing.T) {
	t.Parallel()
	for suffix, want := range map[string]struct {
		dialect scim.Dialect
		request string
	}{
		"/scim/":                              {scim.RFC7644, "GET /scim/Users/a%2Fb"},
		"/scim?aadOptscim062020":              {scim.EntraSCIM062020, "GET /scim/Users/a%2Fb"},
		"/scim?AzureAdScimPatch2017&tenant=5": {scim.Entra, "GET /scim/Users/a%2Fb?tenant=5"},
		"/with%20blank":                       {scim.RFC7644, "GET /with%20blank/Users/a%2Fb"},
	} {
		t.Run(suffix, func(t *testing.T) {
			t.Parallel()
			c, script, _ := client(t, suffix, reply{status: 200, body: `{"id":"a/b"}`})
			require.Equal(t, want.dialect, c.Dialect())
			_, err := c.Get(t.Context(), scim.UserType, "a/b")
			require.NoError(t, err)
			require.Equal(t, want.request, script.requests[0])
		})
	}
}

func TestBadBaseURL(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "app.example.com", "ftp://app.example.com", "https://", "://"} {
		_, err := scimclient.New(scimclient.Options{BaseURL: base, HTTP: http.DefaultClient, Now: clock})
		require.True(t, errs.Is(err, errs.Invalid), "%q: %v", base, err)
	}
}

func TestErrorsCarryTheTargetsWordsAndNoQuery(t *testing.T) {
	t.Parallel()
	long, err := json.Marshal(map[string]string{"detail": strings.Repeat("no ", 1000), "scimType": "invalidValue"})
	require.NoError(t, err)
	c, _, _ := client(t, "", reply{status: 400, body: string(long)})
	_, err = c.Find(t.Context(), scim.UserType, match(t))
	require.ErrorContains(t, err, "GET /Users was answered 400: no no")
	require.Less(t, len(err.Error()), 400)
	require.NotContains(t, err.Error(), "filter=")
}

func TestSilenceIsUncertainForWrites(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(server.Close)
	c, err := scimclient.New(scimclient.Options{
		BaseURL: server.URL, HTTP: server.Client(), Now: clock, Wait: func(context.Context, time.Duration) error { return nil },
	})
	require.NoError(t, err)
	require.True(t, scimclient.Uncertain(post(t.Context(), c)))
	require.True(t, scimclient.Uncertain(patch(t.Context(), c)))
	require.False(t, scimclient.Uncertain(get(t.Context(), c)))
	require.Equal(t, "WebExceptionConnectionClosed", scimclient.Code(get(t.Context(), c)))
}
