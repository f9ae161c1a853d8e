package store

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/synchronization"
)

// Announcements keep what is about to be created, in one row for a page: a page is
// announced for every object of an initial cycle, and a row for each would be written
// only to be overwritten a moment later.
type Announcements interface {
	// Announce remembers, before anything is sent, what a page of a cycle is about to
	// create. Conflict when the claim was overtaken: then nothing is stored.
	//
	// It stands until [Provisioning.Record] stores a position that covers the page.
	// Whoever claims the job before that finds in each object that has no link and is not
	// behind the position a link that is managed and begun, as if it had been recorded.
	Announce(ctx context.Context, c Claim, a Announcement) error
}

// Announcement is what a page of a cycle is about to create.
type Announcement struct {
	Cycle synchronization.Cycle // its ID and Phase
	// Upto is the position of the last object of the page, announced or not.
	Upto    int64
	Objects []Beginning
}

// Beginning is an object that has no link and is about to be created.
type Beginning struct {
	Object   directory.Key   `json:"object"`
	Kind     directory.Kind  `json:"kind"`
	Position int64           `json:"position"` // in the feed
	Begun    []MatchingValue `json:"begun"`
}
