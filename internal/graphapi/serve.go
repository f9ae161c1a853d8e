package graphapi

import (
	"net"
	"net/http"
	"strings"

	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/odata"
)

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.preflight(w, r) {
		return
	}
	ev := a.begin(r)
	out := a.respond(r, ev)
	a.writeHeaders(w.Header(), r, ev)
	if err := out.write(w); err != nil && ev.cause == nil {
		ev.code, ev.cause = "ConnectionLost", err
	}
	a.end(r.Context(), ev, out.status)
}

// respond makes the answer, whatever happens on the way.
func (a *API) respond(r *http.Request, ev *event) answer {
	var out answer
	func() {
		defer func() {
			if recovered := recover(); recovered != nil {
				out = a.failure(r, ev.panicked(recovered), ev)
			}
		}()
		made, err := a.handle(r, ev)
		if err != nil {
			made = a.failure(r, err, ev)
		}
		out = made
	}()
	return out
}

// handle walks a request through the stations that package graphapi's comment
// names.
func (a *API) handle(r *http.Request, ev *event) (answer, error) {
	ctx := r.Context()
	r = withSemicolons(r)
	m, lost := a.router.find(asGet(r.Method), r.URL.EscapedPath())
	ev.version, ev.route, ev.allowed = m.version, m.route, m.allowed
	q := &request{http: r, version: m.version, route: m.route, keys: m.keys, base: a.baseURL(r)}
	if lost != nil || !m.route.Public {
		caller, err := a.Authenticator.Authenticate(r)
		if err != nil {
			return answer{}, err
		}
		q.caller, q.tenant, ev.caller = caller, caller.TenantID, caller
		if err := a.throttle.admit(caller, operationOf(m.route), a.Now()); err != nil {
			return answer{}, err
		}
	}
	if lost != nil {
		return answer{}, lost
	}
	if err := a.read(q); err != nil {
		return answer{}, err
	}
	if err := a.authorize(ctx, q); err != nil {
		return answer{}, err
	}
	return a.once(ctx, q)
}

// asGet finds a HEAD the route of a GET; net/http leaves the body out (RFC 9110
// section 9.3.2).
func asGet(method string) string {
	if method == http.MethodHead {
		return http.MethodGet
	}
	return method
}

// operationOf is what a route is for; empty when there is no route.
func operationOf(r *Route) identity.Operation {
	if r == nil {
		return ""
	}
	return r.Operation
}

// read takes in what the request says besides its path.
func (a *API) read(q *request) error {
	var err error
	if !q.route.Public {
		q.options, err = odata.ParseOptions(q.http.URL.Query(), q.route.Options...)
	}
	if err != nil {
		return err
	}
	q.body, err = readBody(q.http, q.route.body)
	return err
}

// writeHeaders sets what Graph sends with every answer.
func (a *API) writeHeaders(h http.Header, r *http.Request, ev *event) {
	h.Set("request-id", ev.requestID)
	h.Set("client-request-id", ev.clientRequestID)
	h.Set("x-ms-ags-diagnostic", `{"ServerInfo":{"DataCenter":"Provisor","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"Provisor"}}`)
	h.Set("OData-Version", "4.0")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding")
	a.shares(h, r)
	h.Set("X-Content-Type-Options", "nosniff")
	if r.TLS != nil && !isLoopback(r.Host) {
		// not for localhost: a browser would then refuse http to every other program there
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if ev.route != nil && ev.route.Deprecated && ev.version == Beta {
		announceRemoval(h)
	}
}

// announceRemoval says what the beta metadata says of the secrets surface
// (RFC 9745, RFC 8594): deprecated since 2026-02-06, to be removed on 2027-07-06.
func announceRemoval(h http.Header) {
	h.Set("Deprecation", "@1770336000")
	h.Set("Sunset", "Tue, 06 Jul 2027 00:00:00 GMT")
	h.Set("Link", `<https://learn.microsoft.com/graph/changelog>; rel="deprecation"`)
}

func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
