package issuer

import (
	"maps"
	"net/http"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// openIDConfiguration is the discovery document (OpenID Connect Discovery section
// 3) with the members that MSAL reads besides.
type openIDConfiguration struct {
	Issuer                 string   `json:"issuer"`
	AuthorizationEndpoint  string   `json:"authorization_endpoint"`
	TokenEndpoint          string   `json:"token_endpoint"`
	DeviceEndpoint         string   `json:"device_authorization_endpoint"`
	EndSessionEndpoint     string   `json:"end_session_endpoint"`
	KeysURL                string   `json:"jwks_uri"`
	TokenAuthMethods       []string `json:"token_endpoint_auth_methods_supported"`
	TokenAuthAlgorithms    []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	GrantTypes             []string `json:"grant_types_supported"`
	ResponseTypes          []string `json:"response_types_supported"`
	ResponseModes          []string `json:"response_modes_supported"`
	SubjectTypes           []string `json:"subject_types_supported"`
	IDTokenAlgorithms      []string `json:"id_token_signing_alg_values_supported"`
	ChallengeMethods       []string `json:"code_challenge_methods_supported"`
	Scopes                 []string `json:"scopes_supported"`
	Claims                 []string `json:"claims_supported"`
	TenantRegionScope      *string  `json:"tenant_region_scope"`
	CloudInstanceName      string   `json:"cloud_instance_name"`
	CloudGraphHostName     string   `json:"cloud_graph_host_name"`
	MSGraphHost            string   `json:"msgraph_host"`
	HTTPLogoutSupported    bool     `json:"http_logout_supported"`
	RequestURIParamSupport bool     `json:"request_uri_parameter_supported"`
}

// serveDiscovery answers the discovery document of a tenant. Where the path names
// no tenant in particular, the issuer has a mark in its place, as Entra's has.
func (s *Server) serveDiscovery(v version) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		segment := r.PathValue("tenant")
		id, err := s.tenant(r.Context(), segment)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		name := string(id)
		if anyTenant(segment) {
			name = "{tenantid}"
		}
		s.write(w, r, http.StatusOK, s.configuration(v, s.base(r), segment, name))
	}
}

func (s *Server) configuration(v version, base, segment, tenant string) openIDConfiguration {
	root := base + "/" + segment
	host := hostOf(base)
	return openIDConfiguration{
		Issuer:                v.issuer(base, tenant),
		AuthorizationEndpoint: root + "/oauth2" + v.segment() + "/authorize",
		TokenEndpoint:         root + "/oauth2" + v.segment() + "/token",
		DeviceEndpoint:        root + "/oauth2" + v.segment() + "/devicecode",
		EndSessionEndpoint:    root + "/oauth2" + v.segment() + "/logout",
		KeysURL:               root + "/discovery" + v.segment() + "/keys",
		TokenAuthMethods:      []string{"client_secret_post", "client_secret_basic", "private_key_jwt", "none"},
		TokenAuthAlgorithms:   algorithmNames(),
		GrantTypes:            s.grantTypes(),
		ResponseTypes:         []string{"code"},
		ResponseModes:         responseModes(),
		SubjectTypes:          []string{"pairwise"},
		IDTokenAlgorithms:     []string{string(jose.RS256)},
		ChallengeMethods:      []string{"S256"},
		Scopes:                []string{"openid", "profile", "email", "offline_access"},
		Claims: []string{
			"sub", "iss", "aud", "exp", "iat", "nbf", "jti", "uti", "tid", "oid", "azp", "azpacr", "appid", "appidacr", "idtyp", "roles", "scp", "wids", "ver",
			"name", "given_name", "family_name", "preferred_username", "upn", "unique_name", "email", "nonce", "amr", "auth_time",
		},
		CloudInstanceName:  host,
		CloudGraphHostName: host,
		MSGraphHost:        host,
	}
}

func (s *Server) grantTypes() []string {
	return slices.Sorted(maps.Keys(s.grants))
}

func algorithmNames() []string {
	var names []string
	for _, a := range assertionAlgorithms() {
		names = append(names, string(a))
	}
	return names
}

// serveKeys answers the public keys, the same for every tenant.
func (s *Server) serveKeys(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=3600")
	s.write(w, r, http.StatusOK, jose.JSONWebKeySet{Keys: s.cfg.Keys.PublicKeys()})
}
