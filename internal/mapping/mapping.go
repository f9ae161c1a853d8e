package mapping

import (
	"slices"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/synchronization"
)

// Mapping is one object mapping, compiled. It is immutable and safe for concurrent
// use.
type Mapping struct {
	RuleID       string         // of the synchronization rule
	Name         string         // of the object mapping
	Path         string         // where the object mapping stands in the schema
	Kind         directory.Kind // source object type
	ResourceType string         // target: scim.UserType or scim.GroupType
	Flow         synchronization.FlowTypes
	// Disables reports that some attribute depends on IsSoftDeleted, so that an
	// account can be disabled by an update.
	Disables bool
	// References are the attributes that point to other objects; they are written
	// after both ends exist.
	References []Reference

	scope      scope
	attributes []attribute
	layout     scim.Layout // of the attributes
	matching   []int       // indexes of attributes, by matching priority
	symbols    *expression.Symbols
	sources    []string // source attribute of each slot
}

// Reference is an attribute mapping whose source is a relation of the directory.
type Reference struct {
	Relation directory.Relation
	Path     scim.Path
	// Once: what the directory has when the object is created at the target is written,
	// and nothing that comes or goes later (ObjectAddOnly).
	Once bool
	// AddsOnly: nothing is taken away (MultiValueAddOnly). What flows once adds only, too.
	AddsOnly bool
}

// FlowsOnce reports whether some reference is written for what was created only.
func (m *Mapping) FlowsOnce() bool {
	return slices.ContainsFunc(m.References, func(r Reference) bool { return r.Once })
}

// ReadsAppRoles reports whether what is written depends on the app roles of an object.
func (m *Mapping) ReadsAppRoles() bool { return slices.Contains(m.sources, appRoleAssignments) }

// layoutOf returns where the values of attributes stand in a new resource.
func layoutOf(attributes []attribute) scim.Layout {
	paths := make([]scim.Path, len(attributes))
	for i := range attributes {
		paths[i] = attributes[i].path
	}
	return scim.NewLayout(paths...)
}

// MatchingPaths returns the attributes by which the target is asked, the first one
// first.
func (m *Mapping) MatchingPaths() []scim.Path {
	paths := make([]scim.Path, len(m.matching))
	for i, at := range m.matching {
		paths[i] = m.attributes[at].path
	}
	return paths
}

// MatchingPath returns the attribute by which the target is asked first.
func (m *Mapping) MatchingPath() scim.Path { return m.attributes[m.matching[0]].path }
