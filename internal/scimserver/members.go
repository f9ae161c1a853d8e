package scimserver

import "slices"

// memberSet is the ordered set of the members of a group: adding and removing one
// costs the same whatever the size.  With repeat it is a list, as sloppy servers
// keep it.
type memberSet struct {
	ids    []string       // "" where one was removed
	at     map[string]int // index of each id
	holes  int
	repeat bool
}

func newMemberSet() *memberSet { return &memberSet{at: map[string]int{}} }

// add reports whether id is new; a repeated id of a sloppy server counts as new.
func (m *memberSet) add(id string) bool {
	if _, ok := m.at[id]; ok {
		if m.repeat {
			m.ids = append(m.ids, id)
		}
		return m.repeat
	}
	m.at[id] = len(m.ids)
	m.ids = append(m.ids, id)
	return true
}

// remove reports whether id was a member.
func (m *memberSet) remove(id string) bool {
	i, ok := m.at[id]
	if !ok {
		return false
	}
	delete(m.at, id)
	m.drop(i)
	if m.repeat {
		for j := range m.ids {
			if m.ids[j] == id {
				m.drop(j)
			}
		}
	}
	return true
}

func (m *memberSet) drop(i int) {
	m.ids[i] = ""
	m.holes++
}

func (m *memberSet) has(id string) bool {
	_, ok := m.at[id]
	return ok
}

func (m *memberSet) len() int { return len(m.ids) - m.holes }

// list returns a copy of the ids in the order in which they were added.
func (m *memberSet) list() []string {
	list := make([]string, 0, m.len())
	for _, id := range m.ids {
		if id != "" {
			list = append(list, id)
		}
	}
	return list
}

// compact closes the gaps once they are the greater part.
func (m *memberSet) compact() {
	if m.holes <= len(m.ids)/2 {
		return
	}
	m.ids = m.list()
	m.holes = 0
	for i, id := range slices.Backward(m.ids) {
		m.at[id] = i
	}
}
