package quickstart

import (
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/scim"
)

// tally counts what should be at the application and what was found there.
type tally struct{ expected, found int }

func (t *tally) count(found bool) { //nolint:revive // what is counted, not how to count
	t.expected++
	if found {
		t.found++
	}
}

// comparison sets the directory against what was read back. The default mappings
// of the job template say what should be where.
type comparison struct {
	target      map[string][]scim.Resource // users of the application by userName in lower case
	people      map[string]person          // of the directory, by id
	order       []string
	users       tally
	values      tally
	managers    tally
	groups      tally
	members     tally
	extra       int // members that should not be there
	differences [][]string
}

func newComparison(users []scim.Resource) *comparison {
	c := &comparison{target: make(map[string][]scim.Resource, len(users)), people: map[string]person{}}
	for _, u := range users {
		name := strings.ToLower(get(u, "userName"))
		c.target[name] = append(c.target[name], u)
	}
	return c
}

// meet takes note of one user of the directory.
func (c *comparison) meet(p person) error {
	c.people[p.ID] = p
	c.order = append(c.order, p.ID)
	return nil
}

// complete reports whether nothing is missing, different or too much.
func (c *comparison) complete() bool {
	for _, t := range []tally{c.users, c.values, c.managers, c.groups, c.members} {
		if t.found != t.expected {
			return false
		}
	}
	return c.extra == 0 && c.users.expected > 0
}

func (c *comparison) differ(object, attribute, want, have string) {
	c.differences = append(c.differences, []string{object, attribute, want, have})
}

// account returns the one resource of a person, if there is exactly one.
func (c *comparison) account(p person) (scim.Resource, bool) {
	found := c.target[strings.ToLower(p.UserPrincipalName)]
	if len(found) != 1 {
		return nil, false
	}
	return found[0], true
}

// compareUsers compares everybody that was met. A disabled person who never was
// provisioned is rightly absent.
func (c *comparison) compareUsers() {
	for _, id := range c.order {
		p := c.people[id]
		account, ok := c.account(p)
		if copies := len(c.target[strings.ToLower(p.UserPrincipalName)]); !ok && (p.enabled() || copies > 1) {
			c.users.count(false)
			c.differ(p.UserPrincipalName, "", "one user", strconv.Itoa(copies)+" users")
			continue
		}
		if !ok {
			continue
		}
		c.users.count(true)
		c.compareValues(p, account)
		c.compareManager(p, account)
	}
}

func (c *comparison) compareValues(p person, account scim.Resource) {
	for _, v := range []struct{ path, want string }{
		{"displayName", p.DisplayName},
		{"name.givenName", p.GivenName},
		{"name.familyName", p.Surname},
		{"title", p.JobTitle},
		{`emails[type eq "work"].value`, p.Mail},
		{"externalId", p.ID},
		{scim.EnterpriseUserURN + ":department", p.Department},
		{scim.EnterpriseUserURN + ":employeeNumber", p.EmployeeID},
		{"active", strconv.FormatBool(p.enabled())},
	} {
		if v.want == "" {
			continue
		}
		have := get(account, v.path)
		c.values.count(have == v.want)
		if have != v.want {
			c.differ(p.DisplayName, v.path, v.want, have)
		}
	}
}

// compareManager looks whether the account points to the account of the manager,
// when both should exist.
func (c *comparison) compareManager(p person, account scim.Resource) {
	if p.Manager == nil {
		return
	}
	manager, known := c.people[p.Manager.ID]
	if !known || !manager.enabled() {
		return
	}
	boss, ok := c.account(manager)
	value, _ := account.Get(scim.EnterpriseUserURN + ":manager")
	id, _ := scim.ReferenceID(value)
	same := ok && id == boss.ID()
	c.managers.count(same)
	if !same {
		c.differ(p.DisplayName, "manager", manager.DisplayName, id)
	}
}

// compareGroup compares one group. A member who is disabled may be there or not:
// that depends on whether the account was ever provisioned.
func (c *comparison) compareGroup(name string, members []person, found []scim.Resource) {
	c.groups.count(len(found) == 1)
	if len(found) != 1 {
		c.differ(name, "", "one group", strconv.Itoa(len(found))+" groups")
		return
	}
	have := map[string]bool{}
	for _, id := range found[0].MemberIDs() {
		have[id] = true
	}
	for _, m := range members {
		p, isUser := c.people[m.ID]
		if !isUser {
			continue
		}
		account, ok := c.account(p)
		there := ok && have[account.ID()]
		delete(have, account.ID())
		if !p.enabled() {
			continue
		}
		c.members.count(there)
		if !there {
			c.differ(name, "members", p.DisplayName, "")
		}
	}
	c.checkExtra(name, have)
}

// checkExtra looks for users that the directory does not have in the group.
func (c *comparison) checkExtra(name string, left map[string]bool) {
	if len(left) == 0 {
		return
	}
	for _, p := range c.people {
		if account, ok := c.account(p); ok && left[account.ID()] {
			c.extra++
			c.differ(name, "members", "", p.DisplayName)
		}
	}
}

// get returns a value as text; Booleans, in JSON or in words, as true and false.
func get(r scim.Resource, path string) string {
	v, _ := r.Get(path)
	switch v := v.(type) {
	case string:
		if path == "active" {
			return strings.ToLower(v)
		}
		return v
	case bool:
		return strconv.FormatBool(v)
	default:
		return ""
	}
}
