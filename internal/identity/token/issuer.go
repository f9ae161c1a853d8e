package token

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/provisor/provisor/internal/directory"
)

// authority is one issuer whose tokens are accepted.
type authority interface {
	// issued reports whether iss is this authority's name, for a token of tenant tid.
	issued(iss, tid string) bool
	// payload returns what jws says once its signature holds. A signature that does
	// not is an error of kind Unauthenticated; keys out of reach, Unavailable.
	payload(ctx context.Context, jws *jose.JSONWebSignature, raw string) ([]byte, error)
	// claimNames says how this authority names its claims.
	claimNames() ClaimNames
	// tenant is the tenant its tokens are for; empty means what they say.
	tenant() directory.TenantID
	// accepts reports whether audience aud is one more that this authority uses.
	accepts(aud string) bool
	// String is the name for messages.
	String() string
}

// PublicKeys are the published keys of the built-in authority: the current and, for
// a while after a rotation, the previous.
type PublicKeys interface {
	PublicKeys() []jose.JSONWebKey
}

// builtIn is the authority in the same process.
type builtIn struct {
	bases []string // without trailing slash
	keys  PublicKeys
}

// issued accepts the issuer names of v2 and v1 tokens, and only those of the
// tenant that the token is for.
func (b builtIn) issued(iss, tid string) bool {
	if tid == "" {
		return false
	}
	return slices.ContainsFunc(b.bases, func(base string) bool {
		rest, ok := strings.CutPrefix(iss, base+"/"+tid+"/")
		return ok && (rest == "v2.0" || rest == "")
	})
}

func (b builtIn) payload(_ context.Context, jws *jose.JSONWebSignature, _ string) ([]byte, error) {
	kid := jws.Signatures[0].Header.KeyID
	for _, key := range b.keys.PublicKeys() {
		if key.KeyID != kid {
			continue
		}
		payload, err := jws.Verify(key)
		if err != nil {
			return nil, refuse("The token's signature does not match its content; request a new token.")
		}
		return payload, nil
	}
	return nil, refuse("The token is signed with key %s, which %s does not publish; request a new token.", quote(kid), b)
}

func (b builtIn) claimNames() ClaimNames     { return ClaimNames{} }
func (b builtIn) tenant() directory.TenantID { return "" }
func (b builtIn) accepts(string) bool        { return false }
func (b builtIn) String() string             { return b.bases[0] }

// algorithms are the signature algorithms accepted: asymmetric ones, so that a
// public key can never serve as a shared secret.
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256}
}

// parse reads the compact form of a signed token and refuses other algorithms.
func parse(raw string) (*jose.JSONWebSignature, error) {
	jws, err := jose.ParseSignedCompact(raw, algorithms())
	if wrong, ok := errors.AsType[*jose.ErrUnexpectedSignatureAlgorithm](err); ok {
		return nil, refuse("The token is signed with algorithm %s; accepted are RS256, PS256 and ES256.", quote(string(wrong.Got)))
	}
	if err != nil {
		return nil, refuse("The token is not a signed JSON Web Token in compact form.")
	}
	return jws, nil
}
