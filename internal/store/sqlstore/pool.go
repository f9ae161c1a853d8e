package sqlstore

import (
	"errors"
	"sync"
)

// pool keeps sessions that are lent. The one that came back last is lent first: its
// statements are prepared, and on a server they are planned and the caches of its
// process are filled. Those that only a burst has needed rest, or were never connected.
type pool struct {
	free chan struct{} // one token for each session that is here
	mu   sync.Mutex
	idle []*session
}

func newPool(n int, session func() *session) *pool {
	p := &pool{free: make(chan struct{}, n)}
	for range n {
		p.put(session())
	}
	return p
}

// take removes a session, for a token that was received.
func (p *pool) take() *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	s := p.idle[last]
	p.idle = p.idle[:last]
	return s
}

func (p *pool) put(s *session) {
	p.mu.Lock()
	p.idle = append(p.idle, s)
	p.mu.Unlock()
	p.free <- struct{}{}
}

// close waits for the sessions that are lent, and closes all.
func (p *pool) close() error {
	if p == nil {
		return nil
	}
	var err error
	for range cap(p.free) {
		<-p.free
		err = errors.Join(err, p.take().close())
	}
	return err
}
