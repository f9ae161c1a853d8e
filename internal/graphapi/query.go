package graphapi

import (
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
)

// query turns the query options of a listing into what the store understands.
func (q *request) query(kind directory.Kind) (store.Query, error) {
	after, err := q.after()
	return store.Query{
		Kind:   kind,
		Filter: q.options.Condition(),
		Order:  q.options.OrderBy,
		Search: q.options.Search,
		Top:    q.pageSize(),
		Skip:   q.options.Skip,
		After:  after,
		Count:  q.options.Count,
	}, err
}

// pageSize is $top, else what the header Prefer asks for; zero leaves it to the
// store.
func (q *request) pageSize() int {
	if q.options.Top > 0 {
		return q.options.Top
	}
	for _, preference := range q.http.Header.Values("Prefer") {
		for item := range strings.SplitSeq(preference, ",") {
			size, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(item)), "odata.maxpagesize=")
			if n, err := strconv.Atoi(size); ok && err == nil && n > 0 {
				return min(n, odata.MaxTop)
			}
		}
	}
	return 0
}

// setName is the entity set of the path, as context URLs name it.
func (q *request) setName() string {
	set, _, _ := strings.Cut(q.route.Pattern, "/")
	return set
}

// lastSegment is the last step of the path, as context URLs name it.
func (q *request) lastSegment() string {
	return q.route.Pattern[strings.LastIndexByte(q.route.Pattern, '/')+1:]
}
