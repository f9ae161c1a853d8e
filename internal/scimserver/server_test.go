package scimserver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// service is a running server and a client for it.
type service struct {
	*scimserver.Server

	url    string
	header http.Header
	client *http.Client
}

// start runs a server whose ids are u1, u2, … and whose clock moves a second with
// each look.
func start(t *testing.T, o scimserver.Options) *service {
	t.Helper()
	var ids, seconds atomic.Int64
	if o.NewID == nil {
		o.NewID = func() string { return fmt.Sprintf("r%d", ids.Add(1)) }
	}
	o.Now = func() time.Time { return time.Unix(1_700_000_000+seconds.Add(1), 0) }
	if o.BaseURL == "" {
		o.BaseURL = "http://app.example/scim/v2"
	}
	s := scimserver.New(o)
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return &service{s, h.URL + "/scim/v2", http.Header{}, h.Client()}
}

// reply is an answer with its body decoded.
type reply struct {
	status int
	header http.Header
	body   scim.Resource
}

func (s *service) do(t *testing.T, method, path, body string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = s.header.Clone()
	if body != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", scim.MediaType)
	}
	res, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := reply{status: res.StatusCode, header: res.Header}
	if len(data) > 0 {
		if r.body, err = scim.DecodeResource(data); err != nil {
			t.Fatalf("%s %s: %s: %v", method, path, data, err)
		}
	}
	return r
}

// must sends a request and demands a status.
func (s *service) must(t *testing.T, status int, method, path, body string) reply {
	t.Helper()
	r := s.do(t, method, path, body)
	if r.status != status {
		t.Fatalf("%s %s %s: got %d %v, want %d", method, path, body, r.status, r.body, status)
	}
	return r
}

func (s *service) find(t *testing.T, endpoint, filter string) []string {
	t.Helper()
	r := s.must(t, http.StatusOK, http.MethodGet, endpoint+"?filter="+url.QueryEscape(filter), "")
	return ids(t, r.body)
}

func ids(t *testing.T, list scim.Resource) []string {
	t.Helper()
	resources, ok := list["Resources"].([]any)
	if !ok {
		t.Fatalf("no Resources in %v", list)
	}
	found := []string{}
	for _, e := range resources {
		r, _ := e.(map[string]any)
		found = append(found, scim.Resource(r).ID())
	}
	return found
}

func user(name, more string) string {
	return `{"schemas": ["` + scim.UserURN + `"], "userName": "` + name + `"` + more + `}`
}

func group(name string, members ...string) string {
	list := make([]map[string]string, len(members))
	for i, m := range members {
		list[i] = map[string]string{"value": m}
	}
	data, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	return `{"schemas": ["` + scim.GroupURN + `"], "displayName": "` + name + `", "members": ` + string(data) + `}`
}

func patch(ops string) string {
	return `{"schemas": ["` + scim.PatchOpURN + `"], "Operations": [` + ops + `]}`
}

func TestUserLife(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{})
	made := s.must(t, 201, "POST", "/Users", user("Ann@x", `, "password": "secret", "active": true`))
	if got, want := made.header.Get("Location"), "http://app.example/scim/v2/Users/r1"; got != want {
		t.Errorf("Location = %s, want %s", got, want)
	}
	if got := made.header.Get("Content-Type"); got != scim.MediaType {
		t.Errorf("Content-Type = %s", got)
	}
	want := scim.Resource{
		"schemas": []any{scim.UserURN}, "id": "r1", "userName": "Ann@x", "active": true,
		"meta": map[string]any{
			"resourceType": "User", "location": "http://app.example/scim/v2/Users/r1", "version": `W/"1"`,
			"created": "2023-11-14T22:13:21Z", "lastModified": "2023-11-14T22:13:22Z",
		},
	}
	if diff := cmp.Diff(want, made.body); diff != "" {
		t.Errorf("created:\n%s", diff)
	}
	if read := s.must(t, 200, "GET", "/Users/r1", ""); !cmp.Equal(made.body, read.body) {
		t.Errorf("read %v", read.body)
	}
	changed := s.must(t, 200, "PATCH", "/Users/r1", patch(`{"op": "replace", "path": "active", "value": false}`))
	meta, _ := changed.body["meta"].(map[string]any)
	if changed.body["active"] != false || meta["version"] != `W/"2"` || meta["created"] != "2023-11-14T22:13:21Z" {
		t.Errorf("changed %v", changed.body)
	}
	again := s.must(t, 200, "PATCH", "/Users/r1", patch(`{"op": "replace", "path": "active", "value": false}`))
	if diff := cmp.Diff(changed.body, again.body); diff != "" {
		t.Errorf("a change that changes nothing made a version:\n%s", diff)
	}
	put := s.must(t, 200, "PUT", "/Users/r1", user("ann2", `, "id": "other"`))
	if put.body["userName"] != "ann2" || put.body["active"] != nil || put.body.ID() != "r1" {
		t.Errorf("replaced by %v", put.body)
	}
	if found := s.find(t, "/Users", `userName eq "Ann@x"`); len(found) != 0 {
		t.Errorf("the old name still finds %v", found)
	}
	s.must(t, 204, "DELETE", "/Users/r1", "")
	for _, method := range []string{"GET", "DELETE"} {
		s.must(t, 404, method, "/Users/r1", "")
	}
	s.must(t, 404, "PATCH", "/Users/r1", patch(`{"op": "remove", "path": "title"}`))
	s.must(t, 404, "PUT", "/Users/r1", user("x", ""))
}

