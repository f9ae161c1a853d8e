package subscription

import (
	"slices"
	"strings"
)

// The change types of notifications.
const (
	Updated = "updated"
	Deleted = "deleted"
)

// ReadChanges checks a changeType against what the subject has: users and groups are
// updated (which includes created and soft-deleted) or deleted for good, and jobs are
// updated. The error is Invalid and worded as Graph's.
func (s Subject) ReadChanges(changeType string) error {
	offered := []string{Updated, Deleted}
	if s.IsJob() {
		offered = offered[:1]
	}
	for word := range strings.SplitSeq(changeType, ",") {
		if !slices.Contains(offered, strings.ToLower(strings.TrimSpace(word))) {
			return invalid("changeType", "Invalid 'changeType' attribute: '%.64s'.", changeType)
		}
	}
	return nil
}

// Wants reports whether the subscriber asked for changes of a type.
func (s Subscription) Wants(change string) bool {
	for word := range strings.SplitSeq(s.ChangeType, ",") {
		if strings.EqualFold(strings.TrimSpace(word), change) {
			return true
		}
	}
	return false
}
