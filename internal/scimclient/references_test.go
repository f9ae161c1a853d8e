package scimclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
)

// canned is a transport that answers with one body after the other, the last one for ever.
type canned struct {
	bodies []func() io.Reader
	asked  []string
}

func (c *canned) RoundTrip(req *http.Request) (*http.Response, error) {
	n := min(len(c.asked), len(c.bodies)-1)
	c.asked = append(c.asked, req.URL.RawQuery)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(c.bodies[n]()), ContentLength: -1, Request: req}, nil
}

func texts(bodies ...string) *canned {
	c := &canned{}
	for _, b := range bodies {
		c.bodies = append(c.bodies, func() io.Reader { return strings.NewReader(b) })
	}
	return c
}

func reading(t *testing.T, transport http.RoundTripper) *scimclient.Client {
	t.Helper()
	c, err := scimclient.New(scimclient.Options{
		BaseURL: "https://app.example.com", HTTP: &http.Client{Transport: transport, Timeout: time.Minute},
		Now:  time.Now, //nolint:forbidigo // nothing depends on it
		Wait: func(context.Context, time.Duration) error { return nil },
	})
	require.NoError(t, err)
	return c
}

// seen is an observer that remembers.
type seen struct {
	begun   int
	longest int
	ids     map[string][]string
	each    func(n int) error // told of the number of ids so far
	n       int
}

func (s *seen) Begin(context.Context) error {
	s.begun++
	s.ids, s.n = map[string][]string{}, 0
	return nil
}

func (s *seen) See(_ context.Context, path scim.Path, ids []string) error {
	s.longest = max(s.longest, len(ids))
	s.n += len(ids)
	if s.each != nil {
		return s.each(s.n)
	}
	s.ids[path.String()] = append(s.ids[path.String()], ids...)
	return nil
}

func paths(t *testing.T, texts ...string) []scim.Path {
	t.Helper()
	all := make([]scim.Path, len(texts))
	for i, text := range texts {
		var err error
		all[i], err = scim.ParsePath(text)
		require.NoError(t, err)
	}
	return all
}

const enterpriseManager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"

// TestReferencesAreReadInEveryForm in which targets write them.
func TestReferencesAreReadInEveryForm(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		body string
		path string
		want []string
	}{
		"objects":          {`{"id":"g","members":[{"value":"a"},{"value":"b","display":"B"}],"displayName":"G"}`, "members", []string{"a", "b"}},
		"twice":            {`{"members":[{"value":"a"},{"value":"a"}],"id":"g"}`, "members", []string{"a", "a"}},
		"other letters":    {`{"ID":"g","Members":[{"Value":"a"}]}`, "members", []string{"a"}},
		"bare ids":         {`{"id":"g","members":["a","b"]}`, "members", []string{"a", "b"}},
		"one of its own":   {`{"id":"g","members":{"value":"a"}}`, "members", []string{"a"}},
		"not by value":     {`{"id":"g","members":[{"$ref":"../Users/a"},{"value":7},null,[],{"value":""},{"value":"b"}]}`, "members", []string{"b"}},
		"none":             {`{"id":"g","members":[]}`, "members", nil},
		"null":             {`{"id":"g","members":null}`, "members", nil},
		"not shown":        {`{"id":"g"}`, "members", nil},
		"extension":        {`{"id":"g","` + strings.TrimSuffix(enterpriseManager, ":manager") + `":{"department":"d","manager":{"value":"m","$ref":"x"}}}`, enterpriseManager, []string{"m"}},
		"bare manager":     {`{"id":"g","` + strings.TrimSuffix(enterpriseManager, ":manager") + `":{"manager":"m"}}`, enterpriseManager, []string{"m"}},
		"escaped":          {`{"id":"g","m\u0065mbers":[{"v\u0061lue":"\u0061"}]}`, "members", []string{"a"}},
		"elsewhere":        {`{"id":"g","meta":{"members":[{"value":"x"}]},"members":[{"value":"a"}]}`, "members", []string{"a"}},
		"beyond any limit": {`{"id":"g","members":[{"value":"` + strings.Repeat("x", 3000) + `"},{"value":"a"}]}`, "members", []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &seen{}
			p := paths(t, one.path)
			require.NoError(t, reading(t, texts(one.body)).References(t.Context(), scim.GroupType, "g", p, false, s))
			require.Equal(t, one.want, s.ids[p[0].String()])
		})
	}
}

