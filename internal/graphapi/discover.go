package graphapi

import "context"

// discover answers POST …/directories/{directoryId}/discover: the schema has the
// directory as it describes itself, and the answer is the directory.
func (a *API) discover(ctx context.Context, q *request) (answer, error) {
	sp, id, err := a.job(ctx, q)
	if err != nil {
		return answer{}, err
	}
	found, err := a.Jobs.Discover(ctx, q.tenant, sp, id, q.key("directoryId"))
	if err != nil {
		return answer{}, err
	}
	return entity(q.context().Entity(a.jobSchema().path(q, "/directories")), filled(found), nil)
}
