package graphapi

import (
	"context"
	"errors"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/store"
)

// list answers a whole set, such as GET users.
func (a *API) list(kind directory.Kind) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		query, err := q.query(kind)
		if err != nil {
			return answer{}, err
		}
		if _, err := selection(kind, q.options.Select, untyped); err != nil {
			return answer{}, err
		}
		page, err := a.Store.Objects(ctx, q.tenant, query)
		if err != nil {
			return answer{}, err
		}
		return a.objects(ctx, q, q.context().Collection(q.setName(), q.options.Select...), page, untyped)
	}
}

// countAll answers GET users/$count and its like.
func (a *API) countAll(kind directory.Kind) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		page, err := a.Store.Objects(ctx, q.tenant, store.Query{
			Kind: kind, Filter: q.options.Condition(), Search: q.options.Search, Top: 1, Count: true,
		})
		return count(page.Count), err
	}
}

// getOne answers one object of a set.
func (a *API) getOne(ctx context.Context, q *request) (answer, error) {
	o, err := a.subject(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return a.object(ctx, q, q.context().Entity(q.setName(), q.options.Select...), o, untyped)
}

// getAny answers an object of whatever kind, as directoryObjects/{id} does.
func (a *API) getAny(ctx context.Context, q *request) (answer, error) {
	o, err := a.subject(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return a.object(ctx, q, q.context().Entity("directoryObjects"), o, typed)
}

// remove answers DELETE of one object.
func (a *API) remove(ctx context.Context, q *request) (answer, error) {
	o, err := a.subject(ctx, q)
	if err != nil {
		return answer{}, err
	}
	if isGraph(o) {
		return answer{}, errs.New(errs.Invalid, "Request_BadRequest",
			"The service principal of Microsoft Graph cannot be deleted: every permission is one of its app roles. Delete the assignments of these roles instead.")
	}
	if err := a.Store.DeleteObject(ctx, q.tenant, store.Ref{Kind: o.Kind, ID: o.ID}, a.Now()); err != nil {
		return answer{}, notThere(err, string(o.ID))
	}
	return noContent(), nil
}

// isGraph reports the service principal of [MicrosoftGraph]. Without it nobody can
// sign in. Terraform tries to delete it: it deletes what it found, and not only what it
// made, and goes on when that is refused.
func isGraph(o directory.Object) bool {
	return o.Kind == directory.ServicePrincipal && o.Attributes["appId"] == identity.GraphAppID
}

// create stores a new object of kind with its references and answers 201.
func (a *API) create(ctx context.Context, q *request, kind directory.Kind, s sent) (answer, error) {
	o, err := a.store(ctx, q, kind, s)
	if err != nil {
		return answer{}, err
	}
	wire, err := a.wire(ctx, q, o, untyped)
	if err != nil {
		return answer{}, err
	}
	return created(q.context().Entity(q.setName()), q.root()+"/"+q.setName()+"/"+string(o.ID), wire)
}

// store stores a new object of kind with its references. References are checked
// first, so that a refused request leaves nothing behind.
func (a *API) store(ctx context.Context, q *request, kind directory.Kind, s sent) (directory.Object, error) {
	if err := s.agrees(directory.Object{Kind: kind}); err != nil {
		return directory.Object{}, err
	}
	if err := a.checkBinds(ctx, q, s.binds); err != nil {
		return directory.Object{}, err
	}
	now, id := a.Now(), directory.ObjectID(a.NewID())
	if err := a.setPassword(ctx, q, id, s); err != nil { // before anybody can know the id
		return directory.Object{}, err
	}
	o, err := a.Store.CreateObject(ctx, q.tenant, directory.Object{
		ID: id, Kind: kind, Created: now, Modified: now, Attributes: s.apply(nil),
	})
	if err != nil {
		return directory.Object{}, taken(err)
	}
	return o, a.bindAll(ctx, q, o.ID, s.binds)
}

// update answers PATCH of one object of kind: 204, as Graph's directory does.
func (a *API) update(kind directory.Kind) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		s, err := readObject(kind, q.body)
		if err != nil {
			return answer{}, err
		}
		o, err := a.subject(ctx, q)
		if err != nil {
			return answer{}, err
		}
		if err := errors.Join(s.agrees(o), a.checkBinds(ctx, q, s.binds)); err != nil {
			return answer{}, err
		}
		if err := a.maySetPassword(ctx, q, o.ID, s); err != nil {
			return answer{}, err
		}
		if err := a.change(ctx, q, o, s); err != nil {
			return answer{}, err
		}
		if err := a.setPassword(ctx, q, o.ID, s); err != nil {
			return answer{}, err
		}
		return noContent(), a.bindAll(ctx, q, o.ID, s.binds)
	}
}

// change sets the attributes of s on a live object.
func (a *API) change(ctx context.Context, q *request, o directory.Object, s sent) error {
	if len(s.attributes) == 0 {
		return nil
	}
	if err := s.keeps(required(o.Kind)...); err != nil {
		return err
	}
	ref := store.Ref{Kind: o.Kind, ID: o.ID}
	changed, err := a.Store.UpdateObject(ctx, q.tenant, ref, a.Now(), func(before directory.Attributes) (directory.Attributes, error) {
		return s.apply(before), nil
	})
	if err != nil {
		return taken(notThere(err, string(o.ID)))
	}
	if o.Kind == directory.Application {
		return a.refreshServicePrincipal(ctx, q, changed)
	}
	return nil
}

// required are the attributes without which an object of kind cannot be created. A
// user's passwordProfile is not among them, though Graph asks for one: most people of
// this directory never sign in here.
func required(kind directory.Kind) []string {
	switch kind {
	case directory.User:
		return []string{"accountEnabled", "displayName", "mailNickname", "userPrincipalName"}
	case directory.Group:
		return []string{"displayName", "mailEnabled", "mailNickname", "securityEnabled"}
	case directory.Application:
		return []string{"displayName"}
	case directory.ServicePrincipal:
		return []string{"appId"}
	}
	return nil
}

// taken words a uniqueness conflict as Graph's directory does: 400, not 409, which
// some clients take for a reason to try again.
func taken(err error) error {
	if !errs.Is(err, errs.Conflict) {
		return err
	}
	e := visible(err)
	return errs.Wrap(err, errs.Invalid, "Request_BadRequest", "%s", e.Message).WithTarget(e.Target).WithDetails(e.Details...)
}
