package graphapi

import (
	"context"

	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/expression/trial"
	"github.com/provisor/provisor/internal/mapping"
)

// filterOperators answers GET …/schema/filterOperators. They are the same for every
// schema; the schema must be there.
func (a *API) filterOperators(h home) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		if _, err := h.read(ctx, q); err != nil {
			return answer{}, err
		}
		return listed(q, "filterOperators", mapping.FilterOperators())
	}
}

// functions answers GET …/schema/functions.
func (a *API) functions(h home) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		if _, err := h.read(ctx, q); err != nil {
			return answer{}, err
		}
		return listed(q, "functions", expression.FunctionSchemas())
	}
}

// listed answers a list that a function returns.
func listed[T any](q *request, kind string, list []T) (answer, error) {
	page, err := pageOf(q, list)
	if err != nil {
		return answer{}, err
	}
	page.Context = q.contextOf(kind)
	return collection(page, q.options.Select)
}

// parseExpression answers POST …/schema/parseExpression. An expression that cannot be
// parsed or evaluated is a result, not an error of the request.
func (a *API) parseExpression(h home) handler {
	return func(ctx context.Context, q *request) (answer, error) {
		schema, err := h.read(ctx, q)
		if err != nil {
			return answer{}, err
		}
		var in trial.Request
		if err := decode(q.body, &in); err != nil {
			return answer{}, err
		}
		domain, err := a.defaultDomain(ctx, q)
		if err != nil {
			return answer{}, err
		}
		response := trial.Run(in, trial.Setting{Schema: schema, Now: a.Now(), DefaultDomain: domain})
		return entity(q.contextOf("microsoft.graph.parseExpressionResponse"), response, nil)
	}
}

// defaultDomain is the one of the caller's tenant.
func (a *API) defaultDomain(ctx context.Context, q *request) (string, error) {
	tenants, err := a.Store.Tenants(ctx)
	for _, t := range tenants {
		if t.ID == q.tenant {
			return t.Domain, err
		}
	}
	return "", err
}
