package graphcli

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/app/terminal"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/watch"
)

// How often a job is looked at while it is watched: often here, and seldom enough in the
// clouds for their limits.
const (
	watchHere   = 500 * time.Millisecond
	watchClouds = 5 * time.Second
)

// vigil is the watching of one job.
type vigil struct {
	client *client
	path   string // of the job
	start  bool   // it is started first
	next   bool   // what has ended is not told, but what ends next
	asJSON bool   // the job is printed in the end, and people are told on standard error

	followed bool // a cycle was followed to its end, which was told
}

// run watches until a cycle has ended, and fails when that was no good one.
func (v *vigil) run(ctx context.Context) error {
	o := v.client.options
	out := o.Stdout
	if v.asJSON {
		out = o.Stderr
	}
	every := watchHere
	if v.client.at.cloud.name != "" {
		every = watchClouds
	}
	now := o.Now
	if now == nil {
		now = func() time.Time { return time.Time{} }
	}
	f := watch.Follower{Graph: reader{v.client}, Path: v.path, Screen: terminal.New(out, o.Getenv), Now: now, Wait: o.Wait, Every: every}
	job, err := v.follow(ctx, f)
	if err != nil {
		return err
	}
	if err := v.tell(ctx, f, job); err != nil {
		return err
	}
	if v.asJSON {
		if err := v.print(ctx); err != nil {
			return err
		}
	}
	if trouble := job.Trouble(); trouble != "" {
		return errs.New(errs.Invalid, "CycleFailed", "%s", trouble)
	}
	if last := job.Status.Last; last != nil && last.State == "EntryLevelErrors" {
		return &PartlyError{Message: "some objects could not be provisioned"}
	}
	return nil
}

// follow waits for the end of a cycle, unless none runs and none is waited for.
func (v *vigil) follow(ctx context.Context, f watch.Follower) (watch.Job, error) {
	before, err := f.Job(ctx)
	if err != nil {
		return before, err
	}
	if v.start {
		if _, err := v.client.do(ctx, request{method: http.MethodPost, path: v.path + "/start"}); err != nil {
			return before, err
		}
		f.Screen.Say("%s: started; it was %s", terminal.Printable(before.ID), terminal.Printable(before.State()))
		v.followed = true
		return f.Until(ctx, before, "Cycle")
	}
	f.Screen.Say("%s: %s", terminal.Printable(before.ID), terminal.Printable(before.State()))
	if !before.UnderWay() {
		if !v.next || !before.Active() {
			return before, nil
		}
		f.Screen.Say("No cycle runs. Waiting for the next one; Ctrl-C ends the watching, not the job.")
	}
	v.followed = true
	return f.Until(ctx, before, "Cycle")
}

// tell shows what the last cycle did. A log that cannot be read is no failure: the
// counts are in the job.
func (v *vigil) tell(ctx context.Context, f watch.Follower, job watch.Job) error {
	last := job.Status.Last
	if last == nil || last.Ended.Year() <= 1 {
		return nil
	}
	if !v.followed {
		f.Screen.Say("No cycle runs. The last one, from %s to %s: %s", last.Began.Format(time.RFC3339), last.Ended.Format(time.RFC3339), last.Counts())
	}
	account, err := f.Account(ctx, *last)
	if ctx.Err() != nil {
		return err
	}
	if err != nil {
		f.Screen.Say("The provisioning log cannot be read, so there is no table of what was done: %s", terminal.Printable(plainText(err)))
		return nil
	}
	if account.Empty() && last.Exported+last.Escrowed > 0 {
		f.Screen.Say("The provisioning log does not have this cycle yet; `audit-logs provisioning list` will in some minutes.")
		return nil
	}
	account.Show(f.Screen)
	if len(account.Failures) > 0 {
		f.Screen.Say("What failed is tried again by itself, which may take hours; `jobs restart post` tries everything again at once.")
	}
	return nil
}

// print prints the job as it is now.
func (v *vigil) print(ctx context.Context) error {
	got, err := v.client.do(ctx, request{method: http.MethodGet, path: v.path})
	if err != nil {
		return err
	}
	return printJSON(v.client.options, got)
}

// reader is how the watch reads from Graph.
type reader struct{ *client }

// Get reads one entity.
func (r reader) Get(ctx context.Context, path string, query url.Values, answer any) error {
	return r.fetch(ctx, path, query, answer)
}

// Each reads a collection page by page.
func (r reader) Each(ctx context.Context, path string, query url.Values, item func(json.RawMessage) error) error {
	got, err := r.do(ctx, request{method: http.MethodGet, path: path, query: query})
	for err == nil {
		var page struct {
			Value []json.RawMessage `json:"value"`
			Next  string            `json:"@odata.nextLink"`
		}
		if err := decodeAnswer(path, got.body, &page); err != nil {
			return err
		}
		for _, one := range page.Value {
			if err := item(one); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		if err := r.staysHere(page.Next); err != nil {
			return err
		}
		got, err = r.send(ctx, request{method: http.MethodGet}, page.Next)
	}
	return err
}

// watchable reports whether an operation can watch its job.
func (op operation) watchable() bool {
	return strings.HasSuffix(op.words, " synchronization jobs get") || strings.HasSuffix(op.words, " synchronization jobs start post")
}
