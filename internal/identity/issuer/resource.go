package issuer

import (
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
)

// asked is what a request says a token is to be for.
type asked struct {
	version  version
	tenant   directory.TenantID
	scope    string // v2, and v1 where resource is absent
	resource string // v1
}

// target is what a token is asked for: one resource and the permissions on it.
type target struct {
	audience string
	scopes   []string // without the resource; ".default" means all that is granted
	words    []string // the same as the client wrote them
	signIn   []string // words about the sign-in itself: openid, profile, email, offline_access
}

// wants reports whether a word about the sign-in was said.
func (t target) wants(word string) bool { return slices.Contains(t.signIn, word) }

// all reports whether everything that is granted is wanted.
func (t target) all() bool { return slices.Contains(t.scopes, ".default") }

// target reads scope (v2) or resource (v1). A client that asks for itself must name
// a resource.
func (s *Server) target(a asked) (target, error) {
	t, err := s.resourceAsked(a)
	if err == nil && t.audience == "" {
		return target{}, fault(invalidScope, 70011, "The provided value for scope %s is not valid: it names no resource; ask for %s/.default.", shown(a.scope), s.cfg.Audiences[0])
	}
	return t, err
}

// userTarget reads the same for a person. Words about the sign-in alone suffice
// then, and mean the first resource.
func (s *Server) userTarget(a asked) (target, error) {
	t, err := s.resourceAsked(a)
	if t.audience == "" {
		t.audience = s.cfg.Audiences[0]
	}
	if a.version == v1 {
		t.signIn = []string{"openid", "profile", "offline_access"} // v1 never asks for them
	}
	return t, err
}

func (s *Server) resourceAsked(a asked) (target, error) {
	if a.version == v1 && a.resource != "" {
		aud, ok := s.audience(a.resource)
		if !ok {
			return target{}, unknownResource(a.resource, a.tenant)
		}
		return target{audience: aud, scopes: []string{".default"}}, nil
	}
	if a.scope == "" && a.version == v1 {
		return target{}, missing("resource")
	}
	if a.scope == "" {
		return target{}, missing("scope")
	}
	return s.scopes(a)
}

// scopes reads words such as https://graph.microsoft.com/.default. Words about the
// sign-in itself (OpenID Connect Core section 11) ask for no resource.
func (s *Server) scopes(a asked) (target, error) {
	var t target
	for word := range strings.FieldsSeq(a.scope) {
		if slices.Contains([]string{"openid", "offline_access", "profile", "email"}, word) {
			t.signIn = append(t.signIn, word)
			continue
		}
		aud, ok := s.resourceOf(word)
		if !ok {
			return target{}, unknownResource(strings.TrimSuffix(word, "/.default"), a.tenant)
		}
		if t.audience != "" && t.audience != aud {
			return target{}, fault(invalidScope, 28000, "Provided value for the input parameter scope is not valid: it names more than one resource.")
		}
		t.audience = aud
		t.scopes = append(t.scopes, strings.TrimPrefix(word, aud+"/"))
		t.words = append(t.words, word)
	}
	return t, nil
}

// resourceOf returns the resource that a scope begins with. A permission alone means
// the first audience. Since a resource may end in a slash, the longest one that fits
// is meant.
func (s *Server) resourceOf(scope string) (string, bool) {
	if !strings.Contains(scope, "/") {
		return s.cfg.Audiences[0], true
	}
	longest := ""
	for _, a := range s.cfg.Audiences {
		if strings.HasPrefix(scope, a+"/") && len(a) > len(longest) {
			longest = a
		}
	}
	return longest, longest != ""
}

// audience returns the configured spelling of a resource.
func (s *Server) audience(resource string) (string, bool) {
	if slices.Contains(s.cfg.Audiences, resource) {
		return resource, true
	}
	bare := strings.TrimRight(resource, "/")
	return bare, slices.Contains(s.cfg.Audiences, bare)
}

func unknownResource(name string, tenant directory.TenantID) *failure {
	return fault(invalidResource, 500011, "The resource principal named %s was not found in the tenant named %s. Ask for a resource that this service offers.", shown(name), tenant)
}
