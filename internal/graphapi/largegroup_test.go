package graphapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/graphapi"
	"github.com/provisor/provisor/internal/store"
)

// peopled imports users and puts them into a group, and that group into another one.
func (w *world) peopled(tb testing.TB, n int) (string, string) {
	tb.Helper()
	groups := [2]string{"eeeeeeee-0000-4000-8000-000000000001", "eeeeeeee-0000-4000-8000-000000000002"}
	load := func(rows ...store.ImportRow) {
		results, err := w.db.Import(tb.Context(), tenantID, rows, now())
		if err != nil {
			tb.Fatal(err)
		}
		for _, r := range results {
			if r.Err != nil {
				tb.Fatal(r.Err)
			}
		}
	}
	load(
		store.ImportRow{Kind: directory.Group, NewID: directory.ObjectID(groups[0]), Attributes: directory.Attributes{"displayName": "Everyone", "mailEnabled": false, "mailNickname": "everyone", "securityEnabled": true}},
		store.ImportRow{Kind: directory.Group, NewID: directory.ObjectID(groups[1]), Attributes: directory.Attributes{"displayName": "Above", "mailEnabled": false, "mailNickname": "above", "securityEnabled": true}},
		store.ImportRow{From: groups[1], Relation: directory.Members, To: groups[0]},
	)
	for done := 0; done < n; done += 2000 {
		var rows []store.ImportRow
		for i := done; i < min(n, done+2000); i++ {
			name := fmt.Sprint("m", i)
			id := fmt.Sprintf("dddddddd-0000-4000-8000-%012x", i)
			rows = append(rows, store.ImportRow{
				Kind: directory.User, NewID: directory.ObjectID(id),
				Attributes: directory.Attributes{"displayName": name, "userPrincipalName": name + "@contoso.example", "mailNickname": name, "accountEnabled": true},
			}, store.ImportRow{From: groups[0], Relation: directory.Members, To: id})
		}
		load(rows...)
	}
	return groups[0], groups[1]
}

// merged follows a delta as SDKs and their users do: what a page tells of an object is
// added to what is known of its id. It returns how many pages told of the object.
func (w *world) merged(t *testing.T, link, id string, known map[string]bool, between func(page int)) (int, string) {
	t.Helper()
	pages := 0
	for page := range 100 {
		answer := w.want(t, http.StatusOK, http.MethodGet, strings.TrimPrefix(link, "https://provisor.test"), "")
		list, _ := answer["value"].([]any)
		for _, element := range list {
			object, _ := element.(map[string]any)
			if object["id"] != id {
				continue
			}
			pages++
			members, _ := object["members@delta"].([]any)
			for _, m := range members {
				member, _ := m.(map[string]any)
				name, _ := member["id"].(string)
				if delete(known, name); member["@removed"] == nil {
					known[name] = true
				}
			}
		}
		if later, ok := answer["@odata.deltaLink"].(string); ok {
			return pages, later
		}
		link, _ = answer["@odata.nextLink"].(string)
		between(page)
	}
	t.Fatal("the round does not end")
	return 0, ""
}

