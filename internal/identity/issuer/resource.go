package issuer

import (
	"slices"
	"strings"
)

// target is what a token is asked for: one resource and the permissions on it.
type target struct {
	audience string
	scopes   []string // without the resource; ".default" means all that is granted
}

// target reads scope (v2) or resource (v1).
func (s *Server) target(r *request) (target, error) {
	if r.version == v1 && r.resource != "" {
		aud, ok := s.audience(r.resource)
		if !ok {
			return target{}, unknownResource(r.resource, r)
		}
		return target{audience: aud, scopes: []string{".default"}}, nil
	}
	if r.scope == "" && r.version == v1 {
		return target{}, missing("resource")
	}
	if r.scope == "" {
		return target{}, missing("scope")
	}
	return s.scopes(r)
}

// scopes reads words such as https://graph.microsoft.com/.default. Words about the
// sign-in itself (OpenID Connect Core section 11) ask for no resource.
func (s *Server) scopes(r *request) (target, error) {
	var t target
	for word := range strings.FieldsSeq(r.scope) {
		if slices.Contains([]string{"openid", "offline_access", "profile", "email"}, word) {
			continue
		}
		aud, ok := s.resourceOf(word)
		if !ok {
			return target{}, unknownResource(strings.TrimSuffix(word, "/.default"), r)
		}
		if t.audience != "" && t.audience != aud {
			return target{}, fault(invalidScope, 28000, "Provided value for the input parameter scope is not valid: it names more than one resource.")
		}
		t.audience = aud
		t.scopes = append(t.scopes, strings.TrimPrefix(word, aud+"/"))
	}
	if t.audience == "" {
		return target{}, fault(invalidScope, 70011, "The provided value for scope %s is not valid: it names no resource; ask for %s/.default.", shown(r.scope), s.cfg.Audiences[0])
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

func unknownResource(name string, r *request) *failure {
	return fault(invalidResource, 500011, "The resource principal named %s was not found in the tenant named %s. Ask for a resource that this service offers.", shown(name), r.tenant)
}
