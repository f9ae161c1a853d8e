package scimserver

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/provisor/provisor/internal/scim"
)

// page is what startIndex and count ask for (RFC 7644 section 3.4.2.4).
type page struct{ start, count int }

func (s *Server) pageOf(query url.Values) (page, error) {
	p := page{1, s.options.MaxResults}
	for name, into := range map[string]*int{"startIndex": &p.start, "count": &p.count} {
		v := query.Get(name)
		if v == "" {
			continue
		}
		n, err := strconv.Atoi(v)
		if err != nil {
			return page{}, invalid(scim.InvalidValue, name+" must be a number, not "+strconv.Quote(v))
		}
		*into = n
	}
	p.start = max(p.start, 1)
	p.count = min(max(p.count, 0), s.options.MaxResults)
	return p, nil
}

// query answers GET /Users and GET /Groups.
func (s *Server) query(t *scim.Type, r *http.Request) (answer, error) {
	query := r.URL.Query()
	sel, err := selectionOf(query)
	if err != nil {
		return answer{}, err
	}
	p, err := s.pageOf(query)
	if err != nil {
		return answer{}, err
	}
	var filter scim.Filter
	if text := query.Get("filter"); text != "" && !s.options.Flaws.IgnoreFilters {
		if filter, err = scim.ParseFilter(text); err != nil {
			return answer{}, err
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := s.matches(t, filter)
	if len(found) == 0 && !filter.IsZero() && s.options.Flaws.NotFoundOnEmpty {
		return answer{}, notFound(t, "that the filter describes")
	}
	list := scim.ListResponse{TotalResults: len(found), StartIndex: p.start, Resources: []scim.Resource{}}
	from := min(p.start-1, len(found))
	for _, rec := range found[from:min(from+p.count, len(found))] {
		list.Resources = append(list.Resources, s.view(rec, sel))
	}
	list.ItemsPerPage = len(list.Resources)
	return answer{status: http.StatusOK, body: list}, nil
}

// matches returns the resources that a filter matches, in the order of their
// creation.
func (s *Server) matches(t *scim.Type, f scim.Filter) []*record {
	c := s.store.of(t)
	if f.IsZero() {
		return c.all()
	}
	candidates, ok := s.indexed(c, f)
	if !ok {
		candidates = c.all()
	}
	text := strings.ToLower(f.String())
	mentions := func(attr string) bool { return strings.Contains(text, attr) }
	var found []*record
	for _, rec := range candidates {
		if f.Match(s.whole(rec, mentions), t.CaseExact) {
			found = append(found, rec)
		}
	}
	return found
}

// indexed returns the few resources that can match, where an index tells.
func (s *Server) indexed(c *collection, f scim.Filter) ([]*record, bool) {
	path, value, ok := f.Equality()
	sub := strings.ToLower(path.SubAttribute())
	if !ok || path.Extension() != "" || sub != "" && sub != "value" {
		return nil, false
	}
	attr := strings.ToLower(path.Attribute())
	if attr == "id" {
		if rec := c.byID[value]; rec != nil {
			return []*record{rec}, true
		}
		return nil, true
	}
	if attr == "members" {
		return s.store.groups.sorted(s.store.memberOf[value]), true
	}
	index, ok := c.index[attr]
	if !ok {
		return nil, false
	}
	list := slices.Clone(index[strings.ToLower(value)])
	slices.SortFunc(list, byPosition)
	return list, true
}

// sorted returns a set of records in the order of their creation.
func (c *collection) sorted(set map[*record]bool) []*record {
	return slices.SortedFunc(maps.Keys(set), byPosition)
}

func byPosition(a, b *record) int { return cmp.Compare(a.position, b.position) }
