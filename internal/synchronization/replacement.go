package synchronization

import "maps"

// Replacing returns what is stored when a caller sends s in the place of before: members
// that were sent replace what there was, as wholes, and the others stay. given reports
// whether a member was sent with a value other than null.
func (s Schema) Replacing(before Schema, given func(member string) bool) Schema {
	if !given("synchronizationRules") {
		s.Rules = before.Rules
	}
	if !given("directories") {
		s.Directories = before.Directories
	}
	unread := Unread{}
	maps.Copy(unread, before.Unread)
	maps.Copy(unread, s.Unread)
	for _, name := range []string{"synchronizationRules", "directories"} {
		delete(unread, name) // null is as good as absent
	}
	s.Unread = unread
	return s
}
