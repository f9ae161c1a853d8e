package scimclient

import (
	"context"
	"hash/maphash"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/provisor/provisor/internal/scim"
)

// Listing knows which values the resources of one type had when they were listed. It
// proves absence and nothing else: what it does not rule out has to be looked up. It
// is safe for concurrent use.
type Listing struct {
	seed   maphash.Seed
	mu     sync.RWMutex
	values map[string]map[uint64]struct{} // by path; absent: the path cannot be ruled on
}

// Lacks reports whether no resource had the value, in any case of its letters. It rules
// on ASCII only: what else a target takes for the same text is its own affair. A nil
// Listing rules on nothing.
func (l *Listing) Lacks(m Match) bool {
	if l == nil || !ascii(m.Value) {
		return false
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	values, known := l.values[m.Path.String()]
	if !known {
		return false
	}
	_, has := values[l.hash(m.Value)]
	return !has
}

// Add notes a value that is about to be created.
func (l *Listing) Add(m Match) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if values, known := l.values[m.Path.String()]; known {
		values[l.hash(m.Value)] = struct{}{}
	}
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func (l *Listing) hash(value string) uint64 {
	return maphash.String(l.seed, strings.ToLower(value))
}

// pageCount is how many resources one page of a listing is asked for.
const pageCount = 1000

// largest is how many resources are listed at most; each takes some hundred bytes.
const largest = 2_000_000

// List reads the resources of a type page by page (RFC 7644 section 3.4.2.4) and
// returns a listing of what they have under the paths. It gives up and returns nil
// when that would take more requests than worth, or when the target's pages do not add
// up: then everything is looked up.
func (c *Client) List(ctx context.Context, resourceType string, paths []scim.Path, worth int) (*Listing, error) {
	l := &Listing{seed: maphash.MakeSeed(), values: map[string]map[uint64]struct{}{}}
	for _, p := range paths {
		l.values[p.String()] = map[uint64]struct{}{}
	}
	read, before := 0, 0
	ids := map[uint64]struct{}{}
	for requests := 1; ; requests++ {
		page, total, err := c.page(ctx, resourceType, paths, read+1)
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			l.note(paths, r)
			ids[l.hash(r.ID())] = struct{}{}
		}
		read += len(page)
		switch {
		case requests > 1 && total != before, len(ids) < read:
			return nil, nil //nolint:nilnil // pages that moved or overlap have left somebody out
		case read == total:
			return l, nil
		case read > total, total > largest, len(page) == 0, requests+(total-read)/len(page) > worth:
			return nil, nil //nolint:nilnil // no listing is an answer: everything is looked up
		}
		before = total
	}
}

// page reads the resources from an index on, and says how many there are in all.
func (c *Client) page(ctx context.Context, resourceType string, paths []scim.Path, start int) ([]scim.Resource, int, error) {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = p.Base().String()
	}
	query := url.Values{
		"startIndex": {strconv.Itoa(start)}, "count": {strconv.Itoa(pageCount)},
		"attributes": {strings.Join(slices.Compact(append([]string{"id"}, names...)), ",")},
	}
	if resourceType == scim.GroupType {
		c = c.sparing([]string{"Resources", groupMembers})
	}
	answer, err := c.send(ctx, request{method: http.MethodGet, path: collection(resourceType), query: query, repeat: afterAnything})
	if err != nil {
		return nil, 0, err
	}
	found, _, err := answer.list()
	if err != nil {
		return nil, 0, err
	}
	object, err := decode(answer.body)
	if err != nil {
		return nil, 0, err
	}
	total, _ := field(object, "totalResults")
	count, ok := total.(float64)
	if !ok {
		return nil, -1, nil // not to be relied on
	}
	return found, int(count), nil
}

// note takes the values of one resource. A path under which it shows nothing can no
// longer be ruled on: the target may know more than it shows.
func (l *Listing) note(paths []scim.Path, r scim.Resource) {
	for _, p := range paths {
		values, known := l.values[p.String()]
		if !known {
			continue
		}
		found, ok := p.Lookup(r)
		if !ok || !l.take(values, found) {
			delete(l.values, p.String())
		}
	}
}

// take adds a value, or each of several, and reports whether it understands them.
func (l *Listing) take(values map[uint64]struct{}, found any) bool {
	switch found := found.(type) {
	case string:
		values[l.hash(found)] = struct{}{}
		return true
	case []any:
		for _, one := range found {
			if !l.take(values, one) {
				return false
			}
		}
		return true
	default:
		return false
	}
}
