package graphapi

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// checkReferent reports why the object cannot be referred to under relation.
func (a *API) checkReferent(ctx context.Context, q *request, r directory.Relation, id directory.ObjectID) error {
	object, err := a.Store.Object(ctx, q.tenant, store.Ref{ID: id})
	if err != nil {
		return notThere(err, string(id))
	}
	if !slices.Contains(referents(r), object.Kind) {
		return errs.New(errs.Invalid, "Request_BadRequest",
			"The %s %s cannot be among the %s of another object.", object.Kind, id, r).WithTarget(string(r))
	}
	return nil
}

// referents are the kinds of object that a relation may lead to.
func referents(r directory.Relation) []directory.Kind {
	switch r {
	case directory.Members:
		return []directory.Kind{directory.User, directory.Group, directory.ServicePrincipal}
	case directory.Manager:
		return []directory.Kind{directory.User}
	case directory.Owners:
		return []directory.Kind{directory.User, directory.ServicePrincipal}
	}
	return nil
}

// view is a relation as a path shows it.
type view struct {
	relation   directory.Relation
	direction  direction
	transitive bool
	kind       directory.Kind // of the objects shown; empty: any
}

// direction tells which end of a relation is asked for.
type direction bool

const (
	forward  direction = false
	backward direction = true
)

// of narrows a view to objects of one kind.
func (v view) of(kind directory.Kind) view {
	v.kind = kind
	return v
}

// related answers GET …/members and its like.
func (a *API) related(v view) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		page, err := a.relatedPage(ctx, q, v)
		if err != nil {
			return answer{}, err
		}
		return a.objects(ctx, q, q.context().Collection(objectSet(v.kind), q.options.Select...), page, typed)
	}
}

// objectSet is the set that context URLs name for objects of a kind; several kinds
// together are directoryObjects.
func objectSet(kind directory.Kind) string {
	if kind == "" {
		return "directoryObjects"
	}
	return string(kind) + "s"
}

func (a *API) relatedPage(ctx context.Context, q *request, v view) (store.Page, error) {
	object, err := a.subject(ctx, q)
	if err != nil {
		return store.Page{}, err
	}
	query, err := q.query(v.kind)
	if err != nil {
		return store.Page{}, err
	}
	query.Transitive = v.transitive
	return a.Store.Related(ctx, q.tenant, object.ID, v.relation, bool(v.direction), query)
}

// countRelated answers …/members/$count.
func (a *API) countRelated(v view) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		q.options.Count, q.options.Top = true, 1
		page, err := a.relatedPage(ctx, q, v)
		return count(page.Count), err
	}
}

// relatedLinks answers GET …/members/$ref: the references without the objects.
func (a *API) relatedLinks(v view) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		page, err := a.relatedPage(ctx, q, v)
		if err != nil {
			return answer{}, err
		}
		links := make([]link, 0, len(page.Objects))
		for _, o := range page.Objects {
			links = append(links, q.linkTo(o.ID))
		}
		return collection(listing{Context: q.context().Collection("Collection($ref)"), Next: q.next(page.Next), Value: links}, nil)
	}
}

// link is a reference without the object.
type link struct {
	ID string `json:"@odata.id"`
}

func (q *request) linkTo(id directory.ObjectID) link {
	return link{ID: q.root() + "/directoryObjects/" + string(id)}
}

// addReference answers POST …/members/$ref and …/owners/$ref.
func (a *API) addReference(r directory.Relation) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		from, to, err := a.reference(ctx, q, r)
		if err != nil {
			return answer{}, err
		}
		added, err := a.Store.Relate(ctx, q.tenant, from, r, to)
		if err != nil {
			return answer{}, notThere(err, string(to))
		}
		if !added {
			return answer{}, errs.New(errs.Invalid, "Request_BadRequest",
				"One or more added object references already exist for the following modified properties: '%s'.", r).WithTarget(string(r))
		}
		return noContent(), nil
	}
}

// reference reads which object a $ref request starts from and which it names.
func (a *API) reference(ctx context.Context, q *request, r directory.Relation) (directory.ObjectID, directory.ObjectID, error) {
	object, err := a.subject(ctx, q)
	if err != nil {
		return "", "", err
	}
	to, err := readReference(q.body)
	if err != nil {
		return "", "", err
	}
	if to == object.ID {
		return "", "", errs.New(errs.Invalid, "Request_BadRequest", "An object cannot be among its own %s.", r).WithTarget(string(r))
	}
	return object.ID, to, a.checkReferent(ctx, q, r, to)
}

// removeReference answers DELETE …/members/{otherId}/$ref.
func (a *API) removeReference(r directory.Relation) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		object, err := a.subject(ctx, q)
		if err != nil {
			return answer{}, err
		}
		to := directory.ObjectID(strings.ToLower(q.key("otherId")))
		if err := a.Store.Unrelate(ctx, q.tenant, object.ID, r, to); err != nil {
			return answer{}, notThere(err, string(to))
		}
		return noContent(), nil
	}
}

// getManager answers GET users/{id}/manager.
func (a *API) getManager(ctx context.Context, q *request) (answer, error) {
	manager, err := a.managerOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return a.object(ctx, q, q.context().Entity("directoryObjects"), manager, typed)
}

func (a *API) managerOf(ctx context.Context, q *request) (directory.Object, error) {
	user, err := a.subject(ctx, q)
	if err != nil {
		return directory.Object{}, err
	}
	page, err := a.Store.Related(ctx, q.tenant, user.ID, directory.Manager, false, store.Query{Top: 1})
	if err != nil {
		return directory.Object{}, err
	}
	if len(page.Objects) == 0 {
		return directory.Object{}, notThere(errs.New(errs.NotFound, "", ""), "manager")
	}
	return page.Objects[0], nil
}

func (a *API) getManagerLink(ctx context.Context, q *request) (answer, error) {
	manager, err := a.managerOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return entity(q.context().Collection("$ref"), q.linkTo(manager.ID), nil)
}

// putManager answers PUT users/{id}/manager/$ref.
func (a *API) putManager(ctx context.Context, q *request) (answer, error) {
	from, to, err := a.reference(ctx, q, directory.Manager)
	if err != nil {
		return answer{}, err
	}
	if _, err := a.Store.Relate(ctx, q.tenant, from, directory.Manager, to); err != nil {
		return answer{}, notThere(err, string(to))
	}
	return noContent(), nil
}

// deleteManager answers DELETE users/{id}/manager/$ref.
func (a *API) deleteManager(ctx context.Context, q *request) (answer, error) {
	manager, err := a.managerOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	user, err := a.subject(ctx, q)
	if err != nil {
		return answer{}, err
	}
	if err := a.Store.Unrelate(ctx, q.tenant, user.ID, directory.Manager, manager.ID); err != nil {
		return answer{}, notThere(err, "manager")
	}
	return answer{status: http.StatusNoContent}, nil
}
