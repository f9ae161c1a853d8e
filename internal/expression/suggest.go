package expression

import (
	"fmt"
	"strings"
)

// nearest returns the candidate that takes the fewest edits to reach, if that
// is few enough for a slip of the hand.
func nearest(name string, candidates []string) (string, bool) {
	best, found := len(name)/3+2, ""
	for _, candidate := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(candidate), best); d < best {
			best, found = d, candidate
		}
	}
	return found, found != ""
}

// suggestion returns the part of a message that names the nearest candidate.
func suggestion(name string, candidates []string, form string) string {
	near, ok := nearest(name, candidates)
	if !ok {
		return ""
	}
	return "; did you mean " + fmt.Sprintf(form, near) + "?"
}

// distance is the Levenshtein distance, or limit when it is not below limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(b)], limit)
}
