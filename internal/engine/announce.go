package engine

import (
	"context"

	"github.com/provisor/provisor/internal/plan"
	"github.com/provisor/provisor/internal/store"
)

// announce records, before anything is sent, which objects of a page are about to be
// written, or taken on by a create. If the outcome is then lost, by a crash or an
// order, the object is looked at again even when the directory has taken the change
// back in the meantime, and looked after even when it has left the scope: nobody keeps
// an account that the job does not know of.
func (c *Cycle) announce(ctx context.Context, s sweep, attempts []*attempt) error {
	var begun []store.Outcome
	anew := store.Announcement{Cycle: c.snapshot()}
	for _, a := range attempts {
		link, changed := a.beginning()
		switch {
		case !changed:
		case a.unlinked && s.of == store.Changed && !c.onDemand:
			anew.Objects = append(anew.Objects, store.Beginning{Object: a.object.Key, Kind: a.object.Kind, Position: s.position(a.object), Begun: link.Begun})
		default:
			a.unlinked = false
			begun = append(begun, store.Outcome{Object: a.object.Key, Kind: a.object.Kind, Link: link, Adopted: link.Managed && !a.facts.Managed && a.refers(link)})
		}
	}
	if len(anew.Objects) > 0 {
		anew.Upto = s.position(attempts[len(attempts)-1].object)
		if err := c.Store.Announce(ctx, c.claim, anew); err != nil {
			return err
		}
	}
	if len(begun) == 0 {
		return nil
	}
	return c.Store.Record(ctx, c.claim, store.Batch{Outcomes: begun})
}

// beginning returns the link as it is while the outcome is not known, and whether that
// is another than the one recorded.
func (a *attempt) beginning() (store.Link, bool) {
	link := a.object.Link
	asks := a.first.Step == plan.Find || a.first.Step == plan.Fetch || a.first.Step == plan.Delete
	if a.fault != nil || !asks || !a.sends() {
		return link, false
	}
	takesOn := !a.first.Deprovision && a.first.Step != plan.Delete && !link.Managed
	givesBack := link.Disabled && !a.facts.SoftDeleted()
	begun := link.Begun
	if link.TargetID == "" && !a.first.Deprovision && (takesOn || link.Managed) {
		begun = a.begins()
	}
	if !takesOn && !givesBack && len(link.Digest) == 0 && len(begun) == len(link.Begun) {
		return link, false
	}
	link.Begun, link.Digest, link.Managed, link.Disabled = begun, nil, link.Managed || takesOn, link.Disabled && !givesBack
	return link, true
}
