package engine

import (
	"context"
	"sync"

	"github.com/provisor/provisor/internal/store"
)

// stream hands out the objects of a sweep, page after page: nobody waits for the last
// answers of a page before the first object of the next is begun. The objects of two
// pages are under way at most, so that what is remembered of them has a bound.
type stream struct {
	recorder *recorder
	read     func(behind batch) (batch, error)

	mu    sync.Mutex
	quiet *sync.Cond // no object of an earlier page is under way
	batch batch
	page  int         // the number of the batch, from 1
	first int         // the number of its first object with the recorder
	left  int         // how many of its objects are not handed out
	under map[int]int // objects under way, by page
	begun bool        // something was handed out
	ended bool        // nothing more is
}

// task is an object that was handed out.
type task struct {
	attempt *attempt
	number  int // of its place with the recorder
}

func newStream(r *recorder, first batch, read func(batch) (batch, error)) *stream {
	s := &stream{recorder: r, read: read, under: map[int]int{}}
	s.quiet = sync.NewCond(&s.mu)
	s.accept(first)
	return s
}

// work processes what the stream hands out until it ends.
func (s *stream) work(ctx context.Context) error {
	for {
		t, err := s.take(ctx)
		if err != nil || t.attempt == nil {
			return err
		}
		if err := s.do(ctx, t); err != nil {
			return err
		}
	}
}

func (s *stream) do(ctx context.Context, t task) error {
	defer s.done(t.attempt.page)
	out, err := t.attempt.take(ctx)
	if err != nil {
		return err
	}
	return s.recorder.add(ctx, t.number, out)
}

// take returns the next object; none when the sweep or the slice is over. The first is
// given even then, so that every slice gets on.
func (s *stream) take(ctx context.Context) (task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.ended || s.begun && !s.recorder.cycle.open(ctx):
			s.ended = true
			return task{}, nil
		case s.left > 0:
			return s.hand(), nil
		}
		if err := s.turn(); err != nil {
			s.ended = true
			return task{}, err
		}
	}
}

func (s *stream) hand() task {
	at := len(s.batch.attempts) - s.left
	t := task{s.batch.attempts[at], s.first + at}
	s.batch.attempts[at] = nil // of no use here any more
	t.attempt.page = s.page
	s.left--
	s.under[s.page]++
	s.begun = true
	return t
}

// turn goes on to the next page, or waits for an earlier one. Sweeps that are not of
// changes read what outcomes leave behind, so each of their pages stands alone.
func (s *stream) turn() error {
	if !s.batch.full || s.recorder.sweep.of != store.Changed {
		s.ended = true
		return nil
	}
	if s.waits() {
		s.quiet.Wait()
		return nil
	}
	b, err := s.read(s.batch)
	if err == nil {
		s.accept(b)
	}
	return err
}

// waits reports whether an object of an earlier page is under way.
func (s *stream) waits() bool {
	for page, n := range s.under {
		if page < s.page && n > 0 {
			return true
		}
	}
	return false
}

func (s *stream) accept(b batch) {
	s.batch, s.left = b, len(b.attempts)
	s.page++
	s.first = s.recorder.expect(b, s.page)
}

// done notes that an object is no longer under way.
func (s *stream) done(page int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.under[page]--; s.under[page] == 0 {
		delete(s.under, page)
		s.quiet.Broadcast()
	}
}

// more reports whether the sweep may have more than was handed out.
func (s *stream) more() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left > 0 || s.batch.full
}
