package engine

import (
	"context"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/plan"
	"github.com/provisor/provisor/internal/scimclient"
)

// unreached is an object for which nothing could be asked, because the application was
// not to be reached at all. That says nothing of the object: unless the application
// answers for another one, it is no failure, and the cycle goes on with it later.
type unreached struct {
	number int // of its place
	out    result
}

// unasked reports whether err came of an application that was not to be reached, and
// nothing is known of its account that was not known before.
func (a *attempt) unasked(err error) bool {
	return scimclient.Unreached(err) && a.keptLink.TargetID == a.object.Link.TargetID
}

// asks reports whether the object needs something of the application.
func (a *attempt) asks() bool {
	return a.fault == nil && (a.first.Step == plan.Find || a.first.Step == plan.Fetch || a.first.Step == plan.Delete)
}

// answered is a result that is no failure: unless nothing was asked, the application is
// there.
func (a *attempt) answered(out result) result {
	if out.asked = a.asks(); out.asked {
		a.silent.end()
	}
	return out
}

// hold keeps a result back while it is open whether the application is to be reached.
// One for which it was reached releases what is held before. The lock is held.
func (r *recorder) hold(number int, out result) bool {
	if out.unreached != nil {
		r.held = append(r.held, unreached{number, out})
		return true
	}
	if !out.asked {
		return false
	}
	for _, h := range r.held {
		r.take(h.number, h.out)
	}
	r.held = nil
	return false
}

// outOfReach is why a sweep ends with objects for which nothing could be asked; nil
// when there are none. What was done of it is committed. No worker runs any more.
func (r *recorder) outOfReach(ctx context.Context) error {
	n := len(r.held)
	if n == 0 {
		return nil
	}
	last := r.held[n-1].out.unreached
	r.keep(ctx)
	return silenced(n, last)
}

// silenced is the error that ends a cycle whose target gave no answer.
func silenced(n int, err error) error {
	return errs.Wrap(err, errs.Unavailable, scimclient.Code(err),
		"The application did not answer for %d objects in a row, the last time with: %v. %s", n, err, goingOn(err))
}
