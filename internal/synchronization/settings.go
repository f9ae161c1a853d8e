package synchronization

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Names of job settings that Provisor reads. Any other is kept and ignored, unless it
// begins as ours do: see [CheckSettingName].
const (
	// SettingDialect chooses how SCIM is written: entra, entra-scim062020 or rfc7644.
	SettingDialect = "ProvisorDialect"
	// SettingDeleteThreshold is the number of deletions and disablings that one cycle
	// may not exceed.
	SettingDeleteThreshold = "QuarantineTooManyDeletesThreshold"
	// SettingMatching chooses how an initial cycle finds what the target has already:
	// lookup, listing, or auto.
	SettingMatching = "ProvisorMatching"
)

// ownSettings are the settings that Graph does not have; all begin with ownPrefix.
func ownSettings() []string {
	return []string{SettingDialect, SettingMatching, SettingNestedGroups}
}

const ownPrefix = "Provisor"

// CheckSettingName refuses, with the names that there are, one that begins with
// Provisor and is none of them: it is mistyped, and would be kept and change nothing.
func CheckSettingName(name string) error {
	if len(name) < len(ownPrefix) || !strings.EqualFold(name[:len(ownPrefix)], ownPrefix) {
		return nil
	}
	shared := func(own string) int { // letters at the beginning
		n := 0
		for n < min(len(own), len(name)) && strings.EqualFold(own[n:n+1], name[n:n+1]) {
			n++
		}
		return n
	}
	nearest := slices.MaxFunc(ownSettings(), func(a, b string) int { return cmp.Compare(shared(a), shared(b)) })
	switch {
	case strings.EqualFold(nearest, name):
		return nil
	case shared(nearest) > len(ownPrefix):
		return fmt.Errorf("there is no setting %.64q; did you mean %s?", name, nearest)
	default:
		return fmt.Errorf("there is no setting %.64q; there are %s", name, strings.Join(ownSettings(), ", "))
	}
}

// Matching says how an initial cycle finds what the target has already. The result is
// the same.
type Matching string

// The ways of matching.
const (
	MatchByLookUp  Matching = "lookup"  // one question for each object
	MatchByListing Matching = "listing" // the target is listed, and what it has is looked up
	MatchAuto      Matching = "auto"    // by listing where that takes fewer requests
)

// ParseMatching reads the setting; empty is auto.
func ParseMatching(text string) (Matching, error) {
	switch m := Matching(strings.ToLower(strings.TrimSpace(text))); m {
	case "", MatchAuto:
		return MatchAuto, nil
	case MatchByLookUp, MatchByListing:
		return m, nil
	default:
		return MatchAuto, fmt.Errorf("%.64q is none of lookup, listing and auto", text)
	}
}

// DefaultDeleteThreshold is the number of deletions and disablings that one cycle may
// not exceed unless the job says otherwise.
const DefaultDeleteThreshold = 500

// DeleteThreshold returns the job's own number, else that of the notification
// settings, which is the secret SyncNotificationSettings or empty, else the default.
// That the notification settings switch the prevention off is not heard: it is a
// default of forms, and an accident is worse than a question.
func (j Job) DeleteThreshold(notification string) int64 {
	if n, err := ParseDeleteThreshold(j.Setting(SettingDeleteThreshold)); err == nil {
		return n
	}
	var settings struct {
		DeleteThresholdEnabled bool
		DeleteThresholdValue   int64
	}
	if json.Unmarshal([]byte(notification), &settings) == nil && settings.DeleteThresholdEnabled && settings.DeleteThresholdValue > 0 {
		return settings.DeleteThresholdValue
	}
	return DefaultDeleteThreshold
}

// ParseDeleteThreshold reads the setting: a whole number that is not negative.
func ParseDeleteThreshold(text string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err == nil && n < 0 {
		err = strconv.ErrRange
	}
	return n, err
}

// Setting returns the value of a job setting, or "".
func (j Job) Setting(name string) string {
	for _, s := range j.Settings {
		if strings.EqualFold(s.Name, name) {
			return s.Value
		}
	}
	return ""
}

// MergeSettings returns before with the settings of changes in the place of those
// of the same name.
func MergeSettings(before, changes []KeyValue) []KeyValue {
	merged := append([]KeyValue(nil), before...)
next:
	for _, c := range changes {
		for i := range merged {
			if strings.EqualFold(merged[i].Name, c.Name) {
				merged[i].Value = c.Value
				continue next
			}
		}
		merged = append(merged, c)
	}
	return merged
}

// NextVersion returns the schema version after one edit: v1.2 after v1.1.
func NextVersion(version string) string {
	major, minor, ok := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	n, err := strconv.Atoi(minor)
	if !ok || err != nil || n < 0 || major == "" {
		return "v1.1"
	}
	return fmt.Sprintf("v%s.%d", major, n+1)
}

// ParseFlag reads a Boolean setting as clients spell them: true, True, 1, and the
// like. Anything else is false.
func ParseFlag(text string) bool {
	b, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(text)))
	return err == nil && b
}

// IsFlag reports whether a text is a Boolean setting, or none.
func IsFlag(text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	_, err := strconv.ParseBool(text)
	return text == "" || err == nil
}

// NestedGroups reports whether a membership counts through nested groups as well.
func (j Job) NestedGroups() bool { return ParseFlag(j.Setting(SettingNestedGroups)) }
