package scimclient_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func remove(ctx context.Context, c *scimclient.Client) error {
	return c.Delete(ctx, scim.UserType, "7")
}

// TestClash: a change that met another at the same resource is repeated, one that
// met another resource's value is not.
func TestClash(t *testing.T) {
	t.Parallel()
	const unique = `{"scimType":"uniqueness","detail":"taken"}`
	for name, test := range map[string]struct {
		do       func(context.Context, *scimclient.Client) error
		reply    reply
		requests int
	}{
		"patch, concurrent change":    {do: patch, reply: reply{status: 409}, requests: 4},
		"patch, version":              {do: patch, reply: reply{status: 412}, requests: 4},
		"patch, locked":               {do: patch, reply: reply{status: 423}, requests: 4},
		"patch, another has the name": {do: patch, reply: reply{status: 409, body: unique}, requests: 1},
		"delete, still referred to":   {do: remove, reply: reply{status: 409}, requests: 4},
		"post is looked up instead":   {do: post, reply: reply{status: 409}, requests: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, script, _ := client(t, "", test.reply)
			err := test.do(t.Context(), c)
			require.True(t, scimclient.Is(err, scimclient.Clash), "%v", err)
			require.False(t, scimclient.Uncertain(err), "the target said that it did not act")
			require.Equal(t, "EntryConflict", scimclient.Code(err))
			require.Len(t, script.requests, test.requests)
		})
	}
	c, _, _ := client(t, "", reply{status: 409}, reply{status: 204})
	require.NoError(t, patch(t.Context(), c), "a moment later")
}

// TestWhatAStatusSaysOfAWrite: only a refusal says that the target did not act.
func TestWhatAStatusSaysOfAWrite(t *testing.T) {
	t.Parallel()
	for status, uncertain := range map[int]bool{
		301: true, 302: true, 303: true, 400: false, 401: false, 403: false, 404: false, 405: false, 408: true, 409: false,
		410: false, 413: false, 422: false, 429: false, 500: true, 501: true, 502: true, 503: true, 504: true,
	} {
		c, _, _ := client(t, "", reply{status: status, header: map[string]string{"Location": "/elsewhere"}})
		require.Equal(t, uncertain, scimclient.Uncertain(post(t.Context(), c)), "%d", status)
	}
}

func TestDeleteOfWhatIsGone(t *testing.T) {
	t.Parallel()
	for _, status := range []int{404, 410} {
		c, _, _ := client(t, "", reply{status: status})
		require.NoError(t, remove(t.Context(), c))
	}
}

func TestRetryAfterForms(t *testing.T) {
	t.Parallel()
	const backoff = 250 * time.Millisecond
	for header, want := range map[string]time.Duration{
		"":                               backoff,
		"0":                              backoff,
		"-5":                             backoff,
		"soon":                           backoff,
		"1.5":                            backoff,
		"12":                             12 * time.Second,
		"Fri, 02 Jan 2026 03:04:20 GMT":  15 * time.Second,
		"Friday, 02-Jan-26 03:04:20 GMT": 15 * time.Second,
		"Fri, 02 Jan 2026 03:04:00 GMT":  backoff, // past
	} {
		c, _, pauses := client(t, "", reply{status: 503, header: map[string]string{"Retry-After": header}}, reply{status: 200, body: `{"id":"7"}`})
		require.NoError(t, get(t.Context(), c))
		require.Equal(t, []time.Duration{want}, *pauses, "%q", header)
	}
	for _, header := range []string{"31", "9223372036854775807", "Fri, 01 Jan 2027 00:00:00 GMT"} {
		c, script, pauses := client(t, "", reply{status: 503, header: map[string]string{"Retry-After": header}})
		require.Error(t, get(t.Context(), c), "%q", header)
		require.Len(t, script.requests, 1, "longer than we wait")
		require.Empty(t, *pauses)
	}
}

