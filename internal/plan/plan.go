// Package plan decides what one object needs. It is pure: same facts, same
// decision, and every decision carries its reason.
//
// A decision is made in at most three steps, because some facts cost a request:
// [First] from what is known without asking the target, [Found] when matching
// resources were looked up, [Write] when the differences are known.
package plan

import (
	"fmt"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/synchronization"
)

// Step is what to do next with one object.
type Step uint8

// The steps. The zero Step is Skip.
const (
	Skip   Step = iota // nothing is sent; the reason goes to the log when it has a code
	Find               // look for it at the target by its matching attributes
	Fetch              // read the linked resource
	Create             // create it
	Update             // write the differences, if there are any
	Delete             // delete the linked resource
	Refuse             // it cannot be decided: a failure of this object
)

// Facts are everything that a decision may depend on.
type Facts struct {
	Kind     directory.Kind
	Presence directory.Presence
	Enabled  bool // not accountEnabled=false
	Verdict  mapping.Verdict
	// Linked: the job remembers a target object. Managed: it was in scope when it
	// was last written. Managed and not linked: a create was begun, and whether the
	// target carried it out is not known.
	Linked, Managed bool
	// Disabled: what was last written took the account away.
	Disabled bool
	// Withheld names the target attribute whose expression leaves the object alone;
	// empty when none does.
	Withheld string
	// Failed: the last attempt left a failure.
	Failed bool
	// Same: the mapped values are those that were last exported. Recheck: compare
	// with the target all the same (an initial cycle).
	Same, Recheck bool
	// Matchable: at least one matching attribute has a value. Remembered: the values
	// are known with which a create was begun.
	Matchable, Remembered bool
	Flow                  synchronization.FlowTypes
	// Disables: the mapping can take an account away by an update.
	Disables bool
	// KeepOutOfScope is SkipOutOfScopeDeletions.
	KeepOutOfScope bool
}

// Decision is the next step and why.
type Decision struct {
	Step Step
	// Code is the error or skip code of the provisioning log; empty when there is
	// nothing to tell.
	Code   string
	Reason string
	// Deprovision: the update takes the account away and writes nothing else.
	Deprovision bool
	// Managed is the state of the link after success.
	Managed bool
}

// The codes of the provisioning log that decisions carry.
const (
	codeSkipped         = "EntrySynchronizationSkipped"
	codeNotEntitled     = "NotEffectivelyEntitled"
	codeRedundant       = "RedundantExport"
	codeNoMatchingValue = "ImportSkipped"
	codeManyTargets     = "DuplicateTargetEntries"
	codeManySources     = "DuplicateSourceEntries"
)

// SoftDeleted is the value of IsSoftDeleted for the object.
func (f Facts) SoftDeleted() bool {
	return f.Presence != directory.Live || !f.Enabled || !f.Verdict.InScope
}

// Begun reports whether a create was begun whose outcome is not known.
func (f Facts) Begun() bool { return f.Managed && !f.Linked }

// First decides without asking the target.
func First(f Facts) Decision {
	switch {
	case f.Verdict.Ignored:
		return Decision{Managed: f.Managed}
	case f.Withheld != "":
		return Decision{Code: codeSkipped, Reason: "the expression of " + f.Withheld + " leaves it alone (IgnoreObjectFlow)", Managed: f.Managed}
	case f.Presence == directory.Purged:
		return purged(f)
	case f.Presence == directory.SoftDeleted:
		return takeAway(f, f.Managed, "it was deleted in the directory")
	case !f.Verdict.InScope:
		return outOfScope(f)
	case f.Linked:
		return linked(f)
	default:
		return unlinked(f)
	}
}

// purged: an object that is gone for good is deleted at the target, unless the
// job had let go of it before.
func purged(f Facts) Decision {
	switch {
	case f.Begun() && !f.Remembered:
		return Decision{Code: codeSkipped, Reason: "it was deleted for good before the outcome of its creation was known, and nothing is left to look it up by; see whether the target has an account for it"}
	case !f.Linked && !f.Managed:
		return Decision{}
	case !f.Managed:
		return Decision{Code: codeNotEntitled, Reason: "it had left the scope before it was deleted; the account at the target is kept"}
	case !f.Flow.Permits(synchronization.FlowDelete):
		return Decision{Code: codeSkipped, Reason: "it was deleted for good, and the mapping does not permit Delete"}
	case f.Begun():
		return Decision{Step: Find, Reason: "it was deleted for good in the directory", Deprovision: true}
	default:
		return Decision{Step: Delete, Reason: "it was deleted for good in the directory"}
	}
}

func outOfScope(f Facts) Decision {
	switch {
	case !f.Linked && !f.Begun():
		return Decision{Code: notEntitled(f), Reason: f.Verdict.Reason}
	case f.KeepOutOfScope:
		return Decision{Code: codeSkipped, Reason: f.Verdict.Reason + "; SkipOutOfScopeDeletions keeps the account", Managed: f.Managed}
	default:
		return takeAway(f, false, f.Verdict.Reason)
	}
}

