package engine

import (
	"context"
	"sync"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// Target is the side that a cycle writes to. [scimclient.Client] keeps it, and its
// doc comments are the contract.
type Target interface {
	Find(ctx context.Context, resourceType string, m scimclient.Match) ([]scim.Resource, error)
	Get(ctx context.Context, resourceType, id string, except ...string) (scim.Resource, error)
	Create(ctx context.Context, resourceType string, r scim.Resource, show ...scim.Path) (scim.Resource, error)
	Patch(ctx context.Context, resourceType, id string, ops []scim.PatchOp) error
	Delete(ctx context.Context, resourceType, id string) error
	List(ctx context.Context, resourceType string, paths []scim.Path, worth int) (*scimclient.Listing, error)
	References(ctx context.Context, resourceType, id string, paths []scim.Path, named bool, to scimclient.Observer) error
}

// Options are what a cycle needs to know besides its job. Store, Target, Mappings,
// Now and NewID are required.
type Options struct {
	Store    store.Provisioning
	Target   Target
	Mappings []*mapping.Mapping
	// TakeAll provisions every user and group (SyncAll), else the assigned ones.
	TakeAll bool
	// KeepOutOfScope is SkipOutOfScopeDeletions.
	KeepOutOfScope bool
	// DeleteThreshold is the most that a cycle may delete and disable.
	DeleteThreshold int64
	// Matching says how an initial cycle finds what the target has already.
	Matching synchronization.Matching
	// Concurrency bounds the objects under way at once; zero means 64.
	Concurrency int
	// ServicePrincipal names the application in the log.
	ServicePrincipal synchronization.SummaryServicePrincipal
	// InitiatedBy names in the log who asked; zero means the service itself.
	InitiatedBy synchronization.SummaryInitiator
	Now         func() time.Time
	// NewID makes GUIDs.
	NewID func() string
	// DefaultDomain is the tenant's, for the expression function of that name.
	DefaultDomain string
	// AppRoles are the application's, for expressions that map roles.
	AppRoles mapping.AppRoles
	// Observe is told of every recorded outcome; nil is silence. It must be quick
	// and may be called from several goroutines.
	Observe func(action, status string)
}

func (o Options) entitlement() mapping.Entitlement {
	if o.TakeAll {
		return mapping.Everyone
	}
	return mapping.Assigned
}

const (
	pageSize  = 1024
	groupSize = 512 // outcomes of one commit, which the store writes with few statements
	// chunkSize is the number of members in one PATCH. Some targets take no more.
	chunkSize = 100
	// patience is how many objects in a row may fail because the target does not
	// answer before the cycle ends and waits for the next one.
	patience = 50
)

// Cycle is one run of one job, or the rest of one.
type Cycle struct {
	Options
	claim  store.Claim
	state  synchronization.Cycle
	byKind map[directory.Kind]*mapping.Mapping
	claims *matchClaims
	// contexts are those of the records of this slice.
	contexts recordContexts
	silent   streak
	// listings are what the target had when a sweep of this slice began, by kind; an
	// entry that is nil says that everything is looked up.
	listings map[directory.Kind]*scimclient.Listing
	ahead    *ahead        // nil when nothing is being read ahead
	passed   []int64       // positions of the sweep that an earlier slice has done, in order
	until    time.Time     // the end of the slice
	slice    time.Duration // how long it is
	// onDemand: single objects are provisioned, and the job's cycle stays where it is.
	onDemand bool
	mu       sync.Mutex // guards state.After and the counts while workers run
}

// New prepares the cycle that the claimed job is in, or a new one.
func New(o Options, claim store.Claim) *Cycle {
	if o.Concurrency == 0 {
		o.Concurrency = 64
	}
	if o.Observe == nil {
		o.Observe = func(string, string) {}
	}
	c := &Cycle{Options: o, claim: claim, byKind: map[directory.Kind]*mapping.Mapping{}, claims: newMatchClaims(), listings: map[directory.Kind]*scimclient.Listing{}}
	for _, m := range o.Mappings {
		if c.byKind[m.Kind] == nil {
			c.byKind[m.Kind] = m
		}
	}
	if claim.Job.Cycle != nil {
		c.state = *claim.Job.Cycle
	}
	return c
}

// Run works until the cycle is done, until the instant is past, or until
// something ends it: the context, the store, or a target that refuses the
// credentials or does not answer. In every case it returns the state reached, which
// never goes beyond what is recorded. A slice has an end even where one page takes
// longer than it: what was begun is finished, and the rest is left to the next.
func (c *Cycle) Run(ctx context.Context, until time.Time) (synchronization.Cycle, error) {
	c.until, c.slice = until, until.Sub(c.Now())
	defer c.drop()
	if err := c.begin(ctx); err != nil {
		return c.state, ended(ctx, err)
	}
	for c.state.Phase != synchronization.PhaseDone && c.Now().Before(until) {
		if err := context.Cause(ctx); err != nil {
			return c.state, err
		}
		if err := c.step(ctx); err != nil {
			return c.state, ended(ctx, err)
		}
	}
	return c.state, nil
}

// ended is why a slice ended: what ended the context comes before what that caused.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// begin opens a new cycle: it reads what changed up to the feed's present head.
// Later changes belong to the next cycle.
func (c *Cycle) begin(ctx context.Context) error {
	if c.state.ID != "" {
		return nil
	}
	head, err := c.Store.Head(ctx, c.claim.Job.Tenant)
	if err != nil {
		return err
	}
	from := c.claim.Job.Watermark
	total, err := c.Store.CountChanges(ctx, c.claim.Job.Tenant, from, head)
	if err != nil {
		return err
	}
	if from == 0 {
		if err := c.Store.RecheckReferences(ctx, c.claim); err != nil {
			return err
		}
	}
	c.state = synchronization.Cycle{ID: c.NewID(), Initial: from == 0, From: from, Head: head, Total: total, Forced: c.claim.Job.ForceDeletes}
	c.state.Counts.ActivityID, c.state.Counts.Began = c.state.ID, c.Now()
	return nil
}

// step does one page of the phase, or goes to the next phase.
func (c *Cycle) step(ctx context.Context) error {
	var more bool
	var err error
	switch c.state.Phase { //nolint:exhaustive // the others are sweeps
	case synchronization.PhaseSurveyUsers:
		more, err = c.survey(ctx, directory.User)
	case synchronization.PhaseSurveyGroups:
		more, err = c.survey(ctx, directory.Group)
	case synchronization.PhaseWeigh:
		err = c.weigh(ctx)
	case synchronization.PhaseReferences:
		more, err = c.references(ctx)
	case synchronization.PhaseDone:
	default:
		more, err = c.objects(ctx, sweepOf(c.state.Phase))
	}
	if err != nil || more {
		return err
	}
	c.state.Phase++
	c.state.After, c.state.Beyond = 0, nil
	if c.state.Phase == synchronization.PhaseDone {
		return c.owe(ctx)
	}
	return nil
}

// owe counts, at the end of a cycle, what failed in earlier ones and waits for its next
// attempt: it is in error still, though this cycle had nothing to do with it.
func (c *Cycle) owe(ctx context.Context) error {
	owed, err := c.Store.Owed(ctx, c.claim)
	if err != nil {
		c.state.Phase-- // asked again by the next slice
		return err
	}
	n := &c.state.Counts
	n.Escrowed, n.EscrowedRaw = max(n.Escrowed, owed), max(n.EscrowedRaw, owed)
	return nil
}

// snapshot returns the state as it is to be recorded: none, when the job's cycle is
// not what runs.
func (c *Cycle) snapshot() synchronization.Cycle {
	if c.onDemand {
		return synchronization.Cycle{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// reach moves the position of the phase to what is recorded.
func (c *Cycle) reach(at synchronization.Cycle) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.After, c.state.Beyond = at.After, at.Beyond
}

// count adds one object to the counts of the cycle.
func (c *Cycle) count(t tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := &c.state.Counts
	n.Imported += t.imported
	if !c.state.Initial {
		n.ImportedDeltas += t.imported
	}
	n.Entitled += t.entitled
	n.EntitledForProvisioning += t.entitled
	n.Exports += t.exports
	n.Exported += t.exported
	n.Escrowed += t.failed
	n.EscrowedRaw += t.failed
	c.state.Failed += t.failed
	c.state.Succeeded += t.exported + t.compared
	c.state.Pruned += t.pruned
}

// countReferences adds references that were written.
func (c *Cycle) countReferences(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Counts.ImportedReferenceDeltas += int64(n)
}

// countFailure adds an owner whose references could not be written.
func (c *Cycle) countFailure() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Counts.Escrowed++
	c.state.Counts.EscrowedRaw++
	c.state.FailedReferences++
}
