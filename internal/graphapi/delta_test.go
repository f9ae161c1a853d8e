package graphapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// follow reads a round of changes to its end. It returns what was told of each object
// as a word, and the link to what comes later.
func (w *world) follow(t *testing.T, link string) ([]string, string) {
	t.Helper()
	var words []string
	for range 100 {
		answer := w.want(t, http.StatusOK, http.MethodGet, strings.TrimPrefix(link, "https://provisor.test"), "")
		list, _ := answer["value"].([]any)
		for _, element := range list {
			object, _ := element.(map[string]any)
			words = append(words, told(object))
		}
		if later, ok := answer["@odata.deltaLink"].(string); ok {
			if answer["@odata.nextLink"] != nil {
				t.Error("a page has both links")
			}
			return words, later
		}
		link, _ = answer["@odata.nextLink"].(string)
	}
	t.Fatal("the round does not end")
	return nil, ""
}

// told is an object of a delta in a word: its name, what it was removed for, and the
// names that came and went.
func told(object map[string]any) string {
	word, _ := object["displayName"].(string)
	if gone, ok := object["@removed"].(map[string]any); ok {
		word = fmt.Sprint("removed:", gone["reason"])
	}
	for _, name := range []string{"members@delta", "manager@delta"} {
		list, _ := object[name].([]any)
		for _, element := range list {
			reference, _ := element.(map[string]any)
			sign := "+"
			if reference["@removed"] != nil {
				sign = "-"
			}
			id, _ := reference["id"].(string)
			word += sign + id[len(id)-2:]
		}
	}
	return word
}

// TestDelta: a first round tells everything, a later one what changed.
func TestDelta(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	ada, bob := w.person(t, "ada"), w.person(t, "bob")
	group := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/groups", `{"displayName":"All","mailEnabled":false,"mailNickname":"all","securityEnabled":true,"members@odata.bind":["https://graph.microsoft.com/v1.0/users/`+ada+`"]}`)
	all, _ := group["id"].(string)
	users, usersLink := w.follow(t, "/v1.0/users/delta?$select=displayName,manager&$top=1")
	groups, groupsLink := w.follow(t, "/v1.0/groups/microsoft.graph.delta()")
	slices.Sort(users)
	if !slices.Equal(users, []string{"ada", "bob"}) || !slices.Equal(groups, []string{"All+" + ada[34:]}) {
		t.Errorf("the first rounds: %q, %q", users, groups)
	}
	for name, link := range map[string]string{"users": usersLink, "groups": groupsLink} {
		if words, _ := w.follow(t, link); len(words) != 0 || strings.Contains(link, "select") {
			t.Errorf("%s: nothing changed, and told is %q by %s", name, words, link)
		}
	}
	w.want(t, http.StatusNoContent, http.MethodPut, "/v1.0/users/"+ada+"/manager/$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/users/`+bob+`"}`)
	w.want(t, http.StatusNoContent, http.MethodPost, "/v1.0/groups/"+all+"/members/$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/users/`+bob+`"}`)
	w.want(t, http.StatusNoContent, http.MethodDelete, "/v1.0/groups/"+all+"/members/"+ada+"/$ref", "")
	users, usersLink = w.follow(t, usersLink)
	groups, groupsLink = w.follow(t, groupsLink)
	slices.Sort(users)
	if !slices.Equal(users, []string{"ada+" + bob[34:], "bob"}) || !slices.Equal(groups, []string{"All+" + bob[34:] + "-" + ada[34:]}) {
		t.Errorf("the later rounds: %q, %q", users, groups)
	}
	w.want(t, http.StatusNoContent, http.MethodDelete, "/v1.0/users/"+bob, "")
	w.want(t, http.StatusNoContent, http.MethodDelete, "/v1.0/groups/"+all, "")
	users, usersLink = w.follow(t, usersLink)
	groups, _ = w.follow(t, groupsLink)
	slices.Sort(users)
	if !slices.Equal(users, []string{"ada-" + bob[34:], "removed:changed"}) || !slices.Equal(groups, []string{"removed:deleted"}) {
		t.Errorf("after the deletions: %q, %q", users, groups)
	}
	w.want(t, http.StatusNoContent, http.MethodDelete, "/v1.0/directory/deletedItems/"+bob, "")
	if users, _ = w.follow(t, usersLink); !slices.Equal(users, []string{"removed:deleted"}) {
		t.Errorf("after the purge: %q", users)
	}
}

