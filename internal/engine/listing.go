package engine

import (
	"context"
	"math"

	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/scimclient"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/synchronization"
)

// A listing of the target is worth it when many objects are to be looked up, and when
// it takes few requests for each of them.
const (
	listingFloor = 200
	listingShare = 4
)

// list reads once in a slice what the target has, so that an initial cycle need not
// ask for every object that is not there. A listing proves absence only: what it does
// not rule out is looked up, and so is what may have been created meanwhile.
func (c *Cycle) list(ctx context.Context, m *mapping.Mapping, s sweep) error {
	_, done := c.listings[s.kind]
	if done || s.of != store.Changed || !c.state.Initial || c.Matching == synchronization.MatchByLookUp || c.state.Unlisted {
		return nil
	}
	c.listings[s.kind] = nil
	left := c.state.Total - c.state.Counts.Imported
	worth := int(left / listingShare)
	switch {
	case c.Matching == synchronization.MatchByListing:
		worth = math.MaxInt
	case left < listingFloor:
		return nil
	}
	return c.listFor(ctx, m, worth)
}

// listFor lists for half of a slice at most, because every slice lists anew and the rest
// of it is for the objects. A target that takes longer is not listed again in this cycle.
func (c *Cycle) listFor(ctx context.Context, m *mapping.Mapping, worth int) error {
	if c.until.Sub(c.Now()) < c.slice/2 {
		return nil // what is left of this slice is looked up
	}
	brief, cancel := context.WithTimeout(ctx, c.slice/2)
	defer cancel()
	listing, err := c.Target.List(brief, m.ResourceType, m.MatchingPaths(), worth)
	if err != nil && brief.Err() != nil && ctx.Err() == nil {
		c.state.Unlisted = true
		return nil
	}
	if err != nil {
		return c.fatal(ctx, err) // else everything is looked up
	}
	c.listings[m.Kind] = listing
	return nil
}

// match is [attempt.lookUp] without the questions that a listing answers. An object
// whose creation was begun is looked up whatever was listed.
func (a *attempt) match(ctx context.Context, matches []mapping.Match) ([]scim.Resource, error) {
	listing := a.listings[a.m.Kind]
	if listing == nil || a.facts.Managed {
		return a.lookUp(ctx, matches)
	}
	var asked []mapping.Match
	for _, m := range matches {
		if !listing.Lacks(question(m)) {
			asked = append(asked, m)
		}
	}
	return a.lookUp(ctx, asked)
}

// unlist takes what is about to be created out of what a listing rules out.
func (a *attempt) unlist(matches []mapping.Match) {
	for _, m := range matches {
		a.listings[a.m.Kind].Add(question(m))
	}
}

func question(m mapping.Match) scimclient.Match {
	return scimclient.Match{Path: m.Path, Value: m.Value, CaseExact: m.CaseExact}
}
