package issuer

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
)

// The fields of the sign-in page. What the client sent to authorize travels in
// fields of its own names.
const (
	nameField     = "provisor-user"
	passwordField = "provisor-password"
	versionField  = "provisor-version"
)

// serveSignIn takes the sign-in page back and sends the person to the client.
func (s *Server) serveSignIn(w http.ResponseWriter, r *http.Request) {
	v := v2
	if r.FormValue(versionField) == v1.claim() {
		v = v1
	}
	a, err := s.readAuthorization(w, r, v)
	if err == nil {
		err = s.checkAuthorization(a)
	}
	if err != nil {
		s.showFailure(w, r, err)
		return
	}
	u, err := s.signIn(r.Context(), a.tenant, r.PostForm) // addresses are logged on the way
	if err != nil {
		s.showSignIn(w, r, a, err)
		return
	}
	code, err := s.grant(r.Context(), a, u)
	if err != nil {
		s.sendBack(w, r, a, s.failed(r, err))
		return
	}
	back := url.Values{"code": {code}, "session_state": {newHandle()}}
	if a.form.Get("client_info") != "" {
		back.Set("client_info", clientInfo(u.ID, a.tenant))
	}
	s.sendBack(w, r, a, back)
}

// signIn returns the person who proves to be one: by a password, or, where the
// operator lets people choose who they are, by choosing.
func (s *Server) signIn(ctx context.Context, tenant directory.TenantID, form url.Values) (User, error) {
	name := strings.TrimSpace(form.Get(nameField))
	if name == "" {
		return User{}, fault(invalidRequest, 900144, "Enter the name of an account.")
	}
	if !s.attempts.allowed(attemptKey(tenant, name), s.cfg.Now()) {
		return User{}, fault(invalidGrant, 50053, "The account is locked for a minute because someone tried to sign in too many times with an incorrect password.")
	}
	u, err := s.cfg.Users.User(ctx, tenant, name)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return User{}, err
	}
	if s.cfg.Pick {
		if err != nil {
			return User{}, asUnknownUser(err, name)
		}
	} else if !s.passwords.holds(ctx, u.Password, form.Get(passwordField)) {
		// An unknown account takes as long as a wrong password, and is told the same.
		s.attempts.failed(attemptKey(tenant, name), s.cfg.Now())
		return User{}, fault(invalidGrant, 50126, "The account or the password is incorrect.")
	}
	s.attempts.succeeded(attemptKey(tenant, name))
	if u.Disabled {
		return User{}, disabledUser()
	}
	return u, nil
}

func attemptKey(tenant directory.TenantID, name string) string {
	return string(tenant) + "/" + strings.ToLower(name)
}

func asUnknownUser(err error, name string) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	return fault(invalidGrant, 50034, "The user account %s does not exist in the directory.", shown(name))
}
