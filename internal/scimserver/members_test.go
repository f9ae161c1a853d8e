package scimserver_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
)

func (s *service) members(t *testing.T, id string) []string {
	t.Helper()
	return s.must(t, 200, "GET", "/Groups/"+id, "").body.MemberIDs()
}

func TestMembers(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct {
		name, ops string
		mode      scim.Mode
		want      string
		same      bool
	}{
		{name: "add", ops: `{"op": "add", "path": "members", "value": [{"value": "c"}, {"value": "a"}]}`, want: "a b c"},
		{name: "add what is there", ops: `{"op": "add", "path": "members", "value": [{"value": "a"}]}`, want: "a b", same: true},
		{name: "remove one", ops: `{"op": "remove", "path": "members[value eq \"a\"]"}`, want: "b"},
		{name: "remove by another filter", ops: `{"op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]"}`, want: ""},
		{name: "remove all", ops: `{"op": "remove", "path": "members"}`, want: ""},
		{name: "replace", ops: `{"op": "replace", "path": "members", "value": [{"value": "b"}, {"value": "d"}]}`, want: "b d"},
		{name: "replace by the same", ops: `{"op": "replace", "path": "members", "value": [{"value": "b"}, {"value": "a"}]}`, want: "a b", same: true},
		{name: "add, remove, add", ops: `{"op": "add", "path": "members", "value": [{"value": "c"}]}, {"op": "remove", "path": "members[value eq \"c\"]"}, {"op": "add", "path": "members", "value": [{"value": "d"}]}`, want: "a b d"},
		{name: "replace and add", ops: `{"op": "replace", "path": "members", "value": []}, {"op": "add", "path": "members", "value": [{"value": "c"}]}`, want: "c"},
		{name: "without path", ops: `{"op": "add", "value": {"displayName": "h", "members": [{"value": "c"}]}}`, want: "a b c"},
		{name: "core URN", ops: `{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:members", "value": [{"value": "c"}]}`, want: "a b c"},
		{name: "Entra removes by value", mode: scim.Tolerant, ops: `{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "a"}, {"value": "x"}]}`, want: "b"},
		{name: "Entra removes what is gone", mode: scim.Tolerant, ops: `{"op": "Remove", "path": "members[value eq \"x\"]"}`, want: "a b", same: true},
		{name: "a bare id", mode: scim.Tolerant, ops: `{"op": "Add", "path": "members", "value": "c"}`, want: "a b c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			s := start(t, scimserver.Options{Mode: tt.mode})
			before := s.must(t, 201, "POST", "/Groups", group("g", "a", "b", "a"))
			after := s.must(t, 204, "PATCH", "/Groups/r1", patch(tt.ops))
			if diff := cmp.Diff(strings.Fields(tt.want), s.members(t, "r1")); diff != "" {
				t.Error(diff)
			}
			if same := before.header.Get("ETag") == after.header.Get("ETag"); same != tt.same {
				t.Errorf("the version stayed: %t", same)
			}
		})
	}
}

func TestMemberPatchIsAtomic(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{})
	s.must(t, 201, "POST", "/Groups", group("g", "a", "b"))
	for _, last := range []string{
		`{"op": "remove", "path": "members[value eq \"nobody\"]"}`,
		`{"op": "remove", "path": "displayName"}`,
		`{"op": "add", "path": "members", "value": [{"display": "no value"}]}`,
	} {
		s.must(t, 400, "PATCH", "/Groups/r1", patch(`{"op": "remove", "path": "members[value eq \"a\"]"}, {"op": "replace", "path": "displayName", "value": "h"}, `+last))
		r := s.must(t, 200, "GET", "/Groups/r1", "")
		if !slices.Equal(r.body.MemberIDs(), []string{"a", "b"}) || r.body["displayName"] != "g" || r.header.Get("ETag") != `W/"1"` {
			t.Errorf("after %s: %v", last, r.body)
		}
	}
}

func TestDeletingAMember(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{})
	s.must(t, 201, "POST", "/Users", user("ann", ""))
	s.must(t, 201, "POST", "/Groups", group("g", "r1", "x"))
	s.must(t, 204, "DELETE", "/Users/r1", "")
	r := s.must(t, 200, "GET", "/Groups/r2", "")
	if !slices.Equal(r.body.MemberIDs(), []string{"x"}) || r.header.Get("ETag") != `W/"2"` {
		t.Errorf("got %v", r.body)
	}
	s.must(t, 201, "POST", "/Users", user("bob", ""))
	s.must(t, 200, "PUT", "/Groups/r2", group("g", "r3"))
	s.must(t, 204, "DELETE", "/Groups/r2", "")
	if r := s.must(t, 200, "GET", "/Users/r3", ""); r.body["groups"] != nil {
		t.Errorf("bob is still in %v", r.body["groups"])
	}
}

