package graphapi

import (
	"slices"
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
)

// Short lists, such as the jobs of an application, are read whole and paged in
// memory. Their query options mean what they mean on the directory's collections.

// pageOf serves $filter, $search, $orderby, $count, $skip, $skiptoken and $top over a
// short list.
func pageOf[T any](q *request, list []T) (listing, error) {
	list, err := chosen(q.options, list)
	if err != nil {
		return listing{}, err
	}
	if list, err = ordered(list, q.options.OrderBy); err != nil {
		return listing{}, err
	}
	var page listing
	if n := int64(len(list)); q.options.Count {
		page.Count = &n
	}
	from, err := q.from()
	if err != nil {
		return listing{}, err
	}
	list = list[min(from, len(list)):]
	if size := q.pageSize(); size > 0 && len(list) > size {
		list = list[:size]
		page.Next = q.next(strconv.Itoa(from + size))
	}
	page.Value = list
	return page, nil
}

// from is the place in a short list at which the page begins.
func (q *request) from() (int, error) {
	after, err := q.after()
	if err != nil || after == "" {
		return q.options.Skip, err
	}
	from, err := strconv.Atoi(after)
	if err != nil || from < 0 {
		return 0, errs.New(errs.Invalid, "Directory_ExpiredPageToken",
			"The $skiptoken does not belong to this request. Follow @odata.nextLink as it was given, or begin again without it.")
	}
	return from, nil
}

// chosen keeps what $filter and $search describe.
func chosen[T any](o odata.Options, list []T) ([]T, error) {
	list, err := filterWire(list, o.Condition())
	if err != nil || o.Search == "" {
		return list, err
	}
	kept := []T{}
	for _, element := range list {
		members, err := membersOf(element)
		if err != nil {
			return nil, err
		}
		if mentions(members, strings.ToLower(o.Search)) {
			kept = append(kept, element)
		}
	}
	return kept, nil
}

// mentions reports whether a text of an entity has a word that begins with what is
// searched. Texts inside of its members are not looked at.
func mentions(members map[string]any, words string) bool {
	for _, value := range members {
		text, ok := value.(string)
		if !ok {
			continue
		}
		text = strings.ToLower(text)
		if strings.HasPrefix(text, words) || strings.Contains(text, " "+words) {
			return true
		}
	}
	return false
}

// ordered returns list in the order of $orderby. Null comes first.
func ordered[T any](list []T, by []odata.Order) ([]T, error) {
	if len(by) == 0 {
		return list, nil
	}
	rows := make([]row[T], 0, len(list))
	for _, element := range list {
		members, err := membersOf(element)
		if err != nil {
			return nil, err
		}
		r := row[T]{element: element}
		for _, o := range by {
			key, err := odata.Sortable(o.Property, members)
			if err != nil {
				return nil, err
			}
			r.keys = append(r.keys, key)
		}
		rows = append(rows, r)
	}
	slices.SortStableFunc(rows, func(a, b row[T]) int { return compareRows(a.keys, b.keys, by) })
	sorted := make([]T, len(rows))
	for i, r := range rows {
		sorted[i] = r.element
	}
	return sorted, nil
}

// row is an element with what it is ordered by.
type row[T any] struct {
	element T
	keys    []odata.SortKey
}

func compareRows(a, b []odata.SortKey, by []odata.Order) int {
	for i, o := range by {
		order := a[i].Compare(b[i])
		if order != 0 && o.Descending {
			return -order
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

// countOf answers a $count segment of a short list.
func countOf[T any](q *request, list []T) (answer, error) {
	list, err := chosen(q.options, list)
	return count(int64(len(list))), err
}
