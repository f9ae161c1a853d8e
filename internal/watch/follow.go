package watch

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/provisor/provisor/internal/app/terminal"
)

// Graph reads from a Graph. Paths are below the version and begin with a slash.
type Graph interface {
	// Get reads one entity into answer.
	Get(ctx context.Context, path string, query url.Values, answer any) error
	// Each calls item for every member of a collection, page after page, until item
	// returns an error, which it returns.
	Each(ctx context.Context, path string, query url.Values, item func(json.RawMessage) error) error
}

// Follower follows one job. All members are required.
type Follower struct {
	Graph  Graph
	Path   string // of the job
	Screen *terminal.Screen
	Now    func() time.Time
	Wait   func(context.Context, time.Duration) error
	Every  time.Duration // between two looks at the job
}

// Job reads the job as it is now.
func (f Follower) Job(ctx context.Context) (Job, error) {
	var j Job
	err := f.Graph.Get(ctx, f.Path, nil, &j)
	return j, err
}

// Until shows the progress of the job, under a label, until a cycle has ended since it
// was before, or will not end: see [Job.Trouble].
func (f Follower) Until(ctx context.Context, before Job, label string) (Job, error) {
	shown := f.Screen.Progress(label, f.Now)
	for {
		now, err := f.Job(ctx)
		if err != nil {
			return now, err
		}
		if now.since(before) {
			finish(shown, now)
			return now, nil
		}
		for _, p := range now.Status.Progress {
			shown.Set(p.Completed, p.Total)
		}
		if err := f.Wait(ctx, f.Every); err != nil {
			return now, err
		}
	}
}

func finish(shown *terminal.Progress, j Job) {
	switch {
	case j.Trouble() == "":
		shown.Done("%s", j.Status.Last.Counts())
	case j.Status.Last == nil:
		shown.Done("stopped")
	default:
		shown.Done("stopped; %s", j.Status.Last.Counts())
	}
}
