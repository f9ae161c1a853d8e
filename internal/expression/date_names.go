package expression

import (
	"strings"
	"time"
)

// monthNamed returns the number of a month by its English name, in full or by
// three letters; 0 means none.
func monthNamed(name string) int {
	if len(name) < 3 {
		return 0
	}
	for m := time.January; m <= time.December; m++ {
		if isName(name, m.String()) || m == time.September && strings.EqualFold(name, "Sept") {
			return int(m)
		}
	}
	return 0
}

// dayNamed returns the number of a day of the week, Sunday being 0; -1 means none.
func dayNamed(name string) int {
	if len(name) < 3 {
		return -1
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if isName(name, d.String()) {
			return int(d)
		}
	}
	return -1
}

func isName(name, full string) bool {
	return strings.EqualFold(name, full) || strings.EqualFold(name, full[:3])
}
