package credential

import (
	"slices"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/oauth"
)

// flow is what AuthenticationType asks for.
type flow uint8

const (
	flowOpen    flow = iota // nothing; the values at hand decide
	flowCode                // the authorization code grant and the refreshing of its tokens
	flowRefresh             // the refresh token grant
	flowClient              // the client credentials grant
	flowStatic              // no OAuth: SecretToken
	flowUnknown             // something that is not known here
)

// flow reads AuthenticationType. Published values are OAuth2ClientCredentialsGrant
// and AuthenticationToken; the others are named alike, and case, blanks and the
// prefix OAuth2 do not matter.
func (s Settings) flow() flow {
	name := strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(s[authentication]))
	name = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(name, "oauth"), "2"), "grant")
	switch name {
	case "":
		return flowOpen
	case "authorizationcode", "code":
		return flowCode
	case "refreshtoken", "refresh":
		return flowRefresh
	case "clientcredentials":
		return flowClient
	case "authenticationtoken", "bearerauthentication", "bearer", "bearertoken", "secrettoken", "token":
		return flowStatic
	}
	return flowUnknown
}

// grant chooses what to ask with: AuthenticationType when it says so, else a code,
// else a refresh token, else client credentials.
func (s Settings) grant() (oauth.Grant, error) {
	switch s.flow() {
	case flowCode:
		if s[code] == "" && s[refreshToken] != "" {
			return oauth.RefreshToken, nil
		}
		return oauth.AuthorizationCode, nil
	case flowRefresh:
		return oauth.RefreshToken, nil
	case flowClient:
		return oauth.ClientCredentials, nil
	case flowStatic:
		return "", errs.New(errs.Invalid, missing,
			"AuthenticationType is %.64q, with which a stored token is sent as it is, so there is none to acquire. Remove AuthenticationType, or set it to OAuth2ClientCredentialsGrant or OAuth2AuthorizationCodeGrant.",
			s[authentication]).WithTarget(string(authentication))
	case flowUnknown:
		return "", errs.New(errs.Invalid, invalid,
			"AuthenticationType %.64q is not known. It takes OAuth2AuthorizationCodeGrant, OAuth2RefreshTokenGrant, OAuth2ClientCredentialsGrant or AuthenticationToken; without it, the stored values decide.",
			s[authentication]).WithTarget(string(authentication))
	case flowOpen:
	}
	switch {
	case s[code] != "":
		return oauth.AuthorizationCode, nil
	case s[refreshToken] != "":
		return oauth.RefreshToken, nil
	default:
		return oauth.ClientCredentials, nil
	}
}

// provesClient reports whether the client can show more than its name.
func (s Settings) provesClient() bool {
	return s[clientSecret] != "" || s[PrivateKey] != "" || s[ClientCertificate] != "" || s[ClientAuthentication] == string(oauth.None)
}

// lacking names the keys without which g cannot be asked for.
func (s Settings) lacking(g oauth.Grant) []string {
	var names []string
	need := func(key Key) {
		if s[key] == "" {
			names = append(names, string(key))
		}
	}
	need(tokenURI)
	need(clientID)
	switch g {
	case oauth.AuthorizationCode:
		need(code)
	case oauth.RefreshToken:
		need(refreshToken)
	case oauth.ClientCredentials:
		if !s.provesClient() {
			need(clientSecret)
		}
	}
	return names
}

// request makes the request that s describes, and refuses settings of which none
// can be made: CredentialsMissing when something is missing, else
// RequestParameterInvalid.
func (s *Service) request(settings Settings) (oauth.Request, error) {
	g, err := settings.grant()
	if err != nil {
		return oauth.Request{}, err
	}
	if names := settings.lacking(g); len(names) > 0 {
		return oauth.Request{}, lacks(settings, g, names)
	}
	if _, err := s.Egress.CheckURL(settings[tokenURI]); err != nil {
		return oauth.Request{}, forbidden(tokenURI, err)
	}
	r, err := clientOf(settings)
	if err != nil {
		return oauth.Request{}, err
	}
	r.Grant, r.Endpoint = g, settings[tokenURI]
	r.ClientID, r.ClientSecret = settings[clientID], settings[clientSecret]
	r.Code, r.RedirectURI, r.CodeVerifier = settings[code], settings[redirectURI], settings[codeVerifier]
	r.RefreshToken = settings[refreshToken]
	r.Scope, r.Resource, r.Audience = settings[Scope], settings[Resource], settings[Audience]
	r.AssertionAudience = settings[AssertionAudience]
	return r, nil
}

func lacks(settings Settings, g oauth.Grant, names []string) error {
	explicit := settings[authentication] != ""
	nothing := g == oauth.ClientCredentials && !explicit
	switch {
	case nothing && slices.Contains(names, string(clientSecret)):
		return errs.New(errs.Invalid, missing,
			"No access token can be acquired: there is no authorization code (Oauth2AuthorizationCode), no refresh token (Oauth2RefreshToken), and for client credentials %s missing. Give them in the request, or PUT them to …/synchronization/secrets.",
			enumerate(names)).WithTarget(names[0])
	default:
		return errs.New(errs.Invalid, missing, "No access token can be acquired with the grant %s: %s missing. Give what is missing in the request, or PUT it to …/synchronization/secrets.",
			g, enumerate(names)).WithTarget(names[0])
	}
}

// enumerate joins names and appends the verb: "A is", "A, B and C are".
func enumerate(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0] + " is"
	}
	return strings.Join(names[:last], ", ") + " and " + names[last] + " are"
}

// clientOf reads how the client authenticates.
func clientOf(settings Settings) (oauth.Request, error) {
	var r oauth.Request
	method, ok := oauth.ParseMethod(settings[ClientAuthentication])
	if !ok {
		return r, errs.New(errs.Invalid, invalid,
			"The client authentication %.64q is not known. It takes client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth and none.",
			settings[ClientAuthentication]).WithTarget(string(ClientAuthentication))
	}
	r.Method = method
	r.First, _ = oauth.ParseMethod(settings[methodUsed]) // only a hint
	if text := settings[PrivateKey]; text != "" {
		key, err := oauth.ParseKey([]byte(text), oauth.KeyOptions{Algorithm: settings[PrivateKeyAlgorithm], ID: settings[PrivateKeyID]})
		if err != nil {
			return r, unusable(PrivateKey, err)
		}
		r.Key = key
	}
	if text := settings[ClientCertificate]; text != "" {
		certificate, err := oauth.ParseCertificate([]byte(text))
		if err != nil {
			return r, unusable(ClientCertificate, err)
		}
		r.Certificate = certificate
	}
	return r, nil
}

func unusable(key Key, err error) error {
	return errs.New(errs.Invalid, invalid, "The setting %s cannot be used: %v.", key, err).WithTarget(string(key))
}

// timestamp is how times are stored: ISO 8601 in UTC.
func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
