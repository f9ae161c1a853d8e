// Package local is the runner of one process: it asks its source and runs what is
// due on goroutines. Several processes may share the source; their claims keep them
// apart.
package local

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/provisor/provisor/internal/runner"
)

// Runner runs due work in this process. Make it with [New].
type Runner struct {
	runner.Options
	wake chan struct{}
	ends chan struct{} // a handler returned
	mu   sync.Mutex
	busy map[string]bool      // by Work.Name
	seen map[string]encounter // by Work.Name: turns that were brought and are still due
	load [runner.Lanes]int    // running turns
}

// encounter remembers that a turn was brought, so that one whose row somebody else
// holds is not brought again in a tight loop.
type encounter struct {
	turn int64
	at   time.Time
}

var _ runner.Runner = (*Runner)(nil)

// New returns a runner.
func New(o runner.Options) *Runner {
	return &Runner{
		Options: o.WithDefaults(), wake: make(chan struct{}, 1), ends: make(chan struct{}, 1),
		busy: map[string]bool{}, seen: map[string]encounter{},
	}
}

// Wake makes the runner ask its source now.
func (r *Runner) Wake() { signal(r.wake) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run works until ctx ends and the handlers under way have returned.
func (r *Runner) Run(ctx context.Context) error {
	if r.Workers == 0 {
		<-ctx.Done()
		return nil
	}
	var running sync.WaitGroup
	defer running.Wait()
	ticker := time.NewTicker(r.Poll)
	defer ticker.Stop()
	for ctx.Err() == nil {
		r.dispatch(ctx, &running)
		select {
		case <-r.wake:
		case <-r.ends:
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
	return nil
}

// dispatch starts as much of what is due as there are free workers.
func (r *Runner) dispatch(ctx context.Context, running *sync.WaitGroup) {
	if r.full() {
		return
	}
	now := r.Now()
	// Those that run already may still be listed, so ask for more than can be started.
	due, err := r.Source.Due(ctx, now, 2*(r.Workers+r.Urgent+r.Outward))
	if err != nil {
		if ctx.Err() == nil {
			r.Log.LogAttrs(ctx, slog.LevelError, "cannot look for work; it is tried again", slog.String("error", err.Error()))
		}
		return
	}
	r.forget(now)
	for _, w := range due {
		if r.take(w, now) {
			running.Go(func() { r.run(ctx, w) })
		}
	}
}

func (r *Runner) full() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for lane, running := range r.load {
		if running < r.Room(runner.Lane(lane)) {
			return false
		}
	}
	return true
}

// forget drops encounters that no longer hold anything back.
func (r *Runner) forget(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, e := range r.seen {
		if now.Sub(e.at) >= r.Poll {
			delete(r.seen, name)
		}
	}
}

// take claims a worker of this process for w; false when there is none free, or w
// runs, or was brought a moment ago.
func (r *Runner) take(w runner.Work, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	lane, name := w.Lane(), w.Name()
	last, met := r.seen[name]
	if r.load[lane] >= r.Room(lane) || r.busy[name] || met && last.turn == w.Turn {
		return false
	}
	r.load[lane]++
	r.busy[name] = true
	r.seen[name] = encounter{w.Turn, now}
	return true
}

// run carries out one turn and frees its worker.
func (r *Runner) run(ctx context.Context, w runner.Work) {
	defer signal(r.ends)
	defer r.free(w)
	if err := runner.Safely(ctx, r.Handlers, w); err != nil {
		r.Log.LogAttrs(ctx, slog.LevelError, "work failed; it is tried again when it is due",
			slog.String("work", w.Name()), slog.String("error", fmt.Sprint(err)))
	}
}

func (r *Runner) free(w runner.Work) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.busy, w.Name())
	r.load[w.Lane()]--
}
