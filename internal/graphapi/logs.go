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
		Filter: currentNames(q.options.Filter), Ascending: ascending, Top: q.pageSize(), After: after,
	})
	if err != nil {
		return answer{}, err
	}
	value := make([]json.RawMessage, 0, len(page.Entries))
	for _, entry := range page.Entries {
		document, err := logDocument(entry, q.version)
		if err != nil {
			return answer{}, err
		}
		value = append(value, document)
	}
	out := listing{Context: q.context().Collection("auditLogs/provisioning", q.options.Select...), Next: q.next(page.Next), Value: value}
	return collection(out, q.options.Select)
}

// getLog answers GET auditLogs/provisioning/{logId}.
func (a *API) getLog(ctx context.Context, q *request) (answer, error) {
	id := q.key("logId")
	page, err := a.Store.Logs(ctx, q.tenant, store.LogQuery{
		Filter: odata.Compare{Property: "id", Op: odata.Eq, Value: id}, Top: 1,
	})
	if err != nil {
		return answer{}, err
	}
	if len(page.Entries) == 0 {
		return answer{}, errs.New(errs.NotFound, "Request_ResourceNotFound",
			"The provisioning log has no record '%.128s'. Records that are older than the retention are removed.", id)
	}
	document, err := logDocument(page.Entries[0], q.version)
	if err != nil {
		return answer{}, err
	}
	return entity(q.context().Entity("auditLogs/provisioning", q.options.Select...), document, q.options.Select)
}

// logDocument is a record as the version has it: beta keeps two deprecated members,
// whose values are those of the ones that took their place.
func logDocument(entry store.LogEntry, v Versions) (json.RawMessage, error) {
	document := entry.Document()
	if v != Beta {
		return document, nil
	}
	var current struct {
		Action string          `json:"provisioningAction"`
		Status statusOfSummary `json:"provisioningStatusInfo"`
	}
	if err := json.Unmarshal(document, &current); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "InternalServerError", "A record of the provisioning log cannot be read.")
	}
	older := map[string]any{"action": capitalized(current.Action), "statusInfo": current.Status.older()}
	members, err := readMembers(document)
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, "InternalServerError", "A record of the provisioning log cannot be read.")
	}
	for name, value := range members {
		older[name] = value
	}
	return marshal(older, nil)
}

// statusOfSummary is provisioningStatusInfo.
type statusOfSummary struct {
	Status string         `json:"status"`
	Error  map[string]any `json:"errorInformation"`
}

// older is the same as statusBase, or as statusDetails when there is more to say.
func (s statusOfSummary) older() map[string]any {
	wire := map[string]any{"@odata.type": "#microsoft.graph.statusBase", "status": s.Status}
	if s.Error == nil {
		return wire
	}
	wire["@odata.type"] = "#microsoft.graph.statusDetails"
	for _, name := range []string{"additionalDetails", "errorCategory", "errorCode", "reason", "recommendedAction"} {
		wire[name] = s.Error[name]
	}
	return wire
}

func capitalized(word string) string {
	if word == "" {
		return word
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// currentNames rewrites comparisons with the deprecated action, whose values begin
// with a capital, to the member that took its place.
func currentNames(e odata.Expr) odata.Expr {
	switch e := e.(type) {
	case odata.And:
		return odata.And{Left: currentNames(e.Left), Right: currentNames(e.Right)}
	case odata.Or:
		return odata.Or{Left: currentNames(e.Left), Right: currentNames(e.Right)}
	case odata.Not:
		return odata.Not{Expr: currentNames(e.Expr)}
	case odata.Compare:
		if text, ok := e.Value.(string); ok && text != "" && strings.EqualFold(string(e.Property), "action") {
			e.Property, e.Value = "provisioningAction", strings.ToLower(text[:1])+text[1:]
		}
		return e
	default:
		return e
	}
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
