package issuer

import (
	"net/http"
	"net/url"
	"strings"
)

// serveInstance answers instance discovery: MSAL asks whether a host is an authority
// before it trusts it with credentials, and under which names it is known.
func (s *Server) serveInstance(w http.ResponseWriter, r *http.Request) {
	given := r.URL.Query().Get("authorization_endpoint")
	endpoint, err := url.Parse(given)
	if err != nil || !s.ours(endpoint.Host) {
		s.refuse(w, r, fault(invalidInstance, 50049, "Unknown or invalid instance: '%s' is not an address of this authority.", shown(given)))
		return
	}
	segment, _, _ := strings.Cut(strings.TrimPrefix(endpoint.Path, "/"), "/")
	base := s.base(r)
	s.write(w, r, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": base + "/" + segment + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []map[string]any{{
			"preferred_network": hostOf(base), "preferred_cache": hostOf(base), "aliases": s.hosts(),
		}},
	})
}

func (s *Server) hosts() []string {
	hosts := make([]string, len(s.cfg.BaseURLs))
	for i, b := range s.cfg.BaseURLs {
		hosts[i] = hostOf(b)
	}
	return hosts
}

func (s *Server) ours(host string) bool {
	for _, h := range s.hosts() {
		if strings.EqualFold(h, host) {
			return true
		}
	}
	return false
}

// hostOf returns host and port of a base URL.
func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Host
}

// CloudMetadata is the answer of /metadata/endpoints, by which Terraform and the
// Azure tools learn the addresses of a cloud from one host name.
type CloudMetadata struct {
	Name                     string              `json:"name"`
	Portal                   string              `json:"portal"`
	Authentication           CloudAuthentication `json:"authentication"`
	Media                    string              `json:"media"`
	GraphAudience            string              `json:"graphAudience"`
	Graph                    string              `json:"graph"`
	Batch                    string              `json:"batch"`
	ResourceManager          string              `json:"resourceManager"`
	MicrosoftGraphResourceID string              `json:"microsoftGraphResourceId"`
	Suffixes                 struct{}            `json:"suffixes"`
}

// CloudAuthentication tells where a cloud signs people and programs in.
type CloudAuthentication struct {
	LoginEndpoint    string   `json:"loginEndpoint"`
	Audiences        []string `json:"audiences"`
	Tenant           string   `json:"tenant"`
	IdentityProvider string   `json:"identityProvider"`
}

// NewCloudMetadata describes a cloud that is this one service under base.
func NewCloudMetadata(base string) CloudMetadata {
	base = strings.TrimRight(base, "/")
	return CloudMetadata{
		Name: "Provisor", Portal: base, Media: base, GraphAudience: base, Graph: base, Batch: base,
		ResourceManager: base + "/", MicrosoftGraphResourceID: base + "/",
		Authentication: CloudAuthentication{
			LoginEndpoint: base, Audiences: []string{base}, Tenant: "common", IdentityProvider: "AAD",
		},
	}
}
