package storetest

import (
	"time"
)

func (f *fixture) seat(target, holder string, at time.Time) int {
	f.Helper()
	n, err := f.TakeSeat(f.Context(), target, holder, at, time.Minute)
	f.succeed(err)
	return n
}

func seatChecks() []check {
	return []check{
		{"the seats of a target are counted", func(f *fixture) {
			equal(f, f.seat("https://a.example", "one", f.now), 1, "alone")
			equal(f, f.seat("https://a.example", "two", f.now), 2, "two")
			equal(f, f.seat("https://a.example", "one", f.now), 2, "one that keeps its seat")
			equal(f, f.seat("https://b.example", "one", f.now), 1, "another target")
		}},
		{"a seat ends when it is left, or by itself", func(f *fixture) {
			f.seat("https://a.example", "one", f.now)
			f.seat("https://a.example", "two", f.now.Add(30*time.Second))
			f.succeed(f.LeaveSeat(f.Context(), "https://a.example", "nobody"))
			equal(f, f.seat("https://a.example", "three", f.now.Add(time.Minute)), 2, "the first has ended")
			f.succeed(f.LeaveSeat(f.Context(), "https://a.example", "two"))
			equal(f, f.seat("https://a.example", "three", f.now.Add(time.Minute)), 1, "the second was left")
		}},
	}
}
