package engine_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/scimserver"
)

// showing changes what GET of a group shows of its members.
type showing func(r *http.Request, members []any) []any

func wholly(_ *http.Request, members []any) []any { return members }

func hiding(*http.Request, []any) []any { return nil }

func emptily(*http.Request, []any) []any { return []any{} }

// cutting shows the first few only.
func cutting(_ *http.Request, members []any) []any { return members[:min(len(members), 7)] }

// onRequestOnly shows members to who asks for them by name.
func onRequestOnly(r *http.Request, members []any) []any {
	if strings.Contains(r.URL.Query().Get("attributes"), "members") {
		return members
	}
	return nil
}

// shouting writes ids in capitals, twice, and among others that nobody knows.
func shouting(_ *http.Request, members []any) []any {
	shown := []any{map[string]any{"$ref": "../Users/x"}, map[string]any{"value": "stranger"}, nil, "another"}
	for _, m := range members {
		id, _ := scim.ReferenceID(m)
		shown = append(shown, map[string]any{"VALUE": strings.ToUpper(id)}, strings.ToUpper(id))
	}
	return shown
}

// peculiar is a target that shows members in its own way, and of which an answer to a
// PATCH of a group is lost when that is armed, carried out or not.
type peculiar struct {
	show   showing
	armed  atomic.Bool
	before bool
}

func (p *peculiar) between(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		group := strings.HasPrefix(r.URL.Path, "/Groups/")
		switch {
		case group && r.Method == http.MethodPatch && p.armed.CompareAndSwap(true, false):
			if !p.before {
				next.ServeHTTP(httptest.NewRecorder(), r)
			}
			panic(http.ErrAbortHandler)
		case group && r.Method == http.MethodGet:
			p.read(next, rw, r)
		default:
			next.ServeHTTP(rw, r)
		}
	})
}

func (p *peculiar) read(next http.Handler, rw http.ResponseWriter, r *http.Request) {
	record := httptest.NewRecorder()
	next.ServeHTTP(record, r)
	var group map[string]any
	_ = json.Unmarshal(record.Body.Bytes(), &group)
	if members, ok := group["members"].([]any); ok {
		shown := p.show(r, members)
		if group["members"] = shown; shown == nil {
			delete(group, "members")
		}
	}
	body, _ := json.Marshal(group)
	rw.Header().Set("Content-Type", scim.MediaType)
	rw.WriteHeader(record.Code)
	_, _ = rw.Write(body)
}

// TestMembersAreExactHoweverTheyAreShown: an answer is lost when members come and go, and
// what the target shows then is not what it has. Contract point 3.
func TestMembersAreExactHoweverTheyAreShown(t *testing.T) {
	t.Parallel()
	rounds := 3
	if testing.Short() {
		rounds = 1
	}
	for name, show := range map[string]showing{
		"wholly": wholly, "not at all": hiding, "as none": emptily, "cut off": cutting, "on request": onRequestOnly, "in capitals": shouting,
	} {
		for _, before := range []bool{true, false} {
			t.Run(fmt.Sprint(name, before), func(t *testing.T) {
				t.Parallel()
				p := &peculiar{show: show, before: before}
				w := newWorld(t, terrain{dialect: scim.RFC7644, between: p.between})
				people := w.users(40)
				group := w.group("Everyone", people[:30]...)
				w.settle()
				for round := range rounds {
					for _, gone := range people[round*5 : round*5+3] {
						w.unrelate(group, directory.Members, gone)
					}
					w.relate(group, directory.Members, people[30+round])
					p.armed.Store(true)
					w.settle()
					require.False(t, p.armed.Load(), "an answer was lost")
					w.verify()
				}
			})
		}
	}
}

// TestMembersLostAtTheTargetComeBack when it is read, though it shows that none is left.
func TestMembersLostAtTheTargetComeBack(t *testing.T) {
	t.Parallel()
	p := &peculiar{show: wholly}
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: p.between})
	people := w.users(20)
	group := w.group("Everyone", people[:15]...)
	w.settle()
	members, err := scim.ParsePath("members")
	require.NoError(t, err)
	require.NoError(t, w.target.Patch(t.Context(), scim.GroupType, w.account(group).ID(), []scim.PatchOp{{Op: scim.Remove, Path: members}}))
	require.Empty(t, w.account(group).MemberIDs())
	w.relate(group, directory.Members, people[15])
	p.armed.Store(true)
	w.settle()
	w.verify()
}

