package graphapi

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity/issuer"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

// listLogs answers GET auditLogs/provisioning, newest first.
func (a *API) listLogs(ctx context.Context, q *request) (answer, error) {
	after, err := q.after()
	if err != nil {
		return answer{}, err
	}
	ascending, err := logOrder(q.options.OrderBy)
	if err != nil {
		return answer{}, err
	}
	page, err := a.Store.Logs(ctx, q.tenant, store.LogQuery{
		Filter: q.options.Filter, Ascending: ascending, Top: q.pageSize(), After: after,
	})
	if err != nil {
		return answer{}, err
	}
	value := make([]json.RawMessage, 0, len(page.Entries))
	for _, entry := range page.Entries {
		value = append(value, entry.Document)
	}
	out := listing{Context: q.context().Collection("auditLogs/provisioning", q.options.Select...), Next: q.next(page.Next), Value: value}
	return collection(out, q.options.Select)
}

// logOrder reports whether the oldest entry comes first; the log has one order.
func logOrder(orders []odata.Order) (bool, error) {
	switch {
	case len(orders) == 0:
		return false, nil
	case len(orders) == 1 && strings.EqualFold(string(orders[0].Property), "activityDateTime"):
		return !orders[0].Descending, nil
	default:
		return false, errs.New(errs.Invalid, "Request_UnsupportedQuery", "The provisioning log can be ordered by activityDateTime only.")
	}
}

// endpoints answers GET /metadata/endpoints, by which Terraform finds the service.
func (a *API) endpoints(_ context.Context, q *request) (answer, error) {
	body, err := marshal(issuer.NewCloudMetadata(q.base), nil)
	return answer{status: 200, contentType: "application/json;charset=utf-8", body: body}, err
}