// TestReferencesOfWhatIsNoAnswer: what is no resource, or not the one asked for, is an
// error, so that nobody takes for the whole what was seen of it.
func TestReferencesOfWhatIsNoAnswer(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"another":      `{"members":[{"value":"a"}],"id":"h"}`,
		"no id":        `{"members":[{"value":"a"}]}`,
		"cut":          `{"id":"g","members":[{"value":"a"},{"val`,
		"cut behind":   `{"id":"g","members":[{"value":"a"}]`,
		"two":          `{"id":"g"}{"id":"g"}`,
		"page":         "<html><body>Sign in</body></html>",
		"nothing":      "",
		"null":         "null",
		"a list":       `[{"id":"g","members":[{"value":"a"}]}]`,
		"wrong ending": `{"id":"g","members":[{"value":"a"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := reading(t, texts(body)).References(t.Context(), scim.GroupType, "g", paths(t, "members"), false, &seen{})
			require.True(t, scimclient.Is(err, scimclient.Incompatible), "%v", err)
			require.False(t, scimclient.Uncertain(err))
			if name == "page" {
				require.ErrorContains(t, err, "Sign in")
			}
		})
	}
}

// broken fails after what it reads.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("connection reset")
	}
	return n, err
}

// TestReferencesAreReadAnewWhenTheAnswerBreaksOff: nothing of the first part counts.
func TestReferencesAreReadAnewWhenTheAnswerBreaksOff(t *testing.T) {
	t.Parallel()
	var first strings.Builder
	first.WriteString(`{"id":"g","members":[{"value":"gone"}`)
	for i := range 1500 {
		fmt.Fprintf(&first, `,{"value":"u%d"}`, i)
	}
	transport := &canned{bodies: []func() io.Reader{
		func() io.Reader { return broken{strings.NewReader(first.String())} },
		func() io.Reader { return strings.NewReader(`{"id":"g","members":[{"value":"a"}]}`) },
	}}
	s := &seen{}
	require.NoError(t, reading(t, transport).References(t.Context(), scim.GroupType, "g", paths(t, "members"), false, s))
	require.Equal(t, 2, s.begun)
	require.Equal(t, []string{"a"}, s.ids["members"])
}

// TestObserverEndsTheReading: its error is no fault of the target, and is not retried.
func TestObserverEndsTheReading(t *testing.T) {
	t.Parallel()
	transport := texts(`{"id":"g","members":[{"value":"a"}]}`)
	full := errors.New("the disk is full")
	err := reading(t, transport).References(t.Context(), scim.GroupType, "g", paths(t, "members"), false, &seen{each: func(int) error { return full }})
	require.ErrorIs(t, err, full)
	require.Len(t, transport.asked, 1)
}

// TestReferencesAskedByName.
func TestReferencesAskedByName(t *testing.T) {
	t.Parallel()
	transport := texts(`{"id":"g"}`)
	c := reading(t, transport)
	require.NoError(t, c.References(t.Context(), scim.GroupType, "g", paths(t, "members"), false, &seen{}))
	require.NoError(t, c.References(t.Context(), scim.GroupType, "g", paths(t, "members"), true, &seen{}))
	require.Equal(t, []string{"", "attributes=id%2Cmembers"}, transport.asked)
}

// crowd writes a group of n members as it is read, so that nothing of it is in memory.
type crowd struct {
	n, at int
	text  []byte
}

func (c *crowd) Read(p []byte) (int, error) {
	for len(c.text) == 0 {
		switch {
		case c.at == 0:
			c.text = []byte(`{"id":"g","displayName":"Everyone","members":[`)
		case c.at <= c.n:
			c.text = fmt.Appendf(c.text[:0], `{"value":"%08d-0000-4000-8000-000000000000","$ref":"https://app.example.com/Users/%d","display":"User %d"}`, c.at, c.at, c.at)
			if c.at < c.n {
				c.text = append(c.text, ',')
			}
		case c.at == c.n+1:
			c.text = []byte(`],"externalId":"e"}`)
		default:
			return 0, io.EOF
		}
		c.at++
	}
	n := copy(p, c.text)
	c.text = c.text[n:]
	return n, nil
}

// live is how much of the heap is in use.
func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestMembersAreReadInBoundedMemory: of a group of a million, 130 MB of text, nothing but
// the run is held, whether it is read, left out of a read, found or patched.
func TestMembersAreReadInBoundedMemory(t *testing.T) { //nolint:paralleltest // it measures the heap
	n := 1_000_000
	if testing.Short() {
		n = 200_000
	}
	const bound = 8 << 20
	before := live()
	most := uint64(0)
	s := &seen{}
	s.each = func(seen int) error {
		if seen%50_000 == 0 {
			most = max(most, live())
		}
		return nil
	}
	group := func() io.Reader { return &crowd{n: n} }
	c := reading(t, &canned{bodies: []func() io.Reader{group}})
	require.NoError(t, c.References(t.Context(), scim.GroupType, "g", paths(t, "members"), false, s))
	require.Equal(t, n, s.n)
	require.LessOrEqual(t, s.longest, 1000)
	require.Less(t, most, before+bound)

	found, err := c.Get(t.Context(), scim.GroupType, "g", "members")
	require.NoError(t, err)
	require.Equal(t, scim.Resource{"id": "g", "displayName": "Everyone", "externalId": "e"}, found)
	require.NoError(t, c.Patch(t.Context(), scim.GroupType, "g", []scim.PatchOp{{Op: scim.Replace, Path: paths(t, "displayName")[0], Value: "Everyone"}}))
	list := &canned{bodies: []func() io.Reader{func() io.Reader {
		return io.MultiReader(strings.NewReader(`{"totalResults":1,"Resources":[`), group(), strings.NewReader(`]}`))
	}}}
	hits, err := reading(t, list).Find(t.Context(), scim.GroupType, scimclient.Match{Path: paths(t, "displayName")[0], Value: "Everyone"})
	require.NoError(t, err)
	require.Len(t, hits, 1)
	require.False(t, slices.ContainsFunc([]string{"members"}, func(name string) bool { _, has := hits[0][name]; return has }))
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	require.Less(t, m.HeapAlloc, before+4*bound, "garbage included")
}
