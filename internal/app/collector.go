package app

import "runtime/debug"

// collectorPercent is how much may be allocated for each byte in use before the garbage
// is collected. A service keeps little and allocates much: with Go's own 100 it spends a
// tenth of a cycle on collecting.
const collectorPercent = 400

// tuneCollector sets it, unless the operator has said otherwise by GOGC or GOMEMLIMIT.
func tuneCollector(getenv func(string) string) {
	if getenv("GOGC") == "" && getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(collectorPercent)
	}
}
