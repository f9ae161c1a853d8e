package runnertest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/provisor/provisor/internal/runner"
)

// row is one row of the truth.
type row struct {
	key  string
	due  time.Time // zero: not due
	turn int64
	held bool
	lane runner.Lane
	runs int // turns that were carried out
}

// world keeps rows as a store does: a claim raises the turn, and one that is held
// is not due.
type world struct {
	mu      sync.Mutex
	rows    map[string]*row
	order   []string // keys in the order of their claims
	running int
	most    int // turns that ran at once
	// do carries out a turn, outside the lock; it returns when the next one is due.
	do func(ctx context.Context, key string) (time.Time, error)
}

const kind = "turn"

func newWorld(do func(ctx context.Context, key string) (time.Time, error)) *world {
	return &world{rows: map[string]*row{}, do: do}
}

// add makes a row that is due since the instant.
func (w *world) add(key string, due time.Time, urgent bool) {
	w.addTo(map[bool]runner.Lane{true: runner.Urgent}[urgent], key, due)
}

// addTo makes a row of a lane.
func (w *world) addTo(lane runner.Lane, key string, due time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rows[key] = &row{key: key, due: due, lane: lane}
}

// die leaves the row as a process does that died after its claim.
func (w *world) die(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rows[key].turn++
	w.rows[key].held = true
}

// expire ends the lease of a dead process.
func (w *world) expire(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rows[key].held = false
}

func (w *world) runs(key string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rows[key].runs
}

// claims returns the keys in the order in which they were claimed.
func (w *world) claims() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.order)
}

func (w *world) highest() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.most
}

// Due tells what is due and held by nobody.
func (w *world) Due(_ context.Context, now time.Time, limit int) ([]runner.Work, error) {
	var lanes [runner.Lanes][]runner.Work
	for _, work := range w.due(now) {
		if lane := work.Lane(); len(lanes[lane]) < limit {
			lanes[lane] = append(lanes[lane], work)
		}
	}
	return slices.Concat(lanes[runner.Urgent], lanes[runner.Ordinary], lanes[runner.Outward]), nil
}

func (w *world) due(now time.Time) []runner.Work {
	w.mu.Lock()
	defer w.mu.Unlock()
	var due []runner.Work
	for _, r := range w.rows {
		if !r.due.IsZero() && !r.due.After(now) && !r.held {
			due = append(due, runner.Work{Kind: kind, Key: r.key, Turn: r.turn, Due: r.due, Urgent: r.lane == runner.Urgent, Outward: r.lane == runner.Outward})
		}
	}
	slices.SortFunc(due, func(a, b runner.Work) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Key, b.Key)) })
	return due
}

// handle claims, carries out and releases.
func (w *world) handle(ctx context.Context, work runner.Work) error {
	if !w.claim(work) {
		return nil
	}
	var next time.Time
	defer func() { w.release(work.Key, next) }() // also when it panics
	var err error
	next, err = w.do(ctx, work.Key)
	return err
}

func (w *world) claim(work runner.Work) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.rows[work.Key]
	if r.held || r.turn != work.Turn {
		return false
	}
	r.held = true
	r.turn++
	w.order = append(w.order, r.key)
	w.running++
	w.most = max(w.most, w.running)
	return true
}

func (w *world) release(key string, next time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.rows[key]
	r.held = false
	r.due = next
	r.runs++
	w.running--
}
