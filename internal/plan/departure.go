package plan

import (
	"fmt"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/synchronization"
)

// Departs reports whether the first decision may take an account away that the target
// still has: a deletion, or an update that disables. Such a decision is counted before
// it is carried out.
func Departs(f Facts, d Decision) bool {
	switch {
	case d.Step == Delete:
		return true
	case d.Step != Fetch && d.Step != Find:
		return false
	case d.Deprovision && (!f.Disables || f.Presence == directory.Purged):
		return true // one whose creation was begun is deleted when it is found
	default:
		return f.Disables && f.SoftDeleted() && !f.Disabled && (f.Linked || f.Managed) && f.Flow.Permits(synchronization.FlowUpdate)
	}
}

// Balance is what is weighed before any departure of a cycle is sent.
type Balance struct {
	Departing int64 // deletions and disablings together
	Accounts  int64 // at the target, enabled and managed; those that depart are among them
	Threshold int64 // the most that may depart
}

// The bounds beyond which a source is taken for broken rather than for changed, and
// which no threshold lifts.
const (
	// emptyFloor: when nothing at all remains, as of this many accounts.
	emptyFloor = 20
	// collapseFloor: when more than half departs, beyond this many accounts.
	collapseFloor = synchronization.DefaultDeleteThreshold
)

// Weigh returns why the departures are to be held back, or nil. A source that
// suddenly looks empty, or has lost most of what it had, is a fault and not an order
// to take everything away; the threshold holds below that.
func Weigh(b Balance) *synchronization.ExecutionError {
	const next = "Nothing was taken away; the log lists them as stagedDelete. If it is meant, restart the job with resetScope ForceDeletes; if not, correct the source or the assignments and restart the job."
	remaining := b.Accounts - b.Departing
	switch {
	case remaining <= 0 && b.Departing >= emptyFloor:
		return held("SourceLooksEmpty", "All %d accounts of the application would be deleted or disabled: the source looks empty. "+next, b.Departing)
	case b.Departing > collapseFloor && b.Departing > remaining:
		return held("SourceLooksEmpty", "%d of %d accounts of the application would be deleted or disabled in one cycle, more than half: the source has lost most of what it had. "+next, b.Departing, b.Accounts)
	case b.Departing > b.Threshold:
		return held(synchronization.ReasonTooManyDelete, "%d accounts of the application would be deleted or disabled in one cycle; the job's threshold is %d. "+next, b.Departing, b.Threshold)
	default:
		return nil
	}
}

func held(code, format string, args ...any) *synchronization.ExecutionError {
	return &synchronization.ExecutionError{Code: code, Message: fmt.Sprintf(format, args...), TenantActionable: true}
}