func TestUniqueness(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{})
	s.must(t, 201, "POST", "/Users", user("ann", ""))
	s.must(t, 201, "POST", "/Users", user("bob", ""))
	for _, r := range []reply{
		s.must(t, 409, "POST", "/Users", user("ANN", "")),
		s.must(t, 409, "PUT", "/Users/r2", user("Ann", "")),
		s.must(t, 409, "PATCH", "/Users/r2", patch(`{"op": "replace", "path": "userName", "value": "aNN"}`)),
	} {
		if r.body["scimType"] != scim.Uniqueness || r.body["status"] != "409" {
			t.Errorf("got %v", r.body)
		}
	}
	s.must(t, 200, "PATCH", "/Users/r1", patch(`{"op": "replace", "path": "userName", "value": "ANN"}`))
	s.must(t, 204, "DELETE", "/Users/r1", "")
	s.must(t, 201, "POST", "/Users", user("ann", ""))
}

func TestRefusals(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{MaxBody: 2000, CheckMembers: true})
	s.must(t, 201, "POST", "/Users", user("ann", ""))
	s.must(t, 201, "POST", "/Groups", group("g", "r1"))
	for _, tt := range []struct {
		status                     int
		method, path, body, scimTy string
	}{
		{400, "POST", "/Users", `{`, scim.InvalidSyntax},
		{400, "POST", "/Users", `{"userName": "x"}`, scim.InvalidSyntax},
		{400, "POST", "/Users", user("", ""), scim.InvalidValue},
		{400, "POST", "/Users", user("x", `, "active": "True"`), scim.InvalidValue},
		{400, "POST", "/Groups", group("g", "ghost"), scim.InvalidValue},
		{413, "POST", "/Users", user(strings.Repeat("x", 3000), ""), ""},
		{400, "PATCH", "/Users/r1", `{}`, scim.InvalidSyntax},
		{400, "PATCH", "/Users/r1", patch(`{"op": "add", "path": "nose", "value": 1}`), scim.InvalidPath},
		{400, "PATCH", "/Users/r1", patch(`{"op": "remove", "path": "userName"}`), scim.Mutability},
		{400, "PATCH", "/Groups/r2", patch(`{"op": "add", "path": "members", "value": ["r1"]}`), scim.InvalidValue},
		{400, "PATCH", "/Groups/r2", patch(`{"op": "add", "path": "members", "value": [{"value": "ghost"}]}`), scim.InvalidValue},
		{400, "PATCH", "/Groups/r2", patch(`{"op": "remove", "path": "members", "value": [{"value": "r1"}]}`), scim.InvalidValue},
		{400, "PATCH", "/Groups/r2", patch(`{"op": "remove", "path": "members[value eq \"x\"]"}`), scim.NoTarget},
		{400, "PATCH", "/Groups/r2", patch(`{"op": "replace", "path": "members[value eq \"r1\"].value", "value": "x"}`), scim.Mutability},
		{400, "GET", "/Users?filter=userName+eq+ann", "", scim.InvalidFilter},
		{400, "GET", "/Users?attributes=a..b", "", scim.InvalidPath},
		{400, "GET", "/Users?count=many", "", scim.InvalidValue},
		{404, "GET", "/Printers", "", ""},
		{404, "GET", "/Schemas/urn:none", "", ""},
		{405, "DELETE", "/Users", "", ""},
		{501, "POST", "/Bulk", `{}`, ""},
	} {
		r := s.must(t, tt.status, tt.method, tt.path, tt.body)
		if got, _ := r.body["scimType"].(string); got != tt.scimTy || r.body["status"] != fmt.Sprint(tt.status) {
			t.Errorf("%s %s: %v, want %s", tt.method, tt.path, r.body, tt.scimTy)
		}
	}
	s.header.Set("Content-Type", "text/plain")
	s.must(t, 415, "POST", "/Users", user("x", ""))
	s.header.Set("Content-Type", "application/json; charset=utf-8")
	s.must(t, 201, "POST", "/Users", user("x", ""))
	if users, groups := s.Snapshot(); len(users) != 2 || len(groups) != 1 {
		t.Errorf("a refusal left something behind: %v, %v", users, groups)
	}
}