// TestMembersAgainstModel sends random member operations and compares with a plain
// ordered list.
func TestMembersAgainstModel(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{Mode: scim.Tolerant})
	rapid.Check(t, func(rt *rapid.T) {
		made := s.must(t, 201, "POST", "/Groups", group("g"))
		path := "/Groups/" + made.body.ID()
		var model []string
		for range rapid.IntRange(1, 12).Draw(rt, "requests") {
			id := rapid.StringMatching(`[a-f]`)
			chosen := rapid.SliceOfN(id, 0, 4).Draw(rt, "members")
			op := scim.AddMembers(chosen...)
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0:
				op = scim.RemoveMembers(chosen...)
				model = slices.DeleteFunc(model, func(m string) bool { return slices.Contains(chosen, m) })
			case 1:
				op.Op = scim.Replace
				if !sameSet(model, chosen) {
					model = nil
				}
				model = union(model, chosen)
			default:
				model = union(model, chosen)
			}
			body, err := scim.Entra.EncodePatch([]scim.PatchOp{op})
			if err != nil {
				rt.Fatal(err)
			}
			s.must(t, 204, http.MethodPatch, path, string(body))
			if got := s.members(t, made.body.ID()); !slices.Equal(got, model) {
				rt.Fatalf("after %s: %v, want %v", body, got, model)
			}
		}
	})
}

func union(list, more []string) []string {
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

func sameSet(a, b []string) bool {
	b = slices.Compact(slices.Sorted(slices.Values(b)))
	return slices.Equal(slices.Sorted(slices.Values(a)), b)
}

func TestConcurrentClients(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{})
	s.must(t, 201, "POST", "/Groups", group("g"))
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 25 {
				name := fmt.Sprintf("u%d-%d", w, i)
				id := s.do(t, "POST", "/Users", user(name, "")).body.ID()
				s.do(t, "PATCH", "/Groups/r1", patch(`{"op": "add", "path": "members", "value": [{"value": "`+id+`"}]}`))
				s.do(t, "GET", "/Users?count=3", "")
				if i%2 == 0 {
					s.do(t, "DELETE", "/Users/"+id, "")
				}
			}
		})
	}
	wg.Wait()
	users, groups := s.Snapshot()
	if len(users) != 8*12 || len(groups[0].MemberIDs()) != 8*12 {
		t.Errorf("%d users, %d members", len(users), len(groups[0].MemberIDs()))
	}
}

func TestFlaws(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{Mode: scim.Tolerant, Flaws: scimserver.Flaws{
		AllowDuplicates: true, IgnoreExcluded: true, RepeatMembers: true, NotFoundOnEmpty: true, ConflictOnDelete: true,
	}})
	s.must(t, 201, "POST", "/Users", user("ann", ""))
	s.must(t, 201, "POST", "/Users", user("ann", ""))
	if found := s.find(t, "/Users", `userName eq "ann"`); len(found) != 2 {
		t.Errorf("found %v", found)
	}
	s.must(t, 404, "GET", "/Users?filter=userName+eq+%22bob%22", "")
	s.must(t, 201, "POST", "/Groups", group("g", "r1"))
	add := patch(`{"op": "add", "path": "members", "value": [{"value": "r1"}, {"value": "r2"}]}`)
	s.must(t, 204, "PATCH", "/Groups/r3", add)
	g := s.must(t, 200, "GET", "/Groups/r3?excludedAttributes=members", "").body
	if list, _ := g["members"].([]any); len(list) != 3 {
		t.Errorf("members %v", list)
	}
	s.must(t, 204, "PATCH", "/Groups/r3", patch(`{"op": "remove", "path": "members", "value": [{"value": "r1"}]}`))
	if got := s.members(t, "r3"); !slices.Equal(got, []string{"r2"}) {
		t.Errorf("members %v", got)
	}
	s.must(t, 409, "DELETE", "/Users/r1", "")
	s.must(t, 204, "DELETE", "/Users/r1", "")

	deaf := start(t, scimserver.Options{Flaws: scimserver.Flaws{IgnoreFilters: true}})
	deaf.must(t, 201, "POST", "/Users", user("ann", ""))
	if found := deaf.find(t, "/Users", `userName eq "nobody"`); len(found) != 1 {
		t.Errorf("found %v", found)
	}
}
