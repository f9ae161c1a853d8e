package issuer

import (
	"net/http"
	"net/url"
	"strings"
)

// foreign returns the origin of the page whose script sends r, when that page is not
// ours.
func (s *Server) foreign(r *http.Request) string {
	origin := r.Header.Get("Origin")
	u, err := url.Parse(origin)
	if origin == "" || err != nil || s.ours(u.Host) || strings.EqualFold(u.Host, r.Host) {
		return ""
	}
	return origin
}

// openToScripts lets scripts of every page read the answer: what is public anyway, and the
// token endpoint, which refuses codes that were not given to a single-page
// application. No cookie and no stored password goes with such a request.
func (s *Server) openToScripts(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Add("Vary", "Origin")
		}
		next(w, r)
	}
}

// servePreflight answers what a browser asks before a script may ask.
func (s *Server) servePreflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Content-Type, client-request-id, return-client-request-id, x-client-SKU, x-client-VER, x-client-OS, x-client-CPU, x-client-current-telemetry, x-client-last-telemetry, x-app-name, x-app-ver, x-ms-lib-capability")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}
