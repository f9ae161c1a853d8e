package store

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
)

// Deltas tells what changed in a directory since a reader last looked. It reads
// the feed, so an answer costs what changed, not what there is.
type Deltas interface {
	// Delta returns the next page of a round. A round begins behind what the reader
	// knows and ends when it has caught up; an object that changes meanwhile comes
	// again, later in the round, so that nothing is missed. An object that went comes
	// without attributes. Invalid when the filter names a property that cannot be
	// filtered.
	Delta(ctx context.Context, tenant directory.TenantID, q DeltaQuery) (DeltaPage, error)
}

// DeltaQuery says where a round stands.
type DeltaQuery struct {
	Kind directory.Kind
	// From is the newest number of the feed that the reader knows; zero in the round
	// that tells it everything.
	From int64
	// Start was the newest number when the round began. What went before is not told
	// to who never knew it. Equal to From unless From is zero.
	Start int64
	// After is where the page begins; the page before said it.
	After DeltaPosition
	// Relation names the references whose changes are told with their owner; empty is
	// none.
	Relation directory.Relation
	Filter   odata.Expr // nil means all; by properties that do not change
	Top      int        // objects and references of a page together; zero means 200
}

// DeltaPosition is a place in a round: behind an object, or amid its references. It is
// good for as long as the round lasts, whatever changes meanwhile.
type DeltaPosition struct {
	Sequence int64 `json:"s"` // of the object, when it was its turn
	// Owner is the object, when some of its references were told; zero: behind it.
	Owner directory.Key `json:"o,omitempty"`
	// Came and Referent are the last reference that was told: references are told in the
	// order in which they came and went, so that what changes meanwhile comes last.
	Came     int64         `json:"c,omitempty"`
	Referent directory.Key `json:"r,omitempty"`
	// Told are owners whose many references need not be told again although they changed
	// after their turn. At most twenty are remembered.
	Told []Told `json:"t,omitempty"`
}

// Told says up to which number of the feed a round has told an owner.
type Told struct {
	Owner directory.Key `json:"o"`
	Upto  int64         `json:"u"`
}

// DeltaPage is one page of a round.
type DeltaPage struct {
	Changes []Delta
	// Head is what the reader knows when Done.
	Head int64
	Next DeltaPosition
	Done bool
}

// Delta is one object that changed, with the references that came and went.
type Delta struct {
	directory.Object

	References []ReferenceDelta
	// Altered: its attributes or presence changed since the reader's From, not only its
	// memberships or assignments.
	Altered bool
}

// ReferenceDelta is a reference that came, or that went.
type ReferenceDelta struct {
	ID   directory.ObjectID
	Kind directory.Kind
	Gone bool
}