// TestRetryAfterHoldsForEveryRequest, even when it answers one that is not repeated.
func TestRetryAfterHoldsForEveryRequest(t *testing.T) {
	t.Parallel()
	c, _, pauses := client(t, "", reply{status: 503, header: map[string]string{"Retry-After": "9"}}, reply{status: 200, body: `{"id":"7"}`})
	require.Error(t, post(t.Context(), c))
	require.Empty(t, *pauses)
	require.NoError(t, get(t.Context(), c))
	require.Equal(t, []time.Duration{9 * time.Second}, *pauses)
}

// transport answers requests without a network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func over(tb testing.TB, f transport) *scimclient.Client {
	tb.Helper()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c, err := scimclient.New(scimclient.Options{
		BaseURL: "https://app.example.com/scim", HTTP: &http.Client{Transport: f}, Dialect: scim.RFC7644,
		Now: func() time.Time { return now },
		Wait: func(ctx context.Context, d time.Duration) error {
			now = now.Add(d)
			return ctx.Err()
		},
	})
	require.NoError(tb, err)
	return c
}

// TestCallerThatGivesUpIsNoFaultOfTheTarget: the error is the caller's own.
func TestCallerThatGivesUpIsNoFaultOfTheTarget(t *testing.T) {
	t.Parallel()
	stop := errors.New("paused by an order")
	ctx, cancel := context.WithCancelCause(t.Context())
	c := over(t, func(r *http.Request) (*http.Response, error) {
		cancel(stop)
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	var fault *scimclient.Error
	err := get(ctx, c)
	require.ErrorIs(t, err, stop)
	require.NotErrorAs(t, err, &fault)
	err = post(ctx, c)
	require.ErrorIs(t, err, stop, "nothing more is sent")
	require.NotErrorAs(t, err, &fault)
}

// TestWriteOnItsWayIsNotGivenUp: it could be carried out after it was looked for.
func TestWriteOnItsWayIsNotGivenUp(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(context.Context, *scimclient.Client) error{"post": post, "patch": patch, "delete": remove} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			c := over(t, func(r *http.Request) (*http.Response, error) {
				cancel()
				if err := r.Context().Err(); err != nil {
					return nil, err
				}
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"id":"7"}`))}, nil
			})
			require.NoError(t, do(ctx, c))
		})
	}
}

// TestOwnTimeoutIsTheTargetsSilence: the HTTP client's limit is not the caller's.
func TestOwnTimeoutIsTheTargetsSilence(t *testing.T) {
	t.Parallel()
	c := over(t, func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded })
	err := post(t.Context(), c)
	require.True(t, scimclient.Is(err, scimclient.Unavailable), "%v", err)
	require.True(t, scimclient.Uncertain(err))
}

// TestTroubleBeforeTheTargetIsNotTheTargets: a token that cannot be had, or an
// address that is not allowed, comes back as it is.
func TestTroubleBeforeTheTargetIsNotTheTargets(t *testing.T) {
	t.Parallel()
	c := over(t, func(*http.Request) (*http.Response, error) {
		return nil, errs.New(errs.Forbidden, "EgressDenied", "The address is not allowed.")
	})
	require.True(t, errs.Is(post(t.Context(), c), errs.Forbidden))
	require.True(t, errs.Is(get(t.Context(), c), errs.Forbidden))
}

// TestWhatNoDialectCanSayIsNotSent: it concerns the one object.
func TestWhatNoDialectCanSayIsNotSent(t *testing.T) {
	t.Parallel()
	c, script, _ := client(t, "", reply{status: 204})
	path, err := scim.ParsePath(`emails[type ne "work"].value`)
	require.NoError(t, err)
	err = c.Patch(t.Context(), scim.UserType, "7", []scim.PatchOp{{Op: scim.Add, Path: path, Value: "x", Absent: true}})
	require.True(t, scimclient.Is(err, scimclient.Unwritable), "%v", err)
	require.ErrorContains(t, err, "PATCH /Users/7 cannot be written as SCIM")
	require.Equal(t, "AttributeValidationFailed", scimclient.Code(err))
	require.Empty(t, script.requests)
}

// TestHitsAreComparedByValue, not by how Go prints them.
func TestHitsAreComparedByValue(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		attribute, value, resource string
		exact, hit                 bool
	}{
		"number":             {attribute: "employee", value: "12345678", resource: `"employee":12345678`, hit: true},
		"other number":       {attribute: "employee", value: "12345678", resource: `"employee":12345679`},
		"Boolean":            {attribute: "active", value: "True", resource: `"active":true`, exact: true, hit: true},
		"one of several":     {attribute: "emails.value", value: "b@x", resource: `"emails":[{"value":"a@x"},{"value":"B@x"}]`, hit: true},
		"none of several":    {attribute: "emails.value", value: "c@x", resource: `"emails":[{"value":"a@x"},{"value":"b@x"}]`},
		"case, not exact":    {attribute: "userName", value: "x", resource: `"userName":"X"`, hit: true},
		"case, exact":        {attribute: "userName", value: "x", resource: `"userName":"X"`, exact: true},
		"not shown":          {attribute: "userName", value: "x", resource: `"displayName":"X"`, hit: true},
		"null is not shown":  {attribute: "userName", value: "x", resource: `"userName":null`, hit: true},
		"spelled otherwise":  {attribute: "userName", value: "x", resource: `"USERNAME":"x"`, hit: true},
		"the filter's value": {attribute: `emails[type eq "work"].value`, value: "b@x", resource: `"emails":[{"type":"home","value":"b@x"},{"type":"work","value":"w@x"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, err := scim.ParsePath(test.attribute)
			require.NoError(t, err)
			c, _, _ := client(t, "", reply{status: 200, body: `{"totalResults":1,"Resources":[{"id":"1",` + test.resource + `}]}`})
			hits, err := c.Find(t.Context(), scim.UserType, scimclient.Match{Path: path, Value: test.value, CaseExact: test.exact})
			require.NoError(t, err)
			require.Equal(t, test.hit, len(hits) == 1)
		})
	}
}

// FuzzFind: whatever a target answers, nothing found is only what a list says.
func FuzzFind(f *testing.F) {
	for _, body := range []string{
		`{"totalResults":0}`, `{"Resources":[]}`, `{"resources":null,"TotalResults":0}`, `{"totalResults":1,"Resources":[{"id":"1","userName":"x"}]}`,
		`{"totalResults":"1"}`, `{"totalResults":1e9,"Resources":[{"id":"1"}]}`, `[]`, `null`, `{}`, `<html>`, ``, `{"Resources":{}}`, `{"totalResults":-1}`,
	} {
		f.Add(200, "", body)
	}
	f.Add(429, "3", "")
	f.Add(404, "Fri, 02 Jan 2026 03:04:20 GMT", `{"detail":"no"}`)
	path, err := scim.ParsePath("userName")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, status int, retryAfter, body string) {
		if status < 200 || status > 599 {
			return
		}
		c := over(t, func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {retryAfter}}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})
		hits, err := c.Find(t.Context(), scim.UserType, scimclient.Match{Path: path, Value: "x"})
		if err != nil {
			require.Empty(t, hits)
			require.NotEmpty(t, scimclient.Code(err))
			require.Less(t, len(err.Error()), 2000)
			return
		}
		require.Less(t, status, 300)
		for _, r := range hits {
			require.NotEmpty(t, r.ID())
		}
		if len(hits) == 0 {
			lower := strings.ToLower(body)
			require.True(t, strings.Contains(lower, "totalresults") || strings.Contains(lower, "resources") || strings.Contains(body, `\u`), "%q is no empty list", body)
		}
	})
}

// TestWriteIsWaitedForNoLongerThanTheGrace after its caller has given up, and what
// came of it is not known then.
func TestWriteIsWaitedForNoLongerThanTheGrace(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c, err := scimclient.New(scimclient.Options{
		BaseURL: "https://app.example.com/scim", Dialect: scim.RFC7644, Now: clock, Grace: time.Millisecond,
		HTTP: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			require.NoError(t, r.Context().Err())
			cancel()
			<-r.Context().Done()
			return nil, r.Context().Err()
		})},
	})
	require.NoError(t, err)
	err = post(ctx, c)
	require.True(t, scimclient.Is(err, scimclient.Unavailable), "%v", err)
	require.True(t, scimclient.Uncertain(err))
}
