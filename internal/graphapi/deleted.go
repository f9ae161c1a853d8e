package graphapi

import (
	"context"
	"net/http"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
)

// deed is what is done with a deleted object.
type deed uint8

const (
	looking deed = iota
	restoring
	purging
)

// onDeleted decides what an operation on a deleted object of unknown kind asks for:
// looking is reading, restoring is updating, purging is deleting.
func (a *API) onDeleted(d deed) func(ctx context.Context, q *request) ([]identity.Operation, error) {
	return func(ctx context.Context, q *request) ([]identity.Operation, error) {
		object, err := a.subject(ctx, q)
		if errs.Is(err, errs.NotFound) {
			return []identity.Operation{a.onNothing(q, d)}, nil // who is permitted it is told by the handler
		}
		if err != nil {
			return nil, err
		}
		return []identity.Operation{deletedOperation(object.Kind, d)}, nil
	}
}

// onNothing is what a deed asks for when there is no such object: that it could be
// done to an object of some kind.
func (a *API) onNothing(q *request, d deed) identity.Operation {
	for _, kind := range []directory.Kind{directory.User, directory.Group, directory.Application, directory.ServicePrincipal} {
		operation := deletedOperation(kind, d)
		if a.Policy.Authorize(q.caller, operation, identity.Object{}) == nil || a.Policy.DependsOnObject(q.caller, operation) {
			return operation
		}
	}
	return q.route.Operation
}

func deletedOperation(kind directory.Kind, d deed) identity.Operation {
	switch kind {
	case directory.User:
		return [...]identity.Operation{identity.ReadUsers, identity.UpdateUser, identity.DeleteUser}[d]
	case directory.Group:
		return [...]identity.Operation{identity.ReadGroups, identity.UpdateGroup, identity.DeleteGroup}[d]
	case directory.Application:
		return [...]identity.Operation{identity.ReadApplications, identity.UpdateApplication, identity.DeleteApplication}[d]
	case directory.ServicePrincipal:
		return [...]identity.Operation{identity.ReadServicePrincipals, identity.UpdateServicePrincipal, identity.DeleteServicePrincipal}[d]
	}
	return ""
}

// listDeleted answers GET directory/deletedItems/microsoft.graph.user and its like.
func (a *API) listDeleted(kind directory.Kind) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		query, err := q.query(kind)
		if err != nil {
			return answer{}, err
		}
		query.Deleted = true
		page, err := a.Store.Objects(ctx, q.tenant, query)
		if err != nil {
			return answer{}, err
		}
		return a.objects(ctx, q, q.context().Collection("directoryObjects"), page, typed)
	}
}

// restore answers POST directory/deletedItems/{id}/restore.
func (a *API) restore(ctx context.Context, q *request) (answer, error) {
	object, err := a.subject(ctx, q)
	if err != nil {
		return answer{}, err
	}
	restored, err := a.Store.RestoreObject(ctx, q.tenant, object.ID, a.Now())
	if err != nil {
		return answer{}, taken(notThere(err, string(object.ID)))
	}
	return a.object(ctx, q, q.context().Entity("directoryObjects"), restored, typed)
}

// purge answers DELETE directory/deletedItems/{id}.
func (a *API) purge(ctx context.Context, q *request) (answer, error) {
	object, err := a.subject(ctx, q)
	if err != nil {
		return answer{}, err
	}
	if err := a.Store.PurgeObject(ctx, q.tenant, object.ID, a.Now()); err != nil {
		return answer{}, notThere(err, string(object.ID))
	}
	return answer{status: http.StatusNoContent}, nil
}
