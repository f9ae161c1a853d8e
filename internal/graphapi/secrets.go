package graphapi

import (
	"context"
	"net/http"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/synchronization"
)

// acquireAccessToken answers POST …/synchronization/acquireAccessToken: 204 once
// the token is stored, and never the token itself.
func (a *API) acquireAccessToken(ctx context.Context, q *request) (answer, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return answer{}, err
	}
	given, err := readPairs(q.body, "credentials")
	if err != nil {
		return answer{}, err
	}
	return noContent(), a.Credentials.Acquire(ctx, q.tenant, sp.ID, given)
}

// putSecrets answers PUT …/synchronization/secrets, which replaces what is stored.
// The page about it calls its member credentials, its example value.
func (a *API) putSecrets(ctx context.Context, q *request) (answer, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return answer{}, err
	}
	given, err := readSecrets(q.body)
	if err != nil {
		return answer{}, err
	}
	return noContent(), a.Credentials.Put(ctx, q.tenant, sp.ID, given)
}

func readSecrets(body []byte) ([]Given, error) {
	object, err := readMembers(body)
	if err != nil {
		return nil, err
	}
	_, value := object.get("value")
	_, credentials := object.get("credentials")
	if !value && !credentials {
		return nil, errs.New(errs.Invalid, "RequestParameterInvalid",
			"The body has no member value. Send {\"value\":[{\"key\":\"BaseAddress\",\"value\":\"…\"}]}; an empty array removes all secrets.").WithTarget("value")
	}
	return readReplacement(body, "value", "credentials")
}

// puttingSecrets decides what a PUT of secrets asks for: changing SyncAll, which
// says who is provisioned, needs more.
func (a *API) puttingSecrets(ctx context.Context, q *request) ([]identity.Operation, error) {
	operations := []identity.Operation{identity.PutSecrets}
	given, err := readSecrets(q.body)
	if err != nil {
		return operations, nil //nolint:nilerr // who may not put secrets is told so before what is wrong with the body
	}
	more, err := a.settingSyncAll(ctx, q, given)
	return append(operations, more...), err
}

// settingSyncAll is what changing SyncAll asks for besides.
func (a *API) settingSyncAll(ctx context.Context, q *request, given []Given) ([]identity.Operation, error) {
	for _, g := range given {
		if g.Key != synchronization.SecretSyncAll {
			continue
		}
		changes, err := a.changesSyncAll(ctx, q, g)
		if err != nil {
			return nil, err
		}
		if changes {
			return []identity.Operation{identity.SetSyncAll}, nil
		}
	}
	return nil, nil
}

func (a *API) changesSyncAll(ctx context.Context, q *request, g Given) (bool, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if errs.Is(err, errs.NotFound) {
		return false, nil // the handler reports it
	}
	if err != nil {
		return false, err
	}
	stored, err := a.Credentials.List(ctx, q.tenant, sp.ID)
	if err != nil {
		return false, err
	}
	before := ""
	for _, s := range stored {
		if s.Key == synchronization.SecretSyncAll {
			before = s.Value
		}
	}
	after := ""
	if g.Value != nil {
		after = *g.Value
	}
	return after != "*" && synchronization.ParseFlag(before) != synchronization.ParseFlag(after), nil
}

// getSecrets answers GET …/synchronization/secrets; sensitive values read "*".
func (a *API) getSecrets(ctx context.Context, q *request) (answer, error) {
	stored, err := a.secretsOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	page, err := pageOf(q, stored)
	if err != nil {
		return answer{}, err
	}
	page.Context = q.context().Collection(q.synchronizationPath("secrets"), q.options.Select...)
	return collection(page, q.options.Select)
}

func (a *API) secretsOf(ctx context.Context, q *request) ([]synchronization.SecretPair, error) {
	sp, err := a.servicePrincipal(ctx, q)
	if err != nil {
		return nil, err
	}
	stored, err := a.Credentials.List(ctx, q.tenant, sp.ID)
	if stored == nil {
		stored = []synchronization.SecretPair{}
	}
	return stored, err
}

func (a *API) countSecrets(ctx context.Context, q *request) (answer, error) {
	stored, err := a.secretsOf(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return countOf(q, stored)
}

// synchronizationPath names a set below the container as context URLs do.
func (q *request) synchronizationPath(rest ...string) string {
	id := q.key("id")
	if q.object != nil {
		id = string(q.object.ID)
	}
	return odata.Contained(q.setName(), id, append([]string{"synchronization"}, rest...)...)
}

// notOffered answers what Graph has and Provisor does not offer.
func notOffered(what string) handler {
	return func(context.Context, *request) (answer, error) {
		return answer{status: http.StatusNotImplemented}, errs.New(errs.NotImplemented, "notImplemented", "%s", what)
	}
}
