package issuer

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/provisor/provisor/internal/directory"
)

// authorization is a request to sign a person in (RFC 6749 section 4.1.1), read once.
type authorization struct {
	asked

	base     string
	segment  string
	client   Client
	redirect Redirect
	mode     string // query, fragment or form_post
	form     url.Values
}

// serveAuthorize shows the sign-in page. What is wrong before it is known where to
// send the person back is shown to the person; the rest goes back to the client.
func (s *Server) serveAuthorize(v version) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, err := s.readAuthorization(w, r, v)
		if err != nil {
			s.showFailure(w, r, err)
			return
		}
		if err := s.checkAuthorization(a); err != nil {
			s.sendBack(w, r, a, s.failed(r, err))
			return
		}
		if a.form.Get("prompt") == "none" {
			s.sendBack(w, r, a, s.failed(r, fault(loginRequired, 50058, "A silent sign-in request was sent but no user is signed in.")))
			return
		}
		s.showSignIn(w, r, a, nil)
	}
}

// readAuthorization reads a request as far as it says where to send answers.
func (s *Server) readAuthorization(w http.ResponseWriter, r *http.Request, v version) (*authorization, error) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	if err := r.ParseForm(); err != nil {
		return nil, fault(invalidRequest, 9002313, "The request is malformed or longer than %d bytes.", bodyLimit)
	}
	if s.cfg.Users == nil || s.cfg.Issued == nil {
		return nil, notOffered()
	}
	form := r.Form
	a := &authorization{
		asked: asked{version: v, scope: form.Get("scope"), resource: form.Get("resource")},
		base:  s.base(r), segment: r.PathValue("tenant"), mode: form.Get("response_mode"), form: form,
	}
	var err error
	if a.tenant, err = s.tenant(r.Context(), a.segment); err != nil {
		return nil, err
	}
	if form.Get("client_id") == "" {
		return nil, missing("client_id")
	}
	if a.client, err = s.client(r.Context(), a.tenant, form.Get("client_id")); err != nil {
		return nil, err
	}
	var ok bool
	if a.redirect, ok = a.client.redirect(form.Get("redirect_uri")); !ok {
		return nil, fault(invalidRequest, 50011,
			"The redirect URI '%s' specified in the request does not match the redirect URIs configured for the application '%s'.", shown(form.Get("redirect_uri")), a.client.AppID)
	}
	return a, a.checkMode()
}

func (a *authorization) checkMode() error {
	if a.mode == "" {
		a.mode = "query"
	}
	if !slices.Contains(responseModes(), a.mode) {
		return fault(invalidRequest, 70007, "'%s' is not a supported value of 'response_mode'.", shown(a.mode))
	}
	return nil
}

func responseModes() []string { return []string{"query", "fragment", "form_post"} }

// checkAuthorization checks what the client can be told about.
func (s *Server) checkAuthorization(a *authorization) error {
	method := a.form.Get("code_challenge_method")
	given := a.form.Get("code_challenge")
	switch {
	case a.client.Disabled:
		return fault(unauthorizedClient, 7000112, "Application '%s' is disabled.", a.client.AppID)
	case a.form.Get("response_type") == "":
		return missing("response_type")
	case a.form.Get("response_type") != "code":
		return fault(unsupportedResponseType, 70005, "The response type '%s' is not supported; ask for 'code'.", shown(a.form.Get("response_type")))
	case given == "" && a.redirect.Kind != Web:
		return fault(invalidRequest, 9002325, "Proof Key for Code Exchange is required for this client: send code_challenge and code_challenge_method=S256.")
	case given != "" && method != "S256":
		return fault(invalidRequest, 501491, "The code_challenge_method '%s' is not supported; use S256.", shown(method))
	case given != "" && len(given) != challengeLength:
		return fault(invalidRequest, 501491, "Invalid size of Code_Challenge parameter.")
	}
	_, err := s.userTarget(a.asked)
	return err
}

// challengeLength is that of a SHA-256 in base64url.
const challengeLength = 43

// begin is the session of a person who signs in with the request.
func (a *authorization) begin(s *Server, u User) session {
	return session{
		Kind: codeKind, Client: a.client.AppID, User: u.ID, At: s.cfg.Now(), Family: newHandle(),
		Version: a.version, Scope: a.scope, Resource: a.resource,
		Redirect: a.redirect.URI, RedirectKind: a.redirect.Kind, Challenge: a.form.Get("code_challenge"), Nonce: a.form.Get("nonce"),
	}
}

// grant gives a code for the person, once it is sure that the code will be good for
// something.
func (s *Server) grant(ctx context.Context, a *authorization, u User) (string, error) {
	if err := s.consented(ctx, a.tenant, a.client, u.ID, a.asked); err != nil {
		return "", err
	}
	return s.keep(ctx, a.tenant, a.begin(s, u), s.cfg.Now().Add(codeLife))
}

// consented reports why the client may not have what it asks for.
func (s *Server) consented(ctx context.Context, tenant directory.TenantID, c Client, user directory.ObjectID, a asked) error {
	t, err := s.userTarget(a)
	if err != nil {
		return err
	}
	_, err = s.delegated(ctx, tenant, c, user, t)
	return err
}
