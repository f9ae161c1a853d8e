package graphapi

import (
	"context"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

// maxExpanded is how many objects Graph puts into one expanded collection.
const maxExpanded = 20

// expand adds the navigation properties that $expand names.
func (a *API) expand(ctx context.Context, q *request, o directory.Object, wire map[string]any) error {
	for _, e := range q.options.Expand {
		name, expanded, err := a.expanded(ctx, q, o, e)
		if err != nil {
			return err
		}
		wire[name] = expanded
	}
	return nil
}

// expanded returns one navigation property with its name as Graph spells it.
func (a *API) expanded(ctx context.Context, q *request, o directory.Object, e odata.Expand) (string, any, error) {
	if name, s, ok := assignmentsOf(o.Kind, e.Name); ok {
		page, _, err := a.assignmentPage(ctx, q.tenant, s.query(o.ID))
		return name, page, err
	}
	if o.Kind == directory.Application && strings.EqualFold(e.Name, declaredExtensions) {
		return declaredExtensions, append([]extensionProperty{}, extensions(o)...), nil
	}
	name, v, ok := navigation(o.Kind, e.Name)
	switch {
	case !ok:
		return "", nil, errs.New(errs.Invalid, "BadRequest",
			"Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.%s'.", e.Name, o.Kind)
	case name == string(directory.Manager):
		manager, err := a.managers(ctx, q, o, e)
		return name, manager, err
	}
	page, err := a.Store.Related(ctx, q.tenant, o.ID, v.relation, bool(v.direction), store.Query{Top: maxExpanded, Transitive: v.transitive})
	list := make([]map[string]any, 0, len(page.Objects))
	for _, other := range page.Objects {
		list = append(list, typedWire(other, e.Select))
	}
	return name, list, err
}

// assignmentsOf tells which app role assignments a navigation property holds.
func assignmentsOf(kind directory.Kind, name string) (string, side, bool) {
	switch {
	case strings.EqualFold(name, "appRoleAssignments") && kind != directory.Application:
		return "appRoleAssignments", asPrincipal, true
	case strings.EqualFold(name, "appRoleAssignedTo") && kind == directory.ServicePrincipal:
		return "appRoleAssignedTo", asResource, true
	default:
		return "", asPrincipal, false
	}
}

// navigation finds the relation behind a navigation property, ignoring case.
func navigation(kind directory.Kind, name string) (string, view, bool) {
	for _, n := range navigations(kind) {
		if strings.EqualFold(n.name, name) {
			return n.name, n.view, true
		}
	}
	return "", view{}, false
}

// navigationProperty is a view under the name that Graph gives it.
type navigationProperty struct {
	name string
	view view
}

// navigations are the relations of a kind.
func navigations(kind directory.Kind) []navigationProperty {
	owners := navigationProperty{"owners", view{relation: directory.Owners}}
	owned := navigationProperty{"ownedObjects", view{relation: directory.Owners, direction: backward}}
	belongs := []navigationProperty{{"memberOf", memberOf()}, {"transitiveMemberOf", transitively(memberOf())}}
	members := view{relation: directory.Members}
	switch kind {
	case directory.User:
		reports := navigationProperty{"directReports", view{relation: directory.Manager, direction: backward}}
		return append(belongs, navigationProperty{"manager", view{relation: directory.Manager}}, reports, owned)
	case directory.Group:
		return append(belongs, navigationProperty{"members", members}, navigationProperty{"transitiveMembers", transitively(members)}, owners)
	case directory.ServicePrincipal:
		return append(belongs, owners, owned)
	case directory.Application:
		return []navigationProperty{owners}
	}
	return nil
}

// managers returns the manager of a user, with as many above it as $levels asks for.
func (a *API) managers(ctx context.Context, q *request, o directory.Object, e odata.Expand) (any, error) {
	var first, last map[string]any
	seen := map[directory.ObjectID]bool{o.ID: true}
	for range max(e.Levels, 1) {
		page, err := a.Store.Related(ctx, q.tenant, o.ID, directory.Manager, bool(forward), store.Query{Top: 1})
		if err != nil {
			return nil, err
		}
		if len(page.Objects) == 0 || seen[page.Objects[0].ID] {
			break
		}
		o = page.Objects[0]
		seen[o.ID] = true
		wire := typedWire(o, e.Select)
		if first == nil {
			first = wire
		} else {
			last["manager"] = wire
		}
		last = wire
	}
	if first == nil {
		return nil, nil
	}
	return first, nil
}

// typedWire is an object where the set holds several types: what a type does not
// have of the names is left out.
func typedWire(o directory.Object, names []string) map[string]any {
	selected, err := selection(o.Kind, names, typed)
	if err != nil {
		selected = commonProperties(o.Kind)
	}
	wire := wireProperties(o, selected)
	wire["@odata.type"] = "#microsoft.graph." + string(o.Kind)
	return wire
}