func TestAuthentication(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{Authenticate: scimserver.BearerToken("secret")})
	for _, authorization := range []string{"", "Bearer wrong", "Basic secret", "Bearer"} {
		s.header.Set("Authorization", authorization)
		r := s.must(t, 401, "GET", "/Users", "")
		if !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer ") || r.body["status"] != "401" {
			t.Errorf("%q: %v %v", authorization, r.header, r.body)
		}
	}
	s.header.Set("Authorization", "bearer secret")
	s.must(t, 200, "GET", "/Users", "")
	if got := s.Requests()["GET /Users"]; got != 5 {
		t.Errorf("counted %d requests, want 5", got)
	}
}

func TestQueries(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{MaxResults: 10})
	for i := 1; i <= 12; i++ {
		s.must(t, 201, "POST", "/Users", user(fmt.Sprintf("user%d@x", i), fmt.Sprintf(
			`, "externalId": "E%d", "displayName": "User", "emails": [{"type": "work", "value": "Mail%d@x"}]`, i, i)))
	}
	s.must(t, 201, "POST", "/Groups", group("Sales", "r1", "r2"))
	s.must(t, 201, "POST", "/Groups", group("sales", "r2"))
	for _, tt := range []struct {
		endpoint, filter string
		want             []string
	}{
		{"/Users", `userName eq "USER3@X"`, []string{"r3"}},
		{"/Users", `externalId eq "E3"`, []string{"r3"}},
		{"/Users", `externalId eq "e3"`, []string{}},
		{"/Users", `id eq "r4"`, []string{"r4"}},
		{"/Users", `id eq "none"`, []string{}},
		{"/Users", `emails eq "mail5@x"`, []string{"r5"}},
		{"/Users", `emails[type eq "work"].value eq "mail5@x"`, []string{"r5"}},
		{"/Users", `emails[type eq "home"].value eq "mail5@x"`, []string{}},
		{"/Users", `userName eq "user3@x" and externalId eq "E4"`, []string{}},
		{"/Users", `displayName eq "user" and userName sw "user1"`, []string{"r1", "r10", "r11", "r12"}},
		{"/Users", `userName co "3" or userName co "7"`, []string{"r3", "r7"}},
		{"/Users", `groups eq "r13"`, []string{"r1", "r2"}},
		{"/Users", `meta.created lt "2000-01-01T00:00:00Z"`, []string{}},
		{"/Groups", `displayName eq "SALES"`, []string{"r13", "r14"}},
		{"/Groups", `members eq "r2"`, []string{"r13", "r14"}},
		{"/Groups", `id eq "r13" and members eq "r1"`, []string{"r13"}},
		{"/Groups", `members.value eq "r3"`, []string{}},
	} {
		if diff := cmp.Diff(tt.want, s.find(t, tt.endpoint, tt.filter)); diff != "" {
			t.Errorf("%s:\n%s", tt.filter, diff)
		}
	}
	for _, tt := range []struct {
		query               string
		total, start, items float64
		first               string
	}{
		{"", 12, 1, 10, "r1"},
		{"?startIndex=6&count=5", 12, 6, 5, "r6"},
		{"?startIndex=11&count=5", 12, 11, 2, "r11"},
		{"?startIndex=-3&count=99", 12, 1, 10, "r1"},
		{"?startIndex=13", 12, 13, 0, ""},
		{"?count=0", 12, 1, 0, ""},
		{"?count=-1", 12, 1, 0, ""},
	} {
		r := s.must(t, 200, "GET", "/Users"+tt.query, "").body
		found := append(ids(t, r), "")
		if r["totalResults"] != tt.total || r["startIndex"] != tt.start || r["itemsPerPage"] != tt.items || found[0] != tt.first {
			t.Errorf("%s: %v from %s", tt.query, r, found[0])
		}
	}
}

