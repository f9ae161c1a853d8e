package store

import (
	"context"
	"time"
)

// Task is a piece of work other than a cycle: a row that says when it is due, who
// has it, and what came of it. What it is about is up to its kind.
type Task struct {
	Kind string
	Key  string // unique within the kind; no secret
	// Due is when it is to be done; zero means not, for it was answered.
	Due time.Time
	// Expires is the instant from which on nobody begins it any more; zero is never.
	Expires time.Time
	Urgent  bool   // somebody waits for it
	Payload []byte // what it needs to know; sealed when it is secret
	Answer  []byte // what came of it; nil until then
	// Turn grows with every claim. It fences: what an older turn does is refused.
	Turn int64
}

// Tasks keeps them. Kinds do not belong to a tenant: a key that does names it.
type Tasks interface {
	// PutTask adds t, durably, or replaces what is kept under its kind and key, but
	// not who has it. Turn is ignored.
	PutTask(ctx context.Context, t Task) error
	// Task returns one. NotFound when there is none.
	Task(ctx context.Context, kind, key string) (Task, error)
	// DueTasks returns those that are due at now, have not expired and that nobody has,
	// without payload and answer: the urgent first, then the longest due, at most limit
	// of each.
	DueTasks(ctx context.Context, now time.Time, limit int) ([]Task, error)
	// ClaimTask takes the task for holder until the instant, if its turn is still t's,
	// it has not expired, and nobody has it at now; else ok is false. It returns the
	// task with its next turn.
	ClaimTask(ctx context.Context, t Task, holder string, now, until time.Time) (claimed Task, ok bool, err error)
	// RenewTask extends a claim of t's turn. Conflict when it was overtaken.
	RenewTask(ctx context.Context, t Task, until time.Time) error
	// EndTask gives t back: due again at t.Due, kept with t.Answer, or removed when it
	// has neither, durably. Conflict when t's turn was overtaken. A task that was put
	// anew meanwhile stays as it was put.
	EndTask(ctx context.Context, t Task) error
	// RemoveTask removes one that nobody has at now; none is no error.
	RemoveTask(ctx context.Context, kind, key string, now time.Time) error
	// PruneTasks removes answered ones that were put before the instant and those that
	// expired before it, and returns how many that were.
	PruneTasks(ctx context.Context, before time.Time) (int, error)
}
