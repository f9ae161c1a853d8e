package scimserver

import (
	"slices"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/scim"
)

// store holds every resource.  The server's lock guards it.
type store struct {
	users, groups *collection
	memberOf      map[string]map[*record]bool // groups by the id of their members
}

func newStore() *store {
	return &store{newCollection(), newCollection(), map[string]map[*record]bool{}}
}

func (s *store) of(t *scim.Type) *collection {
	if t.Name() == scim.GroupType {
		return s.groups
	}
	return s.users
}

// find looks an id up among users and groups.
func (s *store) find(id string) *record {
	if rec := s.users.byID[id]; rec != nil {
		return rec
	}
	return s.groups.byID[id]
}

// join and leave keep memberOf in step with the members of a group.
func (s *store) join(group *record, id string) {
	if s.memberOf[id] == nil {
		s.memberOf[id] = map[*record]bool{}
	}
	s.memberOf[id][group] = true
}

func (s *store) leave(group *record, id string) {
	delete(s.memberOf[id], group)
	if len(s.memberOf[id]) == 0 {
		delete(s.memberOf, id)
	}
}

// record is one resource.  The document is replaced, never changed in place, so
// that a reader may go on with it after the lock is released.
type record struct {
	id       string
	kind     *scim.Type
	document scim.Resource // what is stored, with id and meta, without members
	members  *memberSet    // of a group, else nil
	created  time.Time
	version  int
	position int  // in the collection's order
	refused  bool // for Flaws.ConflictOnDelete
}

// collection holds the resources of one type with its indexes.
type collection struct {
	byID  map[string]*record
	order []*record // by creation; nil where one was deleted
	holes int
	index map[string]map[string][]*record // attribute, value in lower case
}

func newCollection() *collection {
	return &collection{byID: map[string]*record{}, index: map[string]map[string][]*record{
		"username": {}, "externalid": {}, "displayname": {}, "emails": {},
	}}
}

// has reports whether there is a resource with an id.
func (s *store) has(id string) bool { return s.users.byID[id] != nil || s.groups.byID[id] != nil }

func (c *collection) insert(rec *record) {
	rec.position = len(c.order)
	c.order = append(c.order, rec)
	c.byID[rec.id] = rec
	c.enter(rec)
}

func (c *collection) delete(rec *record) {
	c.withdraw(rec)
	delete(c.byID, rec.id)
	c.order[rec.position] = nil
	if c.holes++; c.holes > len(c.order)/2 {
		c.compact()
	}
}

func (c *collection) compact() {
	c.order = c.all()
	c.holes = 0
	for i, rec := range c.order {
		rec.position = i
	}
}

// all returns the records in the order of their creation; do not change the list.
func (c *collection) all() []*record {
	if c.holes == 0 {
		return c.order
	}
	list := make([]*record, 0, len(c.order)-c.holes)
	for _, rec := range c.order {
		if rec != nil {
			list = append(list, rec)
		}
	}
	return list
}

// update gives rec a new document.
func (c *collection) update(rec *record, document scim.Resource) {
	c.withdraw(rec)
	rec.document = document
	c.enter(rec)
}

func (c *collection) enter(rec *record) {
	for attr, values := range c.index {
		for _, v := range indexed(rec.document, attr) {
			values[v] = append(values[v], rec)
		}
	}
}

func (c *collection) withdraw(rec *record) {
	for attr, values := range c.index {
		for _, v := range indexed(rec.document, attr) {
			values[v] = slices.DeleteFunc(values[v], func(r *record) bool { return r == rec })
			if len(values[v]) == 0 {
				delete(values, v)
			}
		}
	}
}

// indexed returns the values under which an index finds a resource, in lower case.
func indexed(r scim.Resource, attr string) []string {
	var v any
	switch attr {
	case "username":
		v = r["userName"]
	case "externalid":
		v = r["externalId"]
	case "displayname":
		v = r["displayName"]
	case "emails":
		return indexedEmails(r["emails"])
	}
	if s, ok := v.(string); ok {
		return []string{strings.ToLower(s)}
	}
	return nil
}

func indexedEmails(v any) []string {
	list, _ := v.([]any)
	var values []string
	for _, e := range list {
		obj, _ := e.(map[string]any)
		s, ok := obj["value"].(string) // Normalize has given the name its spelling
		if s = strings.ToLower(s); ok && !slices.Contains(values, s) {
			values = append(values, s)
		}
	}
	return values
}
