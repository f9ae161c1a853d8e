// Package faults puts failures between a SCIM client and a server, on a schedule
// that is data: the same schedule and the same requests give the same failures.
//
//	target := faults.Wrap(scimserver.New(options), faults.Random(seed, faults.Rates{ResetAfter: 0.05}))
//	http.Serve(listener, target)
//	...
//	for _, injected := range target.Trace() { ... }
package faults

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"time"
)

// Kind is a way to fail.
type Kind uint8

// The kinds.  "Applied" means that the server has carried the request out although
// the client cannot know.  The zero Kind is no fault.
const (
	None            Kind = iota
	TooManyRequests      // 429, not applied; Retry-After where the fault sets it
	InternalError        // 500, not applied
	Unavailable          // 503, not applied; Retry-After where the fault sets it
	ResetBefore          // the connection is reset, not applied
	ResetAfter           // the connection is reset, applied
	HalfBody             // the answer breaks off in the middle, applied
	HangBefore           // no answer until Delay has passed or the client has gone, not applied
	HangAfter            // no answer until Delay has passed or the client has gone, applied
	HTML                 // 200 with a page of a proxy, not applied
	Slow                 // the right answer, after Delay
)

// Kinds lists every kind but None.
func Kinds() []Kind {
	return []Kind{
		TooManyRequests, InternalError, Unavailable, ResetBefore, ResetAfter,
		HalfBody, HangBefore, HangAfter, HTML, Slow,
	}
}

// String returns the name of the kind.
func (k Kind) String() string {
	switch k {
	case None:
		return "none"
	case TooManyRequests:
		return "429"
	case InternalError:
		return "500"
	case Unavailable:
		return "503"
	case ResetBefore:
		return "reset before"
	case ResetAfter:
		return "reset after"
	case HalfBody:
		return "half body"
	case HangBefore:
		return "hang before"
	case HangAfter:
		return "hang after"
	case HTML:
		return "html"
	case Slow:
		return "slow"
	default:
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
}

// Applies reports whether a request that meets the fault is carried out.
func (k Kind) Applies() bool {
	switch k {
	case None, ResetAfter, HalfBody, HangAfter, Slow:
		return true
	case TooManyRequests, InternalError, Unavailable, ResetBefore, HangBefore, HTML:
		return false
	default:
		return false
	}
}

// Fault is one failure.
type Fault struct {
	Kind       Kind
	RetryAfter time.Duration // rounded up to seconds; zero leaves the header out
	Delay      time.Duration // for HangBefore, HangAfter and Slow; zero hangs until the client goes
}

// Rule gives a fault to requests.  Its conditions must all hold; an empty one
// always does.
type Rule struct {
	Method  string // such as "POST"
	Path    string // a pattern of http.ServeMux without method, such as "/Users/{id}"
	Number  int    // the nth request of all, from 1
	Match   int    // the nth request that Method and Path match, from 1
	Attempt int    // the nth time that this very request comes, from 1
	Fault   Fault
}

// Schedule says which requests meet which faults.  The first rule that holds wins;
// where none does, chance decides by the rates.  The zero Schedule injects nothing.
type Schedule struct {
	Rules []Rule
	Seed  uint64
	Rates Rates
}

// Rates are the probabilities, from 0 to 1, with which faults of chance come.
// Their sum should not exceed 1.
type Rates struct {
	TooManyRequests, InternalError, Unavailable float64
	ResetBefore, ResetAfter, HalfBody           float64
	HangBefore, HangAfter, HTML, Slow           float64

	// RetryAfter stands in every second answer 429 and 503; zero in none.
	RetryAfter time.Duration

	// Delay is that of HangBefore, HangAfter and Slow.
	Delay time.Duration

	// MaxAttempts bounds the faults that one and the same request meets in a row,
	// so that a client that repeats it gets through; zero means 3.
	MaxAttempts int
}

// Random returns the schedule in which chance alone decides.
func Random(seed uint64, rates Rates) Schedule { return Schedule{Seed: seed, Rates: rates} }

// Uniform returns rates at which some fault comes with the given probability, each
// kind but the slow ones as often as the others.
func Uniform(probability float64) Rates {
	p := probability / 7
	return Rates{
		TooManyRequests: p, InternalError: p, Unavailable: p,
		ResetBefore: p, ResetAfter: p, HalfBody: p, HTML: p,
	}
}

func (r Rates) of(k Kind) float64 {
	switch k {
	case TooManyRequests:
		return r.TooManyRequests
	case InternalError:
		return r.InternalError
	case Unavailable:
		return r.Unavailable
	case ResetBefore:
		return r.ResetBefore
	case ResetAfter:
		return r.ResetAfter
	case HalfBody:
		return r.HalfBody
	case HangBefore:
		return r.HangBefore
	case HangAfter:
		return r.HangAfter
	case HTML:
		return r.HTML
	case Slow:
		return r.Slow
	case None:
		return 0
	default:
		return 0
	}
}

// occasion is one request as a schedule sees it.
type occasion struct {
	method      string
	fingerprint uint64       // of method, URL and body
	number      int          // among all requests
	attempt     int          // of this very request
	matches     map[int]int  // by rule: how many requests matched its method and path
	matching    map[int]bool // by rule: whether this one does
}

// fault returns what an occasion meets.
func (s Schedule) fault(o occasion) Fault {
	for i, r := range s.Rules {
		if o.matching[i] && holds(r.Number, o.number) && holds(r.Match, o.matches[i]) && holds(r.Attempt, o.attempt) {
			return r.Fault
		}
	}
	return s.chance(o)
}

func holds(condition, n int) bool { return condition == 0 || condition == n }

// chance draws a fault.  It depends on the request and the attempt alone, not on
// the order in which concurrent requests come.
func (s Schedule) chance(o occasion) Fault {
	limit := s.Rates.MaxAttempts
	if limit == 0 {
		limit = 3
	}
	if o.attempt > limit {
		return Fault{}
	}
	random := rand.New(rand.NewPCG(s.Seed, o.fingerprint+uint64(o.attempt))) //nolint:gosec // repeatable chance is the purpose
	draw := random.Float64()
	for _, k := range Kinds() {
		if draw -= s.Rates.of(k); draw < 0 {
			f := Fault{Kind: k, Delay: s.Rates.Delay}
			if random.IntN(2) == 0 {
				f.RetryAfter = s.Rates.RetryAfter
			}
			return f
		}
	}
	return Fault{}
}

// fingerprint tells requests apart that differ in method, URL or body.
func fingerprint(r *http.Request, body []byte) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s %s\n", r.Method, r.URL.RequestURI())
	_, _ = h.Write(body)
	return h.Sum64()
}