// TestDeltaOfALargeGroup comes over several pages with the id of the group on each, and
// members who come and go meanwhile neither start it anew nor are lost.
func TestDeltaOfALargeGroup(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	group, _ := w.peopled(t, 57)
	member := func(n int) string { return fmt.Sprintf("dddddddd-0000-4000-8000-%012x", n) }
	known := map[string]bool{}
	pages, link := w.merged(t, "/v1.0/groups/delta?$top=10&$select=displayName,members", group, known, func(page int) {
		path := "/v1.0/groups/" + group + "/members/"
		w.want(t, http.StatusNoContent, http.MethodDelete, path+member(page)+"/$ref", "")
		w.want(t, http.StatusNoContent, http.MethodDelete, path+member(56-page)+"/$ref", "")
		w.want(t, http.StatusNoContent, http.MethodPost, path+"$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/users/`+member(page)+`"}`)
	})
	if pages < 6 || pages > 12 {
		t.Errorf("%d pages", pages)
	}
	w.merged(t, link, group, known, func(int) {})
	listed := w.want(t, http.StatusOK, http.MethodGet, "/v1.0/groups/"+group+"/members?$top=999&$select=id", "")
	members, _ := listed["value"].([]any)
	for _, m := range members {
		object, _ := m.(map[string]any)
		name, _ := object["id"].(string)
		if !known[name] {
			t.Errorf("%s is a member, and who follows the changes does not know it", name)
		}
		delete(known, name)
	}
	if len(known) > 0 || len(members) < 40 {
		t.Errorf("known and no members: %v; %d members", known, len(members))
	}
}

// TestTransitiveMembersArePaged by links, with the number of all on each page.
func TestTransitiveMembersArePaged(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	group, above := w.peopled(t, 23)
	seen := map[string]int{}
	link := "/v1.0/groups/" + above + "/transitiveMembers?$top=4&$count=true&$select=id"
	for link != "" {
		answer := w.want(t, http.StatusOK, http.MethodGet, strings.TrimPrefix(link, "https://provisor.test"), "")
		if answer["@odata.count"] != 24.0 {
			t.Errorf("count %v", answer["@odata.count"])
		}
		list, _ := answer["value"].([]any)
		for _, element := range list {
			object, _ := element.(map[string]any)
			id, _ := object["id"].(string)
			seen[id]++
		}
		link, _ = answer["@odata.nextLink"].(string)
	}
	if len(seen) != 24 || seen[group] != 1 {
		t.Errorf("%d members", len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s %d times", id, n)
		}
	}
}

// BenchmarkLargeGroup asks for pages of a group of many members: the first one, one in
// the middle of its transitive members, and what changed when three came.
func BenchmarkLargeGroup(b *testing.B) {
	for _, n := range []int{10_000, 300_000} {
		if testing.Short() && n > 10_000 {
			b.Skip("making so many users takes minutes")
		}
		w := newWorldOf(b, func(*graphapi.Config) {})
		group, above := w.peopled(b, n)
		link := w.deltaLinkOf(b, "groups")
		for i := range 3 {
			if err := w.db.Unrelate(b.Context(), tenantID, directory.ObjectID(group), directory.Members, directory.ObjectID(fmt.Sprintf("dddddddd-0000-4000-8000-%012x", i*n/4))); err != nil {
				b.Fatal(err)
			}
		}
		middle := w.pageFrom(b, above, n/2)
		for name, path := range map[string]string{
			"first page of transitive members":  "/v1.0/groups/" + above + "/transitiveMembers?$select=id",
			"middle page of transitive members": middle,
			"groups within":                     "/v1.0/groups/" + above + "/transitiveMembers/microsoft.graph.group?$select=id",
			"first page of a first delta":       "/v1.0/groups/delta?$select=displayName,members",
			"delta of three members":            link,
		} {
			b.Run(fmt.Sprint(n, "/", name), func(b *testing.B) { w.ask(b, path) })
		}
	}
}

// pageFrom is the link to the page behind the nth transitive member, found by large pages.
func (w *world) pageFrom(b *testing.B, group string, n int) string {
	b.Helper()
	path := "/v1.0/groups/" + group + "/transitiveMembers?$select=id&$top=999"
	for range n/999 + 1 {
		path = w.follows(b, path, "@odata.nextLink")
	}
	at, err := url.Parse(path)
	if err != nil {
		b.Fatal(err)
	}
	query := at.Query()
	query.Set("$top", "100")
	at.RawQuery = query.Encode()
	return at.String()
}

func (w *world) deltaLinkOf(b *testing.B, set string) string {
	b.Helper()
	return w.follows(b, "/v1.0/"+set+"/delta?$deltatoken=latest", "@odata.deltaLink")
}

// follows returns a link of an answer.
func (w *world) follows(b *testing.B, path, name string) string {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "http://provisor.test"+path, nil)
	r.Header.Set("Authorization", "Bearer admin")
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	_, rest, _ := strings.Cut(rec.Body.String(), `"`+name+`":"`)
	link, _, found := strings.Cut(rest, `"`)
	if !found {
		b.Fatal(rec.Body)
	}
	return strings.TrimPrefix(strings.ReplaceAll(link, `\u0026`, "&"), "https://provisor.test")
}
