package graphapi

import (
	"context"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

// typing says whether answers carry @odata.type, as they do where the set holds
// several types.
type typing bool

const (
	untyped typing = false
	typed   typing = true
)

// object answers with one directory object.
func (a *API) object(ctx context.Context, q *request, contextURL string, o directory.Object, t typing) (answer, error) {
	wire, err := a.wire(ctx, q, o, t)
	if err != nil {
		return answer{}, err
	}
	return entity(contextURL, wire, nil)
}

// objects answers with a page of directory objects.
func (a *API) objects(ctx context.Context, q *request, contextURL string, page store.Page, t typing) (answer, error) {
	value := make([]map[string]any, 0, len(page.Objects))
	for _, o := range page.Objects {
		wire, err := a.wire(ctx, q, o, t)
		if err != nil {
			return answer{}, err
		}
		value = append(value, wire)
	}
	out := listing{Context: contextURL, Next: q.next(page.Next), Value: value}
	if q.options.Count {
		out.Count = &page.Count
	}
	return collection(out, nil)
}

// wire is an object as it is answered: the selected properties, or the common ones,
// and what $expand adds.
func (a *API) wire(ctx context.Context, q *request, o directory.Object, t typing) (map[string]any, error) {
	selected, err := q.selection(o.Kind, t)
	if err != nil {
		return nil, err
	}
	wire := wireProperties(o, selected)
	if t == typed {
		wire["@odata.type"] = "#microsoft.graph." + string(o.Kind)
	}
	if _, asked := wire["passwordCredentials"]; asked {
		if wire["passwordCredentials"], err = a.passwordCredentials(ctx, q.tenant, o); err != nil {
			return nil, err
		}
	}
	return wire, a.expand(ctx, q, o, wire)
}

// selection returns the properties to answer of objects of a kind, found once a
// request.
func (q *request) selection(kind directory.Kind, t typing) ([]property, error) {
	if selected, ok := q.selections[kind]; ok {
		return selected, nil
	}
	selected, err := selection(kind, q.options.Select, t)
	if err != nil {
		return nil, err
	}
	if kind == directory.Group && q.version == Beta && q.options.Select == nil {
		selected = append(selected, writeback())
	}
	if q.selections == nil {
		q.selections = map[directory.Kind][]property{}
	}
	q.selections[kind] = selected
	return selected, nil
}

// selection returns the properties to answer. Where the set holds several types, a
// type leaves out what it does not have.
func selection(kind directory.Kind, names []string, t typing) ([]property, error) {
	if names == nil {
		return commonProperties(kind), nil
	}
	var selected []property
	for _, name := range names {
		name, _, _ = strings.Cut(name, "/")
		p, ok := lookUp(kind, name)
		switch {
		case ok:
			selected = append(selected, p)
		case strings.EqualFold(name, "id") || t == typed:
		default:
			return nil, errs.New(errs.Invalid, "BadRequest",
				"Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.%s'.", name, kind)
		}
	}
	return selected, nil
}

// writeback is the property that beta, and only beta, answers of a group without
// being asked.
func writeback() property { return property{name: "writebackConfiguration", shape: record} }

func commonProperties(kind directory.Kind) []property {
	var common []property
	for _, p := range properties(kind) {
		if p.common {
			common = append(common, p)
		}
	}
	return common
}

func wireProperties(o directory.Object, selected []property) map[string]any {
	wire := make(map[string]any, len(selected)+3)
	wire["id"] = string(o.ID)
	for _, p := range selected {
		wire[p.name] = p.value(o)
	}
	return wire
}

// value returns the property of an object, in the form that stands for nothing
// when it has none.
func (p property) value(o directory.Object) any {
	switch p.name {
	case "createdDateTime":
		return instantOrNull(o.Created)
	case "deletedDateTime":
		return instantOrNull(o.Deleted)
	}
	value, ok := o.Attributes[p.name]
	if ok && value != nil {
		return value
	}
	if p.shape == texts || p.shape == records {
		return []any{}
	}
	if p.name == "writebackConfiguration" { // its members are null, it is not
		return map[string]any{"isEnabled": nil, "onPremisesGroupType": nil}
	}
	return nil
}

func instantOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return odata.FormatTime(t)
}
