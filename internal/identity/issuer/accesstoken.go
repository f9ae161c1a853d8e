package issuer

import (
	"crypto/rand"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// issuance is everything that goes into a token.
type issuance struct {
	request *request
	client  Client
	method  authMethod
	target  target
	subject subject
}

// accessClaims is the payload of an access token, in the claims of Entra's v1 and
// v2 tokens together: readers of either find theirs.
type accessClaims struct {
	jwt.Claims

	Audience        string   `json:"aud"` // one word, where jwt.Claims would write a list
	AppID           string   `json:"appid"`
	AppIDACR        string   `json:"appidacr"`
	AuthorizedParty string   `json:"azp"`
	AzpACR          string   `json:"azpacr"`
	IdentityType    string   `json:"idtyp"`
	ObjectID        string   `json:"oid"`
	Roles           []string `json:"roles,omitempty"`
	TenantID        string   `json:"tid"`
	TokenID         string   `json:"uti"`
	Version         string   `json:"ver"`
	DirectoryRoles  []string `json:"wids,omitempty"`
}

// issue signs the token and returns the answer.
func (s *Server) issue(i issuance) (any, error) {
	now := s.cfg.Now().UTC().Truncate(time.Second)
	expires := now.Add(s.cfg.Lifetime)
	token, err := sign(s.cfg.Keys.Current(), s.claims(i, now, expires))
	if err != nil {
		return nil, err
	}
	if i.request.version == v1 {
		return v1Answer(i, token, now, expires), nil
	}
	seconds := int64(s.cfg.Lifetime / time.Second)
	return map[string]any{
		"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token,
	}, nil
}

// v1Answer writes numbers as text, as the v1 endpoint does.
func v1Answer(i issuance, token string, now, expires time.Time) map[string]any {
	seconds := strconv.FormatInt(int64(expires.Sub(now)/time.Second), 10)
	return map[string]any{
		"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds,
		"not_before": strconv.FormatInt(now.Unix(), 10), "expires_on": strconv.FormatInt(expires.Unix(), 10),
		"resource": i.target.audience, "access_token": token,
	}
}

func (s *Server) claims(i issuance, now, expires time.Time) accessClaims {
	id, method := rand.Text(), strconv.Itoa(int(i.method))
	return accessClaims{
		Claims: jwt.Claims{
			Issuer:   i.request.version.issuer(i.request.base, string(i.request.tenant)),
			Subject:  string(i.subject.id),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(expires),
			ID: id,
		},
		Audience: i.target.audience,
		AppID:    i.client.AppID, AppIDACR: method,
		AuthorizedParty: i.client.AppID, AzpACR: method,
		IdentityType: i.subject.identityType, ObjectID: string(i.subject.id),
		Roles: i.subject.roles, TenantID: string(i.request.tenant), TokenID: id,
		Version: i.request.version.claim(), DirectoryRoles: i.subject.directoryRoles,
	}
}

// sign returns claims as a token in compact form.
func sign(key SigningKey, claims any) (string, error) {
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key.private, KeyID: key.ID}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}
