// Package scimclient speaks SCIM 2.0 (RFC 7644) to one target: it finds, reads,
// creates, patches and deletes, in the dialect the target expects, and tells
// apart a target that refused, one that did not answer, and one that may have
// acted without saying so.
//
// It repeats what is safe to repeat and nothing else: reads and deletes after any
// trouble, writes only when the target said that it did not carry them out, because
// it is throttling or because something else was at the resource at the same time.
package scimclient

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/plainjson"
	"github.com/provisor/provisor/internal/scim"
)

// Options configure a [Client]. BaseURL and HTTP are required.
type Options struct {
	// BaseURL is the SCIM base, such as https://app.example.com/scim/v2. The
	// switches that Entra takes in its query (aadOptscim062020,
	// AzureAdScimPatch2017) choose the dialect and are not sent on.
	BaseURL string
	// HTTP sends the requests; its transport adds the bearer token and limits the
	// connections. It must time out: its Timeout bounds every request. Redirects are not followed, whatever it says: they
	// would carry credentials and people's data to an address nobody entered. Nothing
	// else of it counts: cookies are not kept.
	HTTP *http.Client
	// Dialect is used unless the base URL's query names one.
	Dialect scim.Dialect
	// Attempts is how often a repeatable request is sent; zero means 4.
	Attempts int
	// Backoff is the first pause between two attempts, doubled each time; zero
	// means 250 ms.
	Backoff time.Duration
	// Patience is the longest Retry-After that is waited for; beyond it the
	// request fails with what the target asked. Zero means 30 s.
	Patience time.Duration
	// Most is the cap on requests under way at once; below it, their number adapts to
	// the target. Zero means 64.
	Most int
	// Grace is how long the answer to a write is waited for after its context has
	// ended: the target may be carrying it out. Zero means 10 s.
	Grace time.Duration
	// Wait pauses, or returns the context's error. Nil waits on a timer.
	Wait func(ctx context.Context, d time.Duration) error
	// Now is the clock that an HTTP date in Retry-After is measured by. Required.
	Now func() time.Time
}

// Client is one target. It may be used from any number of goroutines; when the
// target throttles one of them, all wait.
type Client struct {
	prefix  string // the base URL without query and trailing slash
	query   string // of the base URL, sent with every request
	dialect scim.Dialect
	opts    Options
	gate    *gate
	slots   *slots
	// transport sends a request without following where the answer leads.
	transport http.RoundTripper
	timeout   time.Duration // of one request, its answer read whole; zero is none
	// reading and writing are the fields of a request without a body and with one.
	reading, writing http.Header
}

// New returns a client. It returns an errs.Invalid error when the base URL is
// none.
func New(o Options) (*Client, error) {
	base, err := url.Parse(strings.TrimSpace(o.BaseURL))
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return nil, errs.New(errs.Invalid, "RequestParameterInvalid",
			"BaseAddress %q is not the URL of a SCIM service. Give the whole URL, such as https://app.example.com/scim/v2.", o.BaseURL)
	}
	if o.Attempts == 0 {
		o.Attempts = 4
	}
	if o.Backoff == 0 {
		o.Backoff = 250 * time.Millisecond
	}
	if o.Patience == 0 {
		o.Patience = 30 * time.Second
	}
	if o.Most == 0 {
		o.Most = 64
	}
	if o.Grace == 0 {
		o.Grace = 10 * time.Second
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	query := base.Query()
	c := &Client{opts: o, transport: o.HTTP.Transport, timeout: o.HTTP.Timeout, dialect: takeDialect(query, o.Dialect), query: query.Encode(), gate: &gate{}, slots: &slots{pace: newPace(o.Most)}}
	c.reading, c.writing = header(), header(scim.MediaType)
	if c.transport == nil {
		c.transport = http.DefaultTransport
	}
	base.RawQuery, base.Fragment = "", ""
	c.prefix = strings.TrimRight(base.String(), "/")
	return c, nil
}

// takeDialect takes Entra's switches out of the base URL's query.
func takeDialect(query url.Values, d scim.Dialect) scim.Dialect {
	if query.Has("aadOptscim062020") {
		d = scim.EntraSCIM062020
	}
	if query.Has("AzureAdScimPatch2017") {
		d = scim.Entra
	}
	query.Del("aadOptscim062020")
	query.Del("AzureAdScimPatch2017")
	return d
}

// Dialect returns the dialect in which c writes.
func (c *Client) Dialect() scim.Dialect { return c.dialect }

