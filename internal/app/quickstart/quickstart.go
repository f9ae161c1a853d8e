// Package quickstart takes a newcomer through one whole provisioning, in the order
// in which an administrator does it: import people, make an application, give it
// credentials, acquire the token, run a cycle, change something, run the next one,
// and read back what arrived.
//
// It is a client of the Graph API over HTTP like any other and uses nothing that
// others cannot.
package quickstart

import (
	"context"
	"net/http"
	"time"

	"github.com/provisor/provisor/internal/app/terminal"
	"github.com/provisor/provisor/internal/errs"
)

// Options are what a quickstart works with. Screen, Service, Target, HTTP, Import
// and Now are required.
type Options struct {
	Screen  *terminal.Screen
	Service Service
	Target  Target
	// HTTP carries the requests to the service and those that read back from the
	// target.
	HTTP *http.Client
	// Import fills the directory and returns one line about what it did.
	Import func(context.Context, *terminal.Progress) (string, error)
	Now    func() time.Time
}

// Service is where the Graph API is and who may call it.
type Service struct {
	GraphEndpoint string // without version
	Authority     string // with tenant
	ClientID      string
	ClientSecret  string
}

// Target is the application that people are provisioned into, and how tokens for
// it are got: by client credentials, or Bearer as it is.
type Target struct {
	Name         string // of the application that is made for it
	SCIMEndpoint string
	TokenURL     string
	ClientID     string
	ClientSecret string
	Bearer       string
	Dialect      string // entra, entra-scim062020 or rfc7644
	Page         string // where a person can look at it; may be empty
}

// Result is what a finished quickstart tells its caller.
type Result struct {
	ServicePrincipalID string
	ApplicationID      string
	JobID              string
	// Complete: everything in scope was provisioned, and reading it back from the
	// target proved it.
	Complete bool
}

// run is one quickstart under way.
type run struct {
	Options
	graph  *graph
	target *target
	result Result
	failed int64 // objects that a cycle could not provision
}

// Run walks through the whole quickstart. It returns an error when a step cannot
// be done at all; objects that could not be provisioned leave Complete false.
func Run(ctx context.Context, o Options) (Result, error) {
	r := &run{Options: o}
	r.graph = newGraph(ctx, o)
	r.target = newTarget(ctx, o)
	steps := []func(context.Context) error{
		r.fillDirectory, r.makeApplication, r.acquireToken, r.firstCycle, r.changePeople, r.verify,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return r.result, interrupted(ctx, err)
		}
	}
	return r.result, nil
}

// interrupted prefers the reason why ctx ended over what came of it.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (r *run) fillDirectory(ctx context.Context) error {
	r.Screen.Title("1  A directory of people and groups")
	progress := r.Screen.Progress("Import", r.Now)
	line, err := r.Import(ctx, progress)
	if err != nil {
		return err
	}
	progress.Done("%s", line)
	return nil
}

// pause waits, or returns why ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// unreachable is the error for an answer that did not come.
func unreachable(err error, what, where, next string) error {
	return errs.Wrap(err, errs.Unavailable, "Unreachable", "%s at %s does not answer: %s. %s", what, where, plain(err), next)
}
