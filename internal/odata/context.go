package odata

import "strings"

// Context builds @odata.context values: the metadata document of one API version,
// with a fragment that says what the body holds.
type Context struct {
	Root string // such as https://host/v1.0, without a trailing slash
}

// Collection is the context of a set of entities, such as users, or of a contained
// set named by its path.
func (c Context) Collection(set string, selected ...string) string {
	if len(selected) > 0 {
		set += "(" + strings.Join(selected, ",") + ")"
	}
	return c.Root + "/$metadata#" + set
}

// Entity is the context of one member of a set.
func (c Context) Entity(set string, selected ...string) string {
	return c.Collection(set, selected...) + "/$entity"
}

// Contained names the set that lies below one entity, as in
// servicePrincipals('id')/synchronization/jobs.
func Contained(set, id string, rest ...string) string {
	return strings.Join(append([]string{set + "(" + Quote(id) + ")"}, rest...), "/")
}
