package graphapi

import (
	"maps"
	"net/http"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/odata"
)

// request is one request on its way: the route and its keys, the caller, the body
// and the query options, each already checked.
type request struct {
	http       *http.Request
	version    Versions
	route      *Route
	keys       map[string]odata.Key
	caller     identity.Caller
	tenant     directory.TenantID
	options    odata.Options
	body       []byte
	base       string                        // https://host
	selections map[directory.Kind][]property // what is answered of each kind, once known
	// object is the one that the route's subject names, once it was looked up.
	object *directory.Object
}

// root is the URL of the version that was asked for.
func (q *request) root() string { return q.base + "/" + q.version.String() }

// context builds the @odata.context of answers.
func (q *request) context() odata.Context { return odata.Context{Root: q.root()} }

// key returns the value of a key of the path by its name in the pattern.
func (q *request) key(name string) string { return q.keys[name].Value }

// after is where a page continues.
func (q *request) after() (string, error) {
	if q.options.SkipToken == "" {
		return "", nil
	}
	return odata.ResumeSkipToken(q.options.SkipToken, q.listing()...)
}

// next is the URL of the page that begins at position; empty when there is none.
func (q *request) next(position string) string {
	if position == "" {
		return ""
	}
	return q.continued(odata.SkipTokenOption, odata.NewSkipToken(position, q.listing()...))
}

// continued is the URL of the request with another beginning of the page. What said
// where the page begins is taken out, however the caller spelled it.
func (q *request) continued(option odata.Option, value string) string {
	query := q.http.URL.Query()
	maps.DeleteFunc(query, func(name string, _ []string) bool {
		known := odata.Option("$" + strings.TrimPrefix(strings.ToLower(name), "$"))
		return known == odata.SkipOption || known == odata.SkipTokenOption
	})
	query.Set(string(option), value)
	return q.base + q.http.URL.EscapedPath() + "?" + query.Encode()
}

// listing is what selects and orders a page; a paging token holds for it only.
func (q *request) listing() []string {
	query := q.http.URL.Query()
	return []string{q.route.Pattern, q.key("id"), query.Get("$filter"), query.Get("$orderby"), query.Get("$search")}
}

// baseURL is where the caller reached the service.
func (a *API) baseURL(r *http.Request) string {
	if a.PublicURL != "" {
		return a.PublicURL
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// withSemicolons returns the request with the semicolons of its query encoded. They
// part the options inside of $expand; net/url would drop what has one.
func withSemicolons(r *http.Request) *http.Request {
	if !strings.Contains(r.URL.RawQuery, ";") {
		return r
	}
	u := *r.URL
	u.RawQuery = strings.ReplaceAll(u.RawQuery, ";", "%3B")
	changed := *r
	changed.URL = &u
	return &changed
}