// crowded streams a group with very many members that are not ours around its own.
type crowded struct {
	strangers int
	between   func(written int)
}

func (c crowded) serve(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		record := httptest.NewRecorder()
		next.ServeHTTP(record, r)
		var group struct {
			ID      string `json:"id"`
			Members []any  `json:"members"`
		}
		_ = json.Unmarshal(record.Body.Bytes(), &group)
		rw.Header().Set("Content-Type", scim.MediaType)
		switch {
		case strings.HasPrefix(r.URL.Path, "/Groups") && strings.Contains(r.URL.Query().Get("filter"), "displayName"):
			c.list(rw, record.Body.Bytes())
		case strings.HasPrefix(r.URL.Path, "/Groups/") && r.Method == http.MethodGet:
			own, _ := json.Marshal(group.Members)
			c.write(rw, group.ID, strings.TrimSuffix(strings.TrimPrefix(string(own), "["), "]"))
		default:
			rw.WriteHeader(record.Code)
			_, _ = rw.Write(record.Body.Bytes())
		}
	})
}

// list answers a look-up with all members, whatever the request excludes.
func (c crowded) list(rw http.ResponseWriter, body []byte) {
	var list struct {
		Resources []struct {
			ID string `json:"id"`
		} `json:"Resources"`
	}
	_ = json.Unmarshal(body, &list)
	if len(list.Resources) == 0 {
		_, _ = rw.Write(body)
		return
	}
	_, _ = io.WriteString(rw, `{"totalResults":1,"Resources":[`)
	c.write(rw, list.Resources[0].ID, `{"value":"x"}`)
	_, _ = io.WriteString(rw, `]}`)
}

func (c crowded) write(w io.Writer, id, own string) {
	_, _ = fmt.Fprintf(w, `{"displayName":"Everyone","members":[%s`, own)
	var text bytes.Buffer
	for i := range c.strangers {
		if i%10_000 == 0 {
			_, _ = w.Write(text.Bytes())
			text.Reset()
			c.between(i)
		}
		fmt.Fprintf(&text, `,{"value":"%08d-0000-4000-8000-00000000000a","display":"Stranger %d","$ref":"https://app.example.com/Users/%d"}`, i, i, i)
	}
	_, _ = w.Write(text.Bytes())
	_, _ = fmt.Fprintf(w, `],"id":%q}`, id)
}

// live is how much of the heap is in use.
func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestAdoptedGroupIsReadInBoundedMemory: a group that is found at the target has members
// by the hundred thousand, in 30 MB of text. What is held of it does not grow with it.
func TestAdoptedGroupIsReadInBoundedMemory(t *testing.T) { //nolint:paralleltest // it measures the heap
	if testing.Short() {
		t.Skip("30 MB of text")
	}
	const bound = 12 << 20
	var before uint64
	var most atomic.Uint64
	c := crowded{strangers: 250_000, between: func(written int) {
		if written%50_000 == 0 && written > 0 {
			most.Store(max(most.Load(), live()))
		}
	}}
	w := newWorld(t, terrain{dialect: scim.RFC7644, between: c.serve})
	people := w.users(50)
	w.group("Everyone", people...)
	outside, err := scimclient.New(scimclient.Options{BaseURL: "http://unused.example", HTTP: &http.Client{Transport: inside{w.server}}, Dialect: scim.RFC7644, Now: w.clock})
	require.NoError(t, err)
	_, err = outside.Create(t.Context(), scim.GroupType, scim.Resource{"displayName": "Everyone"})
	require.NoError(t, err)
	before = live()
	_, err = w.cycle()
	require.NoError(t, err)
	require.NotZero(t, most.Load(), "the group was read")
	require.Less(t, most.Load(), before+bound)
	_, groups := w.server.Snapshot()
	require.Len(t, groups, 1)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(groups[0].MemberIDs()))), len(people))
}

// inside serves requests without a connection.
type inside struct{ *scimserver.Server }

func (d inside) RoundTrip(r *http.Request) (*http.Response, error) {
	record := httptest.NewRecorder()
	d.ServeHTTP(record, r)
	return record.Result(), nil
}
