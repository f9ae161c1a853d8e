package quickstart

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/watch"
)

// pollEvery is how often the job is asked how far it is.
const pollEvery = 100 * time.Millisecond

// follower follows the job of the quickstart.
func (r *run) follower() watch.Follower {
	return watch.Follower{
		Graph: reader{r.graph}, Path: r.job(""), Screen: r.Screen, Now: r.Now, Wait: pause, Every: pollEvery,
	}
}

// reader is how the watch reads from the service.
type reader struct{ *graph }

// Get reads one entity.
func (r reader) Get(ctx context.Context, path string, query url.Values, answer any) error {
	return r.call(ctx, http.MethodGet, withQuery(path, query), nil, answer)
}

// Each reads a collection.
func (r reader) Each(ctx context.Context, path string, query url.Values, item func(json.RawMessage) error) error {
	return collection(ctx, r.graph, withQuery(path, query), item)
}

func withQuery(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

func (r *run) firstCycle(ctx context.Context) error {
	r.Screen.Title("4  The initial cycle")
	if err := r.makeJob(ctx); err != nil {
		return err
	}
	r.Screen.Say("Made job %s from template %s; it writes SCIM as %s does.", r.result.JobID, templateID, r.Target.Dialect)
	cycle, err := r.runCycle(ctx, "Initial cycle")
	if err != nil {
		return err
	}
	account, err := r.follower().Account(ctx, cycle)
	if err != nil {
		return err
	}
	account.Show(r.Screen)
	if account.Updates() > 0 {
		r.Screen.Say(" %s", r.Screen.Faint("The updates of an initial cycle are managers and members: they are written once both ends exist."))
	}
	r.failed = int64(len(account.Failures))
	if r.failed > 0 && cycle.Exported == 0 {
		return errs.New(errs.Unavailable, "NothingProvisioned",
			"Nobody could be provisioned: %d objects failed. The first was %s: %s", r.failed, account.Failures[0][0], account.Failures[0][1])
	}
	return nil
}

// runCycle starts the job and watches until a cycle has ended.
func (r *run) runCycle(ctx context.Context, label string) (watch.Execution, error) {
	follower := r.follower()
	before, err := follower.Job(ctx)
	if err != nil {
		return watch.Execution{}, err
	}
	if err := r.graph.call(ctx, http.MethodPost, r.job("/start"), nil, nil); err != nil {
		return watch.Execution{}, err
	}
	after, err := follower.Until(ctx, before, label)
	if err != nil {
		return watch.Execution{}, err
	}
	if trouble := after.Trouble(); trouble != "" {
		return watch.Execution{}, errs.New(errs.Unavailable, "CycleFailed", "%s", trouble)
	}
	return *after.Status.Last, nil
}
