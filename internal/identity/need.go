package identity

import "strings"

// need says in words what would satisfy a; kind is the form of permission.
func (a access) need(kind string) string {
	if len(a.any)+len(a.owned) == 0 {
		return "a signed-in user: no " + kind + " opens it"
	}
	text := "the " + kind + " " + alternatives(names(a.any))
	if len(a.owned) > 0 {
		text += ", or " + alternatives(names(a.owned)) + " on an object that the calling application owns"
	}
	if a.with != nil {
		text += ", together with " + alternatives(names(a.with))
	}
	return text
}

// need says in words what would satisfy s.
func (s standing) need() string {
	roles := make([]string, 0, len(s.roles)+1)
	for _, r := range s.roles {
		roles = append(roles, r.Name())
	}
	ways := []string{"the directory role " + alternatives(append(roles, GlobalAdministrator.Name()))}
	if s.owner {
		ways = append(ways, "ownership of the object")
	}
	for _, actions := range s.actions {
		ways = append(ways, "a custom role with "+strings.Join(names(actions), " and "))
	}
	return strings.Join(ways, "; or ")
}

func names[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// alternatives joins words as in "a, b or c".
func alternatives(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