// Get reads one resource. Attributes named in except are asked to be left out.
// It returns an [*Error] of class Missing when the target has no such resource.
func (c *Client) Get(ctx context.Context, resourceType, id string, except ...string) (scim.Resource, error) {
	query := url.Values{}
	if len(except) > 0 {
		query.Set("excludedAttributes", strings.Join(except, ","))
	}
	if len(except) > 0 {
		c = c.sparing(names(except)...)
	}
	return c.resource(ctx, resourceType, id, query)
}

// resource reads one resource as the query asks for it.
func (c *Client) resource(ctx context.Context, resourceType, id string, query url.Values) (scim.Resource, error) {
	answer, err := c.send(ctx, request{method: http.MethodGet, path: member(resourceType, id), query: query, repeat: afterAnything})
	if err != nil {
		return nil, err
	}
	r, err := answer.resource()
	if err != nil {
		return nil, err
	}
	if r.ID() != id {
		return nil, answer.incompatible("the answer is the resource %q, not the one asked for", r.ID())
	}
	return r, nil
}

// names are attributes of a resource as the paths that lead to them.
func names(attributes []string) [][]string {
	paths := make([][]string, len(attributes))
	for i, name := range attributes {
		paths[i] = []string{name}
	}
	return paths
}

// Create creates r and returns what the target made of it: its id, and what it shows
// under the paths. When the error is [Uncertain], the resource may exist.
func (c *Client) Create(ctx context.Context, resourceType string, r scim.Resource, show ...scim.Path) (scim.Resource, error) {
	body, err := c.dialect.EncodeCreate(resourceType, r)
	if err != nil {
		return nil, &Error{Class: Unwritable, Method: http.MethodPost, Resource: collection(resourceType), cause: err}
	}
	answer, err := c.send(ctx, request{method: http.MethodPost, path: collection(resourceType), body: body, repeat: afterRefusal})
	if err != nil {
		return nil, err
	}
	created, err := answer.part(show)
	if err != nil {
		return nil, err
	}
	if fault := unusable(created.ID()); fault != "" {
		return nil, answer.incompatible("the created resource has %s", fault)
	}
	return created, nil
}

// Patch sends ops to one resource. When the error is [Uncertain], they may have
// been applied.
func (c *Client) Patch(ctx context.Context, resourceType, id string, ops []scim.PatchOp) error {
	body, err := c.dialect.EncodePatch(ops)
	if err != nil {
		return &Error{Class: Unwritable, Method: http.MethodPatch, Resource: member(resourceType, id), cause: err}
	}
	if body == nil {
		return nil // nothing is left to send in this dialect
	}
	if resourceType == scim.GroupType {
		c = c.sparing([]string{groupMembers}) // the answer may be the whole group
	}
	answer, err := c.send(ctx, request{method: http.MethodPatch, path: member(resourceType, id), body: body, repeat: afterRefusal})
	if err != nil {
		return err
	}
	return answer.acknowledged()
}

// Delete deletes one resource; one that is not there is no error.
func (c *Client) Delete(ctx context.Context, resourceType, id string) error {
	answer, err := c.send(ctx, request{method: http.MethodDelete, path: member(resourceType, id), repeat: afterAnything})
	if Is(err, Missing) {
		return nil
	}
	if err != nil {
		return err
	}
	return answer.acknowledged()
}

// groupMembers is the attribute of a group that may have very many values.
const groupMembers = "members"

func collection(resourceType string) string { return "/" + resourceType + "s" }

func member(resourceType, id string) string {
	return collection(resourceType) + "/" + url.PathEscape(id)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// longestID bounds the id of a resource, in bytes: by it resources are found again.
const longestID = 2048

// unusable says what is wrong with an id that a target gave; nothing when it can be used.
func unusable(id string) string {
	switch {
	case id == "":
		return "no id"
	case len(id) > longestID:
		return fmt.Sprintf("an id of %d bytes, and at most %d can be kept", len(id), longestID)
	default:
		return ""
	}
}

// reads reports whether a member of a resource is its id or holds what one of the paths
// names.
func reads(name string, paths []scim.Path) bool {
	return strings.EqualFold(name, "id") || slices.ContainsFunc(paths, func(p scim.Path) bool {
		if urn := p.Extension(); urn != "" {
			return strings.EqualFold(name, urn)
		}
		return strings.EqualFold(name, p.Attribute())
	})
}

// decode reads a JSON object; null is none and gives nil.
func decode(body []byte) (map[string]any, error) { return plainjson.Object(body) }
