package graphapi

import (
	"net/http"
	"slices"
	"strings"
)

// preflight answers what a browser asks before a script of another page may call,
// when the operator named the page's origin. It reports whether r was that.
func (a *API) preflight(w http.ResponseWriter, r *http.Request) bool {
	if !a.shares(w.Header(), r) || r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
	h.Set("Access-Control-Allow-Headers", strings.Join([]string{
		"Authorization", "Content-Type", "Content-Encoding", "If-Match", "If-None-Match", "Prefer", "ConsistencyLevel",
		"client-request-id", "return-client-request-id", "SdkVersion", "Retry-Attempt",
	}, ", "))
	h.Set("Access-Control-Max-Age", "3600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// shares lets a script read the answer when its page's origin was named, and reports
// whether it was. Nothing is shared unless the operator says so.
func (a *API) shares(h http.Header, r *http.Request) bool {
	if len(a.CORSOrigins) == 0 {
		return false
	}
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !slices.Contains(a.CORSOrigins, origin) && !slices.Contains(a.CORSOrigins, "*") {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "request-id, client-request-id, Retry-After, Location, ETag, OData-Version, Deprecation, Sunset, Link")
	return true
}
