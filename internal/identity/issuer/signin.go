package issuer

import (
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
	u, err := s.signIn(r, a.tenant)
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
func (s *Server) signIn(r *http.Request, tenant directory.TenantID) (User, error) {
	name := strings.TrimSpace(r.PostForm.Get(nameField)) // not of the address: those are logged on the way
	if name == "" {
		return User{}, fault(invalidRequest, 900144, "Enter the name of an account.")
	}
	var (
		u   User
		err error
	)
	if s.cfg.Pick {
		u, err = s.cfg.Users.User(r.Context(), tenant, name)
		err = asUnknownUser(err, name)
	} else {
		u, err = s.proven(r, tenant, name)
	}
	if err == nil && u.Disabled {
		err = disabledUser()
	}
	return u, err
}

// proven returns the person whose password was sent. An unknown account takes as
// long as a wrong password, and is told the same.
func (s *Server) proven(r *http.Request, tenant directory.TenantID, name string) (User, error) {
	limits := signInLimits(r, tenant, name)
	if !s.attempts.begin(s.cfg.Now(), limits...) {
		return User{}, fault(invalidGrant, 50053, "The account is locked for a minute because someone tried to sign in too many times with an incorrect password.")
	}
	u, err := s.cfg.Users.User(r.Context(), tenant, name)
	if err != nil && !errs.Is(err, errs.NotFound) {
		s.attempts.giveBack(limits...)
		return User{}, err
	}
	if !s.passwords.holds(r.Context(), u.Password, r.PostForm.Get(passwordField)) {
		return User{}, fault(invalidGrant, 50126, "The account or the password is incorrect.")
	}
	s.attempts.succeeded(limits...)
	return u, nil
}

// signInLimits are those of an account.
func signInLimits(r *http.Request, tenant directory.TenantID, name string) []limit {
	account := string(tenant) + "/" + strings.ToLower(name)
	return []limit{{remote(r) + " " + account, triesAllowed}, {account, triesOfAll}} // no name can spell the key of another's
}

func asUnknownUser(err error, name string) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	return fault(invalidGrant, 50034, "The user account %s does not exist in the directory.", shown(name))
}
