package jobs

import (
	"context"
	"errors"
	"sync"

	"github.com/provisor/provisor/internal/synchronization"
)

// ErrOrdered is the cause with which a cycle of this process is cancelled when an
// order of the API overtakes it.
var ErrOrdered = errors.New("an order overtook the cycle")

// running knows the cycles of this process, so that an order ends them at once
// instead of at their next record. The zero value is ready.
type running struct {
	mu      sync.Mutex
	cancels map[synchronization.JobID]context.CancelCauseFunc
}

func (r *running) add(id synchronization.JobID, cancel context.CancelCauseFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cancels == nil {
		r.cancels = map[synchronization.JobID]context.CancelCauseFunc{}
	}
	r.cancels[id] = cancel
}

func (r *running) remove(id synchronization.JobID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.cancels, id)
}

func (r *running) cancel(id synchronization.JobID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cancel := r.cancels[id]; cancel != nil {
		cancel(ErrOrdered)
	}
}