// person creates a user and returns its id.
func (w *world) person(t *testing.T, name string) string {
	t.Helper()
	user := w.want(t, http.StatusCreated, http.MethodPost, "/v1.0/users",
		fmt.Sprintf(`{"displayName":%q,"userPrincipalName":"%s@contoso.example","mailNickname":%q,"accountEnabled":true}`, name, name, name))
	id, _ := user["id"].(string)
	return id
}

// TestDeltaLatest begins with what comes later.
func TestDeltaLatest(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.person(t, "ada")
	words, link := w.follow(t, "/v1.0/users/delta?$deltatoken=latest&$select=displayName")
	w.person(t, "bob")
	later, _ := w.follow(t, link)
	if len(words) != 0 || !slices.Equal(later, []string{"bob"}) {
		t.Errorf("%q, then %q", words, later)
	}
}

// TestDeltaOptions: what is selected and filtered holds for the whole round.
func TestDeltaOptions(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	ada := w.person(t, "ada")
	w.person(t, "bob")
	words, link := w.follow(t, "/v1.0/users/delta?$filter=id eq '"+ada+"'")
	if !slices.Equal(words, []string{"ada"}) {
		t.Errorf("one user: %q", words)
	}
	w.want(t, http.StatusNoContent, http.MethodPatch, "/v1.0/users/"+ada, `{"displayName":"Ada"}`)
	w.person(t, "cid")
	if words, _ = w.follow(t, link); !slices.Equal(words, []string{"Ada"}) {
		t.Errorf("later: %q", words)
	}
	for path, says := range map[string]string{
		"users/delta?$filter=displayName eq 'x'":   "id eq",
		"users/delta?$select=colour":               "colour",
		"users/delta?$expand=memberOf":             "memberOf",
		"users/delta?$orderby=displayName":         "$orderby",
		"users/delta?$skiptoken=xyz":               "badly formed",
		"users/delta?$deltatoken=xyz":              "badly formed",
		"groups/delta?" + afterMark(t, link):       "badly formed",
		"users/delta?" + afterMark(t, link) + "AA": "badly formed",
	} {
		rec := w.do(t, "admin", http.MethodGet, "/v1.0/"+path, "")
		if _, message, _ := fault(t, rec); rec.Code != http.StatusBadRequest || !strings.Contains(message, says) {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
}

func afterMark(t *testing.T, link string) string {
	t.Helper()
	_, query, ok := strings.Cut(link, "?")
	if !ok {
		t.Fatalf("%q has no query", link)
	}
	return query
}

// TestDeltaOfAnotherDatabase: whose token is ahead of the feed is told to begin again.
func TestDeltaOfAnotherDatabase(t *testing.T) {
	t.Parallel()

	older, newer := newWorld(t), newWorld(t)
	for i := range 5 {
		newer.person(t, fmt.Sprint("u", i))
	}
	_, link := newer.follow(t, "/v1.0/users/delta")
	rec := older.do(t, "admin", http.MethodGet, strings.TrimPrefix(link, "https://provisor.test"), "")
	if code, _, _ := fault(t, rec); rec.Code != http.StatusGone || code != "syncStateNotFound" || rec.Header().Get("Location") != "https://provisor.test/v1.0/users/delta" {
		t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
	}
}

// TestDeltaOfPrincipals: applications and service principals have a delta as well.
func TestDeltaOfPrincipals(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	p := w.payroll(t)
	for set, id := range map[string]string{"applications": p.app, "servicePrincipals": p.sp} {
		_, link := w.follow(t, "/v1.0/"+set+"/delta")
		w.want(t, http.StatusNoContent, http.MethodPatch, "/v1.0/"+set+"/"+id, `{"notes":"changed"}`)
		answer := w.want(t, http.StatusOK, http.MethodGet, strings.TrimPrefix(link, "https://provisor.test"), "")
		list, _ := answer["value"].([]any)
		ids := []string{}
		for _, element := range list {
			object, _ := element.(map[string]any)
			ids = append(ids, fmt.Sprint(object["id"]))
		}
		if !slices.Contains(ids, id) {
			t.Errorf("%s: %v lacks %s", set, ids, id)
		}
	}
}
