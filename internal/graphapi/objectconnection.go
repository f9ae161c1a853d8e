package graphapi

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// objectConnection is the link of an object with its account, which beta shows.
type objectConnection struct {
	ObjectID       string `json:"objectId"`
	SourceAnchor   string `json:"sourceAnchor"`
	TargetAnchor   string `json:"targetAnchor"`
	DisplayName    string `json:"displayName"`
	ObjectTypeName string `json:"objectTypeName"`
}

// getConnection answers GET …/objectConnections('{objectId}'): by the id of the
// object, then by that of its account.
func (a *API) getConnection(ctx context.Context, q *request) (answer, error) {
	sp, id, err := a.job(ctx, q)
	if err != nil {
		return answer{}, err
	}
	c, err := a.Jobs.Connection(ctx, q.tenant, sp, id, q.key("objectId"))
	if err != nil {
		return answer{}, err
	}
	wire := objectConnection{
		ObjectID: string(c.Object), SourceAnchor: string(c.Object), TargetAnchor: c.TargetID, DisplayName: c.DisplayName,
		ObjectTypeName: objectTypeName(c.Kind),
	}
	return entity(q.context().Entity(q.jobPath("objectConnections")), wire, nil)
}

// objectTypeName is what schemas call objects of a kind.
func objectTypeName(k directory.Kind) string {
	if k == directory.Group {
		return "Group"
	}
	return "User"
}

// listConnections refuses the list, as the original service does: there can be as
// many connections as there are objects.
func (a *API) listConnections(context.Context, *request) (answer, error) {
	return answer{}, errs.New(errs.Invalid, "Request_UnsupportedQuery",
		"Connections are not listed. GET …/objectConnections('{objectId}') looks at one, by the id of the object or of its account.")
}

// deleteConnection answers DELETE …/objectConnections('{objectId}'). The account stays
// as it is.
func (a *API) deleteConnection(ctx context.Context, q *request) (answer, error) {
	sp, id, err := a.job(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return noContent(), a.Jobs.Disconnect(ctx, q.tenant, sp, id, q.key("objectId"))
}
