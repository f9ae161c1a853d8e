package engine

import (
	"context"
	"slices"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/scim"
	"github.com/provisor/provisor/internal/store"
)

// observe reads what the target has and settles the record by it. A target that shows
// nothing of what it is known to have is asked once more, by name: some show members
// only then (returned "request", RFC 7643 section 7).
func (w *reconciliation) observe(ctx context.Context) error {
	for _, named := range []bool{false, true} {
		doubt, err := w.read(ctx, named)
		if err != nil {
			return err
		}
		if !doubt {
			break
		}
	}
	w.open, w.owner.Whole = false, true
	return nil
}

// read is one reading, and reports doubt.
func (w *reconciliation) read(ctx context.Context, named bool) (bool, error) {
	o := &observer{reconciliation: w, relations: map[string][]directory.Relation{}}
	var paths []scim.Path
	var relations []directory.Relation
	for _, ref := range w.m.References {
		path := ref.Path.Base()
		if !slices.ContainsFunc(paths, path.Equal) {
			paths = append(paths, path)
		}
		at := slices.IndexFunc(paths, path.Equal)
		o.relations[paths[at].String()] = append(o.relations[paths[at].String()], ref.Relation)
		relations = append(relations, ref.Relation)
	}
	if err := w.Target.References(ctx, w.m.ResourceType, w.owner.TargetID, paths, named, o); err != nil {
		return false, err
	}
	o.observation.Sure = named
	return w.Store.EndObservation(ctx, w.claim, o.observation, relations)
}

// observer records what a target shows while it is read.
type observer struct {
	*reconciliation

	observation store.Observation
	relations   map[string][]directory.Relation // by path
}

// Begin implements scimclient.Observer.
func (o *observer) Begin(ctx context.Context) error {
	var err error
	o.observation, err = o.Store.BeginObservation(ctx, o.claim, o.owner.Key)
	return err
}

// See implements scimclient.Observer.
func (o *observer) See(ctx context.Context, path scim.Path, ids []string) error {
	for _, r := range o.relations[path.String()] {
		if err := o.Store.SeeReferences(ctx, o.claim, o.observation, r, ids); err != nil {
			return err
		}
	}
	return nil
}
