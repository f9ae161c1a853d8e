package scimclient

import (
	"context"
	"sync"
	"time"
)

// The ways in which a pace moves.
const (
	// modest is where a pace starts: what a target can be expected to bear.
	modest = 8
	// latencies that grow no more than this are taken for steady.
	steadyFactor = 2
	steadySlack  = 5 * time.Millisecond
)

// pace decides how many requests to one target may be under way at once. It starts
// modestly, grows while answers come as fast as they did, and halves when the target
// throttles. It is pure: it is told of answers and reads no clock.
type pace struct {
	limit float64
	most  float64
	// base is the shortest latency of a round so far, recent the mean of this round.
	base, sum time.Duration
	count     float64
	// steep: nothing has been throttled yet, so that it grows by halves.
	steep bool
	// deaf is how many answers still stem from before the last halving.
	deaf int
}

func newPace(most int) pace {
	return pace{limit: float64(min(modest, most)), most: float64(most), steep: true}
}

// allowed is how many requests may be under way.
func (p *pace) allowed() int { return int(p.limit) }

// answered notes an answer that was no sign of overload. After a round, which is as
// many answers as may be under way, the pace grows if they came fast enough.
func (p *pace) answered(latency time.Duration) {
	p.hear()
	p.sum += latency
	p.count++
	if p.count < p.limit {
		return
	}
	mean := p.sum / time.Duration(p.count)
	p.sum, p.count = 0, 0
	if p.base == 0 || mean < p.base {
		p.base = mean
	}
	switch {
	case mean > steadyFactor*p.base+steadySlack:
		p.steep = false
	case p.steep:
		p.limit = min(p.limit*1.5, p.most)
	default:
		p.limit = min(p.limit+1, p.most)
	}
}

// throttled notes that the target asked for less. What was under way at the time is
// answered alike, and is one sign, not many.
func (p *pace) throttled() {
	if p.hear() {
		return
	}
	p.deaf = p.allowed() - 1
	p.limit = max(1, p.limit/2)
	p.steep, p.sum, p.count = false, 0, 0
}

// hear reports whether an answer stems from before the last halving.
func (p *pace) hear() bool {
	if p.deaf == 0 {
		return false
	}
	p.deaf--
	return true
}

// slots hands out the right to send, in the order in which it was asked for.
type slots struct {
	mu      sync.Mutex
	pace    pace
	busy    int
	waiting []chan struct{}
}

// take waits for a slot.
func (s *slots) take(ctx context.Context) error {
	s.mu.Lock()
	if s.busy < s.pace.allowed() && len(s.waiting) == 0 {
		s.busy++
		s.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	s.waiting = append(s.waiting, turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		s.leave(turn)
		return context.Cause(ctx)
	}
}

// leave gives up waiting; a slot that came at the same moment goes to the next.
func (s *slots) leave(turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.waiting {
		if other == turn {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			return
		}
	}
	s.busy--
	s.pass()
}

// give returns a slot with what the answer, or err instead, says of the target.
func (s *slots) give(latency time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if overloaded(err) {
		s.pace.throttled()
	} else {
		s.pace.answered(latency)
	}
	s.busy--
	s.pass()
}

// pass gives free slots to those who wait. The lock is held.
func (s *slots) pass() {
	for len(s.waiting) > 0 && s.busy < s.pace.allowed() {
		close(s.waiting[0])
		s.waiting = s.waiting[1:]
		s.busy++
	}
}
