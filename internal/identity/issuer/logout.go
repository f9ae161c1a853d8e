package issuer

import (
	"net/http"
	"net/url"
)

// serveLogout answers the end of a sign-in (OpenID Connect RP-Initiated Logout). The
// authority keeps no browser session, so there is nothing to end here; the person is
// sent back where the client is registered for.
func (s *Server) serveLogout(w http.ResponseWriter, r *http.Request) {
	back := r.FormValue("post_logout_redirect_uri")
	tenant, err := s.tenant(r.Context(), r.PathValue("tenant"))
	if err != nil {
		s.showFailure(w, r, err)
		return
	}
	id := r.FormValue("client_id")
	if hint := r.FormValue("id_token_hint"); id == "" && hint != "" {
		id = claimedAudience(hint)
	}
	if c, err := s.client(r.Context(), tenant, id); id != "" && back != "" && err == nil {
		registered, ok := c.redirect(back)
		if u, err := url.Parse(registered.URI); ok && err == nil && (u.Scheme == "http" || u.Scheme == "https") {
			if state := r.FormValue("state"); state != "" {
				query := u.Query()
				query.Set("state", state)
				u.RawQuery = query.Encode()
			}
			w.Header().Set("Location", u.String())
			w.WriteHeader(http.StatusSeeOther)
			return
		}
	}
	s.show(w, r, http.StatusOK, page{Title: "Signed out", Text: "You signed out. You can close this page."})
}
