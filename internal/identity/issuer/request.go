package issuer

import (
	"net/http"
	"net/url"
)

// bodyLimit is the greatest size of a token request, in bytes.
const bodyLimit = 64 << 10

// request is a token request, read once.
type request struct {
	asked

	base      string // the URL under which the client reached us
	segment   string // the tenant as the path names it
	grantType string
	form      url.Values // what a grant reads besides
	origin    string     // of the page whose script asks; empty when no script does
	client    proof
}

// proof is how the client says who it is. At most one of secret and assertion is set.
type proof struct {
	id            string
	secret        string
	assertion     string
	assertionType string
}

// read reads the form of r. What stands in the query is not part of the request.
func (s *Server) read(w http.ResponseWriter, r *http.Request, v version, needed ...string) (*request, error) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	if err := r.ParseForm(); err != nil {
		return nil, fault(invalidRequest, 9002313, "The request is malformed or longer than %d bytes.", bodyLimit)
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return nil, fault(invalidRequest, 9000411, "The request is not properly formatted. The parameter '%s' is duplicated.", shown(name))
		}
	}
	req := &request{
		asked: asked{version: v, scope: r.PostForm.Get("scope"), resource: r.PostForm.Get("resource")},
		base:  s.base(r), segment: r.PathValue("tenant"),
		grantType: r.PostForm.Get("grant_type"), form: r.PostForm, origin: s.foreign(r),
	}
	for _, name := range needed {
		if r.PostForm.Get(name) == "" {
			return nil, missing(name)
		}
	}
	var err error
	if req.tenant, err = s.tenant(r.Context(), req.segment); err != nil {
		return nil, err
	}
	req.client, err = readProof(r)
	return req, err
}

func missing(parameter string) *failure {
	return fault(invalidRequest, 900144, "The request body must contain the following parameter: '%s'.", parameter)
}

// readProof takes the client's credentials from the body or the Authorization
// header, not from both (RFC 6749 section 2.3).
func readProof(r *http.Request) (proof, error) {
	p := proof{
		id: r.PostForm.Get("client_id"), secret: r.PostForm.Get("client_secret"),
		assertion: r.PostForm.Get("client_assertion"), assertionType: r.PostForm.Get("client_assertion_type"),
	}
	if p.secret != "" && p.assertion != "" {
		return proof{}, fault(invalidRequest, 9000411, "The request must prove the client by a secret or by an assertion, not by both.")
	}
	user, password, ok := r.BasicAuth()
	if !ok {
		return p, nil
	}
	if p.secret != "" || p.assertion != "" {
		return proof{}, fault(invalidRequest, 9000411, "The request must prove the client in the Authorization header or in the body, not in both.")
	}
	id, idErr := url.QueryUnescape(user)
	secret, secretErr := url.QueryUnescape(password)
	if idErr != nil || secretErr != nil {
		return proof{}, fault(invalidClient, 7000215, "The Authorization header must hold client id and secret in form encoding.")
	}
	if p.id != "" && p.id != id {
		return proof{}, fault(invalidRequest, 9000411, "The Authorization header and the body name different clients.")
	}
	return proof{id: id, secret: secret}, nil
}
