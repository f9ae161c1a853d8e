// Package runner says how work is brought to workers.
//
// What there is to do stands in rows of the store, and the rows alone are the
// truth: a [Source] reads which of them are due, and a [Handler] claims one,
// carries it out for at most [Slice], and writes what it reached and when the next
// turn is due. A [Runner] only brings the two together. It may bring the same turn
// twice, late, or to two processes at once; the claim decides.
//
// Package runnertest has the promises as a suite, which every runner passes:
// package local, for the processes of one machine that share a database file, and
// package river, for many machines on PostgreSQL.
package runner

import (
	"context"
	"time"
)

// Slice is the longest that a handler works on one turn before it writes its
// position and leaves the worker to others.
const Slice = time.Minute

// Poll is how often a runner asks its source when nobody wakes it.
const Poll = time.Second

// Work is one turn of something that is due.
type Work struct {
	// Kind chooses the handler.
	Kind string `json:"kind"`
	// Key is what the work is about, in the handler's terms. It holds no secret.
	Key string `json:"key"`
	// Turn grows with every claim of Kind and Key. A turn that was brought already is
	// not brought again while it runs.
	Turn int64 `json:"turn"`
	// Due orders the waiting: the longest due comes first.
	Due time.Time `json:"-"`
	// Urgent work does not wait behind what is not.
	Urgent bool `json:"-"`
	// Outward work mostly waits for a server of somebody else: however slow those are,
	// nothing else waits behind it.
	Outward bool `json:"-"`
}

// Name identifies what a work is about, whatever its turn.
func (w Work) Name() string { return w.Kind + "/" + w.Key }

// Source tells what is due at now and claimed by nobody, the longest due first, at
// most limit of each lane (urgent and not). It may be called from any goroutine.
type Source interface {
	Due(ctx context.Context, now time.Time, limit int) ([]Work, error)
}

// Handler carries out one turn. It claims the row first and returns nil when
// somebody else has it. When ctx ends it writes its position and returns soon. An
// error is logged; the row says when it is tried again.
type Handler func(ctx context.Context, w Work) error

// Runner brings due work to handlers.
type Runner interface {
	// Run works until ctx ends and the handlers under way have returned. It is called
	// once.
	Run(ctx context.Context) error
	// Wake says that something may have become due, in this process or for another. It
	// does not wait. Work that is due is found without it too, within [Poll].
	Wake()
}