// notEntitled tells apart who was never meant (silent) from who was assigned and
// filtered out (logged).
func notEntitled(f Facts) string {
	if f.Verdict.Assigned {
		return codeNotEntitled
	}
	return ""
}

// takeAway disables where the mapping can, and deletes a group, which has nothing
// to disable. Disabling counts as Update. An object whose creation was begun is
// looked up first: nobody may keep an account because an answer was lost.
func takeAway(f Facts, managed bool, reason string) Decision {
	switch {
	case !f.Managed:
		return Decision{}
	case f.Begun():
		return findToTakeAway(f, managed, reason)
	case f.Disables && !f.Flow.Permits(synchronization.FlowUpdate):
		return Decision{Code: codeSkipped, Reason: reason + ", and the mapping does not permit Update", Managed: managed}
	case f.Disables && (f.Same || f.Disabled) && !f.Recheck && !f.Failed:
		return Decision{Managed: managed}
	case f.Disables:
		return Decision{Step: Fetch, Reason: reason, Deprovision: true, Managed: managed}
	case f.Kind == directory.Group && f.Flow.Permits(synchronization.FlowDelete):
		return Decision{Step: Delete, Reason: reason}
	default:
		return Decision{Code: codeSkipped, Reason: reason + ", and the mapping has no attribute that disables an account", Managed: managed}
	}
}

func findToTakeAway(f Facts, managed bool, reason string) Decision {
	if !f.Matchable && !f.Remembered {
		return Decision{Code: codeSkipped, Reason: reason + "; whether it was created is not known, and none of its matching attributes has a value to look it up by"}
	}
	return Decision{Step: Find, Reason: reason, Deprovision: true, Managed: managed}
}

func linked(f Facts) Decision {
	if f.Same && f.Managed && !f.Recheck && !f.Failed {
		return Decision{Managed: true}
	}
	return Decision{Step: Fetch, Reason: "it changed", Managed: true}
}

func unlinked(f Facts) Decision {
	disabled := f.Kind == directory.User && !f.Enabled
	switch {
	case disabled && f.Begun():
		return findToTakeAway(f, true, "the account is disabled in the directory")
	case disabled:
		return Decision{Code: codeSkipped, Reason: "the account is disabled in the directory and has never been provisioned"}
	case !f.Matchable:
		return Decision{Step: Refuse, Code: codeNoMatchingValue, Reason: "none of its matching attributes has a value; give it one, or map another attribute for matching"}
	default:
		return Decision{Step: Find, Reason: f.Verdict.Reason, Managed: true}
	}
}

// Found decides after the look-up of an object that is not linked, or whose linked
// resource is gone, that first asked for. Hits counts the resources that matched;
// other is the source object that the single hit is linked to already, or empty.
func Found(f Facts, first Decision, hits int, other directory.ObjectID) Decision {
	switch {
	case hits > 1:
		return Decision{
			Step: Refuse, Code: codeManyTargets,
			Reason: fmt.Sprintf("%d objects of the target match it; make the matching attribute unique there, or match by another one", hits),
		}
	case hits == 1 && other != "" && first.Deprovision:
		return Decision{Reason: fmt.Sprintf("%s, and the account that matches it is that of %s", first.Reason, other)}
	case hits == 1 && other != "":
		return Decision{
			Step: Refuse, Code: codeManySources,
			Reason: fmt.Sprintf("the matching object of the target is linked to %s already; two source objects cannot share one account", other),
		}
	case hits == 1 && first.Deprovision:
		return foundToTakeAway(f, first)
	case hits == 1:
		return Decision{Step: Update, Reason: "it matches an existing object of the target", Managed: true}
	case f.SoftDeleted():
		return Decision{Reason: "the target has no account for it"}
	case !f.Flow.Permits(synchronization.FlowAdd):
		return Decision{Code: codeSkipped, Reason: "the target has no such object, and the mapping does not permit Add"}
	default:
		return Decision{Step: Create, Reason: f.Verdict.Reason, Managed: true}
	}
}

// foundToTakeAway does to the one match what takeAway does to a linked resource.
func foundToTakeAway(f Facts, first Decision) Decision {
	switch {
	case f.Presence == directory.Purged:
		return Decision{Step: Delete, Reason: first.Reason}
	case f.Disables:
		first.Step = Update
		return first
	case f.Kind == directory.Group && f.Flow.Permits(synchronization.FlowDelete):
		return Decision{Step: Delete, Reason: first.Reason}
	default:
		return Decision{Code: codeSkipped, Reason: first.Reason + ", and the mapping has no attribute that disables an account"}
	}
}

// Write decides whether differences are written.
func Write(f Facts, d Decision, differences int) Decision {
	switch {
	case differences == 0:
		return Decision{Code: codeRedundant, Reason: "the target holds every value already", Deprovision: d.Deprovision, Managed: d.Managed}
	case !f.Flow.Permits(synchronization.FlowUpdate):
		return Decision{Code: codeSkipped, Reason: "the mapping does not permit Update", Deprovision: d.Deprovision, Managed: d.Managed}
	default:
		return Decision{Step: Update, Reason: d.Reason, Deprovision: d.Deprovision, Managed: d.Managed}
	}
}
