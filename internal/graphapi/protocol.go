package graphapi

import (
	"context"

	id "github.com/provisor/provisor/internal/identity"
)

// The patterns of the resources that OData itself defines.
const (
	batchPattern    = "$batch"
	metadataPattern = "$metadata"
)

// protocolRoutes are what OData defines for every service.
func (a *API) protocolRoutes() []Route {
	return graph(
		Route{Method: post, Pattern: batchPattern, Operation: id.SendBatch, body: jsonLarge, handle: a.batch},
		Route{Method: get, Pattern: metadataPattern, Public: true, handle: a.metadata},
	)
}

// metadata answers GET $metadata: the types that the version serves.
func (a *API) metadata(_ context.Context, q *request) (answer, error) {
	return answer{status: 200, contentType: "application/xml", body: a.documents[q.version]()}, nil
}
