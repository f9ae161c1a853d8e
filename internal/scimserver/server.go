// Package scimserver is a SCIM 2.0 service provider over memory (RFC 7644): Users
// and Groups with queries, PUT, PATCH, discovery and entity tags.  It serves as the
// target of tests and as the application of the demonstration.
//
// Nothing is kept beyond the life of the [Server].
package scimserver

import (
	"crypto/subtle"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/provisor/provisor/internal/scim"
)

// Options configures a [Server].  The zero Options give a strict server without
// authentication at the root of its URL.
type Options struct {
	// Authenticate checks the credentials of each request; an error is answered
	// with 401.  Nil lets everybody in.
	Authenticate func(*http.Request) error

	// BaseURL is the URL of the service, such as https://app.example.com/scim/v2.
	// Its path is where the resources are served; the whole stands in locations.
	BaseURL string

	// Now gives the times in meta; nil leaves them out.
	Now func() time.Time

	// NewID names new resources; nil draws random UUIDs.  An id in use must not
	// come again.
	NewID func() string

	// Mode says whether what Microsoft Entra sends besides the RFC is taken.
	Mode scim.Mode

	// Extensions are further schemas of users.
	Extensions []scim.Schema

	// CheckMembers refuses members that do not exist, with invalidValue.
	CheckMembers bool

	// MaxResults bounds a page and is its size by default; zero means 200.
	MaxResults int

	// MaxBody bounds the body of a request in bytes; zero means 8 MiB.
	MaxBody int64

	// Flaws makes the server err in ways that are met in the field.
	Flaws Flaws
}

// Flaws are faults of a sloppy service provider.  The zero Flaws are none.
type Flaws struct {
	AllowDuplicates  bool // no uniqueness of userName
	IgnoreFilters    bool // a query answers everything
	IgnoreExcluded   bool // excludedAttributes has no effect
	RepeatMembers    bool // adding a member twice lists it twice
	NotFoundOnEmpty  bool // a query without match answers 404
	ConflictOnDelete bool // every other DELETE of one resource answers 409 first
	PassOverUnknown  bool // a PATCH that adds a member who does not exist does nothing about it
}

// Server is the service.  It is an [http.Handler] and safe for concurrent use.
type Server struct {
	options Options
	prefix  string
	mux     *http.ServeMux
	users   *scim.Type
	groups  *scim.Type

	mu    sync.RWMutex
	store *store

	countMu sync.Mutex
	counts  map[string]int
}

// New returns an empty server.
func New(o Options) *Server {
	if o.NewID == nil {
		o.NewID = uuid.NewString
	}
	if o.MaxResults == 0 {
		o.MaxResults = 200
	}
	if o.MaxBody == 0 {
		o.MaxBody = 8 << 20
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	s := &Server{
		options: o,
		prefix:  pathOf(o.BaseURL),
		mux:     http.NewServeMux(),
		users:   scim.NewUserType(o.Extensions...),
		groups:  scim.NewGroupType(),
		store:   newStore(),
		counts:  map[string]int{},
	}
	s.routes()
	return s
}

// pathOf returns the path of a URL without its origin.
func pathOf(base string) string {
	if _, rest, ok := strings.Cut(base, "://"); ok {
		_, path, _ := strings.Cut(rest, "/")
		base = path
	}
	if base = strings.Trim(base, "/"); base == "" {
		return ""
	}
	return "/" + base
}

func (s *Server) routes() {
	for _, t := range []*scim.Type{s.users, s.groups} {
		list, one := s.prefix+t.Endpoint(), s.prefix+t.Endpoint()+"/{id}"
		s.handle("POST "+list, t, s.create)
		s.handle("GET "+list, t, s.query)
		s.handle("GET "+one, t, s.read)
		s.handle("PUT "+one, t, s.replace)
		s.handle("PATCH "+one, t, s.patch)
		s.handle("DELETE "+one, t, s.remove)
	}
	s.discoveryRoutes()
}

// handler carries out one request.
type handler func(t *scim.Type, r *http.Request) (answer, error)

func (s *Server) handle(pattern string, t *scim.Type, h handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		a, err := h(t, r)
		if err != nil {
			respondError(w, err)
			return
		}
		a.write(w)
	})
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, pattern := s.mux.Handler(r)
	s.count(r.Method, pattern)
	if s.options.Authenticate != nil {
		if err := s.options.Authenticate(r); err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="SCIM", error="invalid_token"`)
			respondError(w, &scim.Error{Status: http.StatusUnauthorized, Detail: "the credentials are missing or do not hold: " + err.Error()})
			return
		}
	}
	if pattern == "" {
		h.ServeHTTP(&refusal{ResponseWriter: w, path: r.URL.Path}, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, s.options.MaxBody)
	s.mux.ServeHTTP(w, r)
}

// count notes a request under its method and the pattern that it matched.
func (s *Server) count(method, pattern string) {
	_, kind, _ := strings.Cut(pattern, " ")
	s.countMu.Lock()
	defer s.countMu.Unlock()
	s.counts[method+" "+strings.TrimPrefix(kind, s.prefix)]++
}

// Requests returns how often each kind of request came, refused ones included.
// Keys are method and path kind: "POST /Users", "PATCH /Groups/{id}"; the kind of a
// path that is not served is empty.
func (s *Server) Requests() map[string]int {
	s.countMu.Lock()
	defer s.countMu.Unlock()
	return maps.Clone(s.counts)
}

// Snapshot returns copies of all users and groups in the order of their creation,
// groups with their members.
func (s *Server) Snapshot() ([]scim.Resource, []scim.Resource) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.copies(s.users), s.copies(s.groups)
}

func (s *Server) copies(t *scim.Type) []scim.Resource {
	records := s.store.of(t).all()
	list := make([]scim.Resource, len(records))
	for i, rec := range records {
		list[i] = s.view(rec, selection{}).Clone()
	}
	return list
}

// BearerToken returns a check for [Options.Authenticate] that lets one token in.
func BearerToken(token string) func(*http.Request) error {
	return func(r *http.Request) error {
		scheme, have, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare([]byte(have), []byte(token)) != 1 {
			return errors.New("a valid bearer token is needed")
		}
		return nil
	}
}