func TestPagesAfterDeletions(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{})
	want := []string{}
	for i := 1; i <= 20; i++ {
		s.must(t, 201, "POST", "/Users", user(fmt.Sprint("u", i), ""))
		if i%3 == 0 {
			want = append(want, fmt.Sprint("r", i))
		}
	}
	for i := 1; i <= 20; i++ {
		if i%3 != 0 {
			s.must(t, 204, "DELETE", fmt.Sprint("/Users/r", i), "")
		}
	}
	if diff := cmp.Diff(want, ids(t, s.must(t, 200, "GET", "/Users", "").body)); diff != "" {
		t.Error(diff)
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{})
	s.must(t, 201, "POST", "/Users", user("ann", `, "displayName": "Ann", "title": "Dr"`))
	s.must(t, 201, "POST", "/Groups", group("g", "r1", "ghost"))
	whole := s.must(t, 200, "GET", "/Groups/r2", "").body
	want := []any{
		map[string]any{"value": "r1", "type": "User", "display": "Ann", "$ref": "http://app.example/scim/v2/Users/r1"},
		map[string]any{"value": "ghost"},
	}
	if diff := cmp.Diff(want, whole["members"]); diff != "" {
		t.Error(diff)
	}
	for _, query := range []string{"?excludedAttributes=members", "?attributes=displayName"} {
		if r := s.must(t, 200, "GET", "/Groups/r2"+query, "").body; r["members"] != nil || r["displayName"] != "g" {
			t.Errorf("%s: %v", query, r)
		}
	}
	r := s.must(t, 200, "GET", "/Users/r1?attributes=groups.value,title", "").body
	if diff := cmp.Diff(scim.Resource{
		"schemas": []any{scim.UserURN}, "id": "r1", "title": "Dr", "groups": []any{map[string]any{"value": "r2"}},
	}, r); diff != "" {
		t.Error(diff)
	}
}

func TestEntityTags(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{})
	s.must(t, 201, "POST", "/Users", user("ann", ""))
	s.header.Set("If-None-Match", `W/"1"`)
	s.must(t, 304, "GET", "/Users/r1", "")
	s.header = http.Header{"If-Match": {`W/"1"`}}
	r := s.must(t, 200, "PATCH", "/Users/r1", patch(`{"op": "add", "path": "title", "value": "Dr"}`))
	if r.header.Get("ETag") != `W/"2"` {
		t.Errorf("ETag = %s", r.header.Get("ETag"))
	}
	s.must(t, 412, "PATCH", "/Users/r1", patch(`{"op": "remove", "path": "title"}`))
	s.must(t, 412, "DELETE", "/Users/r1", "")
}

func TestDiscovery(t *testing.T) {
	t.Parallel()

	s := start(t, scimserver.Options{Extensions: []scim.Schema{{ID: "urn:x:y", Name: "Y"}}})
	config := s.must(t, 200, "GET", "/ServiceProviderConfig", "").body
	if diff := cmp.Diff(map[string]any{"supported": true}, config["patch"]); diff != "" {
		t.Error(diff)
	}
	want := []string{scim.UserURN, scim.EnterpriseUserURN, "urn:x:y", scim.GroupURN}
	if diff := cmp.Diff(want, ids(t, s.must(t, 200, "GET", "/Schemas", "").body)); diff != "" {
		t.Error(diff)
	}
	if got := s.must(t, 200, "GET", "/Schemas/"+scim.GroupURN, "").body["name"]; got != "Group" {
		t.Errorf("the group's schema is called %v", got)
	}
	if diff := cmp.Diff([]string{"User", "Group"}, ids(t, s.must(t, 200, "GET", "/ResourceTypes", "").body)); diff != "" {
		t.Error(diff)
	}
	if got := s.must(t, 200, "GET", "/ResourceTypes/User", "").body["endpoint"]; got != "/Users" {
		t.Errorf("users live at %v", got)
	}
}

func TestRootMount(t *testing.T) {
	t.Parallel()

	s := scimserver.New(scimserver.Options{})
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/Users", bytes.NewBufferString(user("a", "")))
	r.Header.Set("Content-Type", scim.MediaType)
	s.ServeHTTP(w, r)
	location := w.Header().Get("Location")
	if w.Code != 201 || !strings.HasPrefix(location, "/Users/") || len(location) != len("/Users/")+36 {
		t.Errorf("%d at %q: %s", w.Code, location, w.Body)
	}
}
