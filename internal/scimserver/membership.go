package scimserver

import (
	"maps"
	"strings"

	"github.com/provisor/provisor/internal/scim"
)

// membership is what a PATCH wants done to the members of a group.  It is gathered
// first and committed when nothing speaks against the whole request, at a cost that
// grows with the request and not with the group.
type membership struct {
	server *Server
	group  *record
	steps  []step
	after  map[string]bool // membership of the ids that the steps touch
	fresh  bool            // the steps start from an empty group
}

// step adds or removes one member.
type step struct {
	id  string
	add bool
}

// take gathers the operations on members and returns the others.
func (m *membership) take(ops []scim.PatchOp) ([]scim.PatchOp, error) {
	m.after = map[string]bool{}
	var others []scim.PatchOp
	for _, op := range ops {
		mine, rest := split(op)
		if mine != nil {
			if err := m.plan(*mine); err != nil {
				return nil, err
			}
		}
		if rest != nil {
			others = append(others, *rest)
		}
	}
	return others, nil
}

// split separates the part of an operation that concerns the members.
func split(op scim.PatchOp) (*scim.PatchOp, *scim.PatchOp) {
	if isMembers(op.Path) {
		return &op, nil
	}
	obj, ok := op.Value.(map[string]any)
	if !op.Path.IsZero() || !ok || op.Op == scim.Remove {
		return nil, &op
	}
	for k, v := range obj {
		p, err := scim.ParsePath(k)
		if err != nil || !isMembers(p) || p.SubAttribute() != "" || !p.Filter().IsZero() {
			continue
		}
		rest := maps.Clone(obj)
		delete(rest, k)
		mine := scim.PatchOp{Op: op.Op, Path: p, Value: v}
		return &mine, &scim.PatchOp{Op: op.Op, Value: rest}
	}
	return nil, &op
}

func isMembers(p scim.Path) bool {
	return p.Extension() == "" && strings.EqualFold(p.Attribute(), "members")
}

func (m *membership) plan(op scim.PatchOp) error {
	switch {
	case op.Path.SubAttribute() != "", op.Op != scim.Remove && !op.Path.Filter().IsZero():
		return invalid(scim.Mutability, "the parts of a member cannot be changed; remove the member and add another")
	case op.Op == scim.Remove:
		return m.planRemove(op)
	}
	ids, err := m.server.memberIDs(op.Value)
	if err != nil {
		return err
	}
	if err := m.server.admit(m.group.kind, nil, ids, m.group); err != nil {
		return err
	}
	if op.Op == scim.Replace {
		m.clear()
	}
	for _, id := range ids {
		m.add(id)
	}
	return nil
}

func (m *membership) planRemove(op scim.PatchOp) error {
	filter := op.Path.Filter()
	switch {
	case !filter.IsZero():
		return m.planRemoveMatching(op.Path, filter)
	case op.Value == nil:
		m.clear()
		return nil
	case m.server.options.Mode == scim.Strict:
		return invalid(scim.InvalidValue, `remove takes no value; name a member by the path members[value eq "id"]`)
	}
	ids, err := m.server.memberIDs(op.Value)
	for _, id := range ids {
		m.step(id, false)
	}
	return err
}

func (m *membership) planRemoveMatching(path scim.Path, filter scim.Filter) error {
	var ids []string
	if p, id, ok := filter.Equality(); ok && filter.IsEquality() && strings.EqualFold(p.String(), "value") {
		if m.has(id) {
			ids = []string{id}
		}
	} else {
		ids = m.matching(filter)
	}
	if len(ids) == 0 && m.server.options.Mode == scim.Strict {
		return invalid(scim.NoTarget, path.String()+" matches no member")
	}
	for _, id := range ids {
		m.step(id, false)
	}
	return nil
}

// matching returns the members, as the steps so far leave them, that a filter
// matches.
func (m *membership) matching(filter scim.Filter) []string {
	exact := func(sub string) bool { return m.group.kind.CaseExact("members." + sub) }
	var ids []string
	candidates := m.group.members.list()
	for _, s := range m.steps {
		candidates = append(candidates, s.id)
	}
	for _, id := range candidates {
		if m.has(id) && filter.Match(m.server.memberValue(id), exact) {
			ids = append(ids, id)
		}
	}
	return ids
}

// has reports whether id is a member after the steps so far.
func (m *membership) has(id string) bool {
	if after, touched := m.after[id]; touched {
		return after
	}
	return !m.fresh && m.group.members.has(id)
}

// add is a step that adds a member, unless the server passes over who does not exist.
func (m *membership) add(id string) {
	if !m.server.options.Flaws.PassOverUnknown || m.server.store.has(id) {
		m.step(id, true)
	}
}

func (m *membership) step(id string, add bool) {
	m.steps = append(m.steps, step{id, add})
	m.after[id] = add
}

func (m *membership) clear() {
	m.fresh = true
	m.steps, m.after = nil, map[string]bool{}
}

// commit carries the steps out and reports whether they change anything.
func (m *membership) commit() bool {
	if m.group.members == nil {
		return false // not a group
	}
	changed := false
	if m.fresh && !m.same() {
		changed = m.group.members.len() > 0
		m.server.clearMembers(m.group)
	}
	set := m.group.members
	for _, s := range m.steps {
		if s.add && set.add(s.id) {
			m.server.store.join(m.group, s.id)
			changed = true
		}
		if !s.add && set.remove(s.id) {
			m.server.store.leave(m.group, s.id)
			changed = true
		}
	}
	set.compact()
	return changed
}

// same reports whether a group that is filled anew ends with the members it has.
func (m *membership) same() bool {
	n := 0
	for id, member := range m.after {
		if member != m.group.members.has(id) {
			return false
		}
		if member {
			n++
		}
	}
	return n == m.group.members.len()
}

func (s *Server) addMembers(group *record, ids []string) {
	for _, id := range ids {
		if group.members.add(id) {
			s.store.join(group, id)
		}
	}
}

func (s *Server) clearMembers(group *record) {
	for _, id := range group.members.list() {
		s.store.leave(group, id)
	}
	repeat := group.members.repeat
	group.members = newMemberSet()
	group.members.repeat = repeat
}

// memberIDs reads the values of members.  A strict server wants objects.
func (s *Server) memberIDs(v any) ([]string, error) {
	list, ok := v.([]any)
	if !ok && v != nil {
		list = []any{v}
	}
	ids := make([]string, 0, len(list))
	for _, e := range list {
		id, ok := scim.ReferenceID(e)
		if _, bare := e.(string); !ok || bare && s.options.Mode == scim.Strict {
			return nil, invalid(scim.InvalidValue, `a member is written as {"value": "id"}`)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
