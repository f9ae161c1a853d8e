package credential

import (
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/synchronization"
)

// Key names one stored value: a key of Graph's synchronizationSecret enumeration,
// or one of the settings below.
type Key string

// Settings are values by key. Keys without value are absent.
type Settings map[Key]string

// KeyOf returns the key of a member of the enumeration.
func KeyOf(s synchronization.Secret) Key { return Key(s.String()) }

// The settings that Graph has no key for; see [Service.Configure].
const (
	// Scope is the scope to ask for: in the authorization request and with client
	// credentials. Space-separated.
	Scope Key = "provisor.scope"
	// Resource is the resource parameter (RFC 8707).
	Resource Key = "provisor.resource"
	// Audience is the audience parameter that some servers want.
	Audience Key = "provisor.audience"
	// ClientAuthentication is a token_endpoint_auth_method: client_secret_basic,
	// client_secret_post, private_key_jwt, tls_client_auth or none.
	ClientAuthentication Key = "provisor.clientAuthentication"
	// PrivateKey signs the assertions of private_key_jwt: PEM or JWK.
	PrivateKey Key = "provisor.privateKey"
	// PrivateKeyID is the kid of PrivateKey.
	PrivateKeyID Key = "provisor.privateKeyId"
	// PrivateKeyAlgorithm is RS256, PS256, ES256, ES384 or ES512.
	PrivateKeyAlgorithm Key = "provisor.privateKeyAlgorithm"
	// AssertionAudience is the aud of assertions when it is not the token endpoint.
	AssertionAudience Key = "provisor.assertionAudience"
	// ClientCertificate is shown to the token endpoint: PEM with its private key.
	ClientCertificate Key = "provisor.clientCertificate"
)

// What the service keeps for itself.
const (
	ownPrefix         = "provisor."
	codeVerifier  Key = "provisor.codeVerifier"             // PKCE, of the authorization under way
	authorization Key = "provisor.authorization"            // the authorization under way
	spentCodes    Key = "provisor.spentCodes"               // digests of codes that were sent
	fault         Key = "provisor.fault"                    // why the last refresh was refused
	templateUsed  Key = "provisor.template"                 // the template's settings at the last acquisition
	methodUsed    Key = "provisor.clientAuthenticationUsed" // what the endpoint took the last time
	authenticates Key = "provisor.authenticates"            // "oauth" once a token was acquired after SecretToken was entered
)

// configurable returns the settings that [Service.Configure] takes.
func configurable() []Key {
	return []Key{
		Scope, Resource, Audience, ClientAuthentication, PrivateKey, PrivateKeyID, PrivateKeyAlgorithm, AssertionAudience, ClientCertificate,
	}
}

// own reports whether k is not of Graph's enumeration.
func (k Key) own() bool { return strings.HasPrefix(string(k), ownPrefix) }

// made reports whether the service itself writes k: what an acquisition yields.
func (k Key) made() bool {
	return slices.Contains([]Key{accessToken, refreshToken, creationTime, expiration}, k)
}

// The keys that matter to a token, in the enumeration's spelling.
const (
	accessToken    Key = "Oauth2AccessToken"  //nolint:gosec // the name of a secret, not a secret
	refreshToken   Key = "Oauth2RefreshToken" //nolint:gosec // the name of a secret, not a secret
	creationTime   Key = "Oauth2AccessTokenCreationTime"
	expiration     Key = "TokenExpiration"
	secretToken    Key = "SecretToken"
	clientID       Key = "Oauth2ClientId"
	clientSecret   Key = "Oauth2ClientSecret" //nolint:gosec // the name of a secret, not a secret
	code           Key = "Oauth2AuthorizationCode"
	redirectURI    Key = "Oauth2RedirectUri"
	tokenURI       Key = "Oauth2TokenExchangeUri" //nolint:gosec // the name of a setting
	authorizeURI   Key = "Oauth2AuthorizationUri"
	authentication Key = "AuthenticationType"
)

const (
	keep     = "*" // the value that stands for the stored one
	maxValue = 64 << 10
)

// The codes of errors; see the reference of Graph's surface.
const (
	invalid         = "RequestParameterInvalid"
	missing         = "CredentialsMissing"
	refused         = "InvalidCredentials"
	unavailable     = "CredentialValidationUnavailable"
	internalFailure = "InternalServerError"
)

// Given is one value that a caller gives.
type Given struct {
	Key   synchronization.Secret
	Value string
	Null  bool // the value is null or absent
}

// absent reports whether g gives nothing.
func (g Given) absent() bool { return g.Null || g.Value == "" }

// check refuses what cannot be taken, naming the entry.
func check(given []Given) error {
	seen := map[synchronization.Secret]bool{}
	for i, g := range given {
		switch {
		case g.Key == synchronization.SecretNone && !g.absent():
			return errs.New(errs.Invalid, invalid, "Entry %d has a value but its key is None, which stands for no key. Name the key.", i)
		case g.Key != synchronization.SecretNone && seen[g.Key]:
			return errs.New(errs.Invalid, invalid, "The key %s is given twice. Give each key once.", g.Key).WithTarget(g.Key.String())
		case len(g.Value) > maxValue:
			return errs.New(errs.Invalid, invalid, "The value of %s is longer than %d bytes.", g.Key, maxValue).WithTarget(g.Key.String())
		}
		if err := checkAddress(g); err != nil {
			return err
		}
		seen[g.Key] = true
	}
	return nil
}

// checkAddress refuses a BaseAddress that names another protocol, such as a file. One
// without any is left to the first use, which tells what is wrong with it.
func checkAddress(g Given) error {
	if g.Key != synchronization.SecretBaseAddress {
		return nil
	}
	scheme, _, named := strings.Cut(g.Value, ":")
	if !named || strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http") {
		return nil
	}
	return errs.New(errs.Invalid, invalid,
		"BaseAddress begins with %.64q, and an application is reached by https or http. Give the whole URL of its SCIM endpoint, such as https://app.example.com/scim/v2.", scheme+":").
		WithTarget(g.Key.String())
}
