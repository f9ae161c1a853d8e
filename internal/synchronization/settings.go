package synchronization

import (
	"fmt"
	"strconv"
	"strings"
)

// Names of job settings that Provisor reads; any other is kept and ignored.
const (
	// SettingDialect chooses how SCIM is written: entra, entra-scim062020 or rfc7644.
	SettingDialect = "ProvisorDialect"
	// SettingDeleteThreshold is the number of deletions that stops a cycle.
	SettingDeleteThreshold = "QuarantineTooManyDeletesThreshold"
)

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
