package graphapi

import (
	"log/slog"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/identity"
)

// Config is what the surface is made of. All members without a stated zero value
// are required.
type Config struct {
	Store         Store
	Credentials   Credentials
	Connections   Connections
	Jobs          Jobs
	Subscriptions Subscriptions
	Authenticator Authenticator
	Policy        *identity.Policy
	Log           *slog.Logger
	Now           func() time.Time
	NewID         func() string // a fresh GUID in dashed lower-case form
	// Observe is told of every answered request: the route as "GET /users/{id}", of
	// which there are few, the status and how long it took. Nil is nobody.
	Observe func(route string, status int, took time.Duration)
	// PublicURL is where callers reach the service, without a trailing slash. Empty:
	// as the request says.
	PublicURL string
	// StrictSchemaPatch answers PATCH of a schema as the original service does, 404,
	// instead of replacing the schema.
	StrictSchemaPatch bool
	// OnDemandArray answers provisionOnDemand in the shape that was seen live, with an
	// array, instead of the documented one.
	OnDemandArray bool
	// CompatUnknownError401 answers a caller who may not do what it asks as the
	// original service does, 401 with an empty message, instead of 403 with a reason.
	CompatUnknownError401 bool
	// Limits are how often each application may call. The zero Limits are none.
	Limits Limits
	// Replies remembers answers to requests that clients may send again. Nil: a request
	// that comes twice acts twice.
	Replies Replies
	// CORSOrigins are the origins of pages whose scripts may call; "*" is any. Nil is
	// none.
	CORSOrigins []string
}

// API serves the surface. It does not change after [New] and may be used from any
// goroutine.
type API struct {
	Config
	routes []Route
	router *router
	// documents make the metadata documents, by version, when they are first asked for.
	documents map[Versions]func() []byte
	throttle  *throttle
}

// New returns the surface.
func New(c Config) *API {
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	a := &API{Config: c, throttle: newThrottle(c.Limits)}
	a.routes = a.table()
	a.router = newRouter(a.routes)
	a.documents = map[Versions]func() []byte{V1: metadataOnce(V1), Beta: metadataOnce(Beta)}
	return a
}

// Routes returns the rows of the surface, for documentation and tests.
func (a *API) Routes() []Route { return append([]Route(nil), a.routes...) }
