package engine

import (
	"context"
	"slices"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/store"
)

// begins returns the values by which what a create makes is found again, while its
// outcome is not known: those of one that was begun before, and those of this one.
func (a *attempt) begins() []store.MatchingValue {
	begun := slices.Clone(a.object.Link.Begun)
	for _, m := range a.desired.Matches() {
		if v := remembered(m); !slices.Contains(begun, v) {
			begun = append(begun, v)
		}
	}
	return begun
}

func remembered(m mapping.Match) store.MatchingValue {
	return store.MatchingValue{Path: m.Path.String(), Value: m.Value, CaseExact: m.CaseExact}
}

// beginAnew announces a create that nobody could foresee: the target has lost the
// resource to which the object was linked. Where references flow once, every create is
// announced again, with where the directory is: by then the target was found to have no
// such object, so what is found there later was created here.
func (a *attempt) beginAnew(ctx context.Context) error {
	if a.object.Link.TargetID == "" && !a.m.FlowsOnce() {
		return nil
	}
	o := store.Outcome{Object: a.object.Key, Kind: a.object.Kind, Link: store.Link{Managed: true, Begun: a.begins(), Failure: a.object.Link.Failure}}
	if a.m.FlowsOnce() {
		o.Created = a.state.Head
	}
	a.unlinked = false
	return a.Store.Record(ctx, a.claim, store.Batch{Outcomes: []store.Outcome{o}})
}

// matches returns by what the object is looked up now, and by what else because a
// create was begun with it. An object that was deleted for good has the latter only.
func (a *attempt) matches() (present, earlier []mapping.Match) { //nolint:nonamedreturns // two values of one type
	if a.desired != nil {
		present = a.desired.Matches()
	}
	for _, v := range a.object.Link.Begun {
		path, err := scim.ParsePath(v.Path)
		known := slices.ContainsFunc(present, func(m mapping.Match) bool { return remembered(m) == v })
		if err == nil && !known {
			earlier = append(earlier, mapping.Match{Path: path, Value: v.Value, CaseExact: v.CaseExact})
		}
	}
	return present, earlier
}

// worked returns the values with which nobody else may work meanwhile.
func worked(present, earlier []mapping.Match) []string {
	var values []string
	for _, m := range append(slices.Clone(earlier), present[:min(1, len(present))]...) {
		values = append(values, m.Value)
	}
	return values
}

// search looks the object up, first by what a create was begun with, and returns what
// was found with the source object to which a single hit belongs. What was found by an
// earlier value and belongs to another by now is no account of this one.
func (a *attempt) search(ctx context.Context, present, earlier []mapping.Match) ([]scim.Resource, directory.ObjectID, error) {
	for _, m := range earlier {
		hits, err := a.lookUp(ctx, []mapping.Match{m})
		if err != nil {
			return nil, "", err
		}
		other, err := a.otherOwner(ctx, hits)
		if err != nil || len(hits) > 0 && other == "" {
			return hits, "", err
		}
	}
	hits, err := a.match(ctx, present)
	if err != nil {
		return nil, "", err
	}
	other, err := a.otherOwner(ctx, hits)
	return hits, other, err
}

// located is the result for an object that is to be taken away and whose account is
// known only now: it is counted before it is taken away, by the next cycle.
func (a *attempt) located(found scim.Resource) result {
	out := a.outcome(store.Link{TargetID: found.ID(), Managed: true, Departure: store.Staged})
	return result{outcome: out, tally: tally{entitled: a.entitled()}}.adopting(a)
}
