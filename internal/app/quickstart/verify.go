package quickstart

import (
	"context"
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/app/terminal"
	"github.com/provisor/provisor/internal/scim"
)

// maxShown is how many differences are shown.
const maxShown = 10

// verify reads everything back from the application and compares it with the
// directory.
func (r *run) verify(ctx context.Context) error {
	r.Screen.Title("6  Reading back from the application")
	progress := r.Screen.Progress("Read back", r.Now)
	users, err := r.target.list(ctx, "Users", progress.Set)
	if err != nil {
		return err
	}
	c := newComparison(users)
	if err := collection(ctx, r.graph, "/users?$top=500&$select="+personProperties+"&$expand=manager($select=id)", c.meet); err != nil {
		return err
	}
	c.compareUsers()
	if err := r.compareGroups(ctx, c, progress); err != nil {
		return err
	}
	progress.Done("%d users and %d groups compared with the directory", c.users.expected, c.groups.expected)
	r.result.Complete = r.failed == 0 && c.complete()
	r.showComparison(c)
	return nil
}

// compareGroups compares each group of the directory with the application's.
func (r *run) compareGroups(ctx context.Context, c *comparison, progress *terminal.Progress) error {
	groups, err := r.target.list(ctx, "Groups", progress.Set)
	if err != nil {
		return err
	}
	byName := map[string][]scim.Resource{}
	for _, g := range groups {
		name := strings.ToLower(get(g, "displayName"))
		byName[name] = append(byName[name], g)
	}
	type group struct {
		ID          string `json:"id"`
		DisplayName string `json:"displayName"`
	}
	return collection(ctx, r.graph, "/groups?$top=500&$select=id,displayName", func(g group) error {
		var members []person
		add := func(p person) error { members = append(members, p); return nil }
		if err := collection(ctx, r.graph, "/groups/"+g.ID+"/members?$top=500&$select=id,userPrincipalName", add); err != nil {
			return err
		}
		found := byName[strings.ToLower(g.DisplayName)]
		if len(found) == 1 && found[0]["members"] == nil && len(members) > 0 {
			whole, err := r.target.read(ctx, "Groups", found[0].ID())
			if err != nil {
				return err
			}
			found[0] = whole // the list left the members out
		}
		c.compareGroup(g.DisplayName, members, found)
		return nil
	})
}

func (r *run) showComparison(c *comparison) {
	var rows [][]string
	for _, one := range []struct {
		what string
		tally
	}{{"Users", c.users}, {"Attribute values", c.values}, {"Managers", c.managers}, {"Groups", c.groups}, {"Memberships", c.members}} {
		verdict := "all there"
		switch {
		case one.expected == 0:
			verdict = "nothing to compare"
		case one.found != one.expected:
			verdict = strconv.Itoa(one.expected-one.found) + " missing or different"
		}
		rows = append(rows, []string{one.what, strconv.Itoa(one.expected), strconv.Itoa(one.found), verdict})
	}
	r.Screen.Table([]string{"", "expected", "read back", ""}, rows)
	if len(c.differences) > 0 {
		r.Screen.Say("")
		r.Screen.Table([]string{"object", "attribute", "in the directory", "at the application"}, c.differences[:min(len(c.differences), maxShown)])
		if more := len(c.differences) - maxShown; more > 0 {
			r.Screen.Say("… and %d more.", more)
		}
	}
	r.Screen.Say("")
	if r.result.Complete {
		r.Screen.Say("%s", r.Screen.Good("Everything in scope was provisioned, and reading it back proved it."))
		return
	}
	r.Screen.Say("%s", r.Screen.Bad("Not everything in scope arrived as it should."))
}
