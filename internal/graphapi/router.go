package graphapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
)

// router finds the route of a request. It does not change once built.
type router struct{ root *node }

// node is one step of the tree of patterns. A literal step is found ignoring case;
// it is preferred to a key.
type node struct {
	literal map[string]*node
	key     *node
	name    string // of the key that leads here
	routes  []*Route
}

func newRouter(routes []Route) *router {
	r := &router{root: &node{}}
	for i := range routes {
		r.root.insert(strings.Split(routes[i].Pattern, "/"), &routes[i])
	}
	return r
}

func (n *node) insert(pattern []string, route *Route) {
	if len(pattern) == 0 {
		n.routes = append(n.routes, route)
		return
	}
	step := pattern[0]
	if name, isKey := strings.CutPrefix(step, "{"); isKey {
		if n.key == nil {
			n.key = &node{name: strings.TrimSuffix(name, "}")}
		}
		n.key.insert(pattern[1:], route)
		return
	}
	step = strings.ToLower(step)
	if n.literal == nil {
		n.literal = map[string]*node{}
	}
	if n.literal[step] == nil {
		n.literal[step] = &node{}
	}
	n.literal[step].insert(pattern[1:], route)
}

// match is where a path leads.
type match struct {
	version Versions
	route   *Route
	keys    map[string]odata.Key
	allowed []string // the methods of the resource when route is nil
}

// find returns the route of a request. The error is NotFound for a path that no
// pattern has, MethodNotAllowed (with match.allowed set) for a known resource.
func (r *router) find(method, escapedPath string) (match, error) {
	segments, err := split(escapedPath)
	if err != nil {
		return match{}, err
	}
	if len(segments) == 0 {
		return match{}, segmentNotFound("/")
	}
	m := match{version: version(segments[0].Raw)}
	if m.version == 0 {
		return m, segmentNotFound(segments[0].Raw)
	}
	w := walk{version: m.version, segments: segments[1:]}
	target := w.from(r.root, 0)
	if target == nil {
		return m, segmentNotFound(w.stuckAt(segments[0].Raw))
	}
	m.keys = w.keys
	for _, route := range target.routes {
		if route.Versions&m.version == 0 {
			continue
		}
		if route.Method == method {
			m.route, m.allowed = route, nil
			return m, nil
		}
		m.allowed = append(m.allowed, route.Method)
	}
	slices.Sort(m.allowed)
	return m, errs.New(errs.MethodNotAllowed, "Request_BadRequest",
		"%s is not offered on this resource; %s.", shortMethod(method), areOffered(m.allowed))
}

// areOffered says which methods are, as in "GET and PUT are".
func areOffered(methods []string) string {
	last := len(methods) - 1
	if last == 0 {
		return methods[0] + " is"
	}
	return strings.Join(methods[:last], ", ") + " and " + methods[last] + " are"
}

func shortMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions:
		return method
	default:
		return "The method"
	}
}

func split(escapedPath string) ([]odata.Segment, error) {
	parts := strings.Split(escapedPath, "/")
	for i, part := range parts {
		decoded, err := url.PathUnescape(part)
		if err != nil {
			return nil, errs.Wrap(err, errs.Invalid, "BadRequest", "The path holds a percent sign that begins no encoded byte.")
		}
		parts[i] = decoded
	}
	return odata.ParsePath(parts)
}

func segmentNotFound(segment string) error {
	return errs.New(errs.NotFound, "BadRequest", "Resource not found for the segment '%.128s'.", segment)
}

// walk follows the segments of one path through the tree.
type walk struct {
	version  Versions
	segments []odata.Segment
	keys     map[string]odata.Key
	deepest  int
}

// from returns the node where segments from i on lead, or nil.
func (w *walk) from(n *node, i int) *node {
	if i == len(w.segments) {
		if n.offers(w.version) {
			return n
		}
		return nil
	}
	w.deepest = max(w.deepest, i)
	s := w.segments[i]
	if next := n.literal[strings.ToLower(s.Name)]; next != nil {
		if found := w.past(next, s.Key, i); found != nil {
			return found
		}
	}
	if n.key == nil || s.Key != nil {
		return nil
	}
	found := w.from(n.key, i+1)
	if found != nil {
		w.set(n.key.name, odata.Key{Value: s.Raw})
	}
	return found
}

// past goes on behind a literal step, whose key, if any, is a step of its own.
func (w *walk) past(n *node, key *odata.Key, i int) *node {
	if key == nil {
		return w.from(n, i+1)
	}
	if n.key == nil {
		return nil
	}
	found := w.from(n.key, i+1)
	if found != nil {
		w.set(n.key.name, *key)
	}
	return found
}

func (w *walk) set(name string, key odata.Key) {
	if w.keys == nil {
		w.keys = map[string]odata.Key{}
	}
	w.keys[name] = key
}

func (w *walk) stuckAt(root string) string {
	if len(w.segments) == 0 {
		return root
	}
	return w.segments[w.deepest].Raw
}

func (n *node) offers(v Versions) bool {
	return slices.ContainsFunc(n.routes, func(r *Route) bool { return r.Versions&v != 0 })
}
