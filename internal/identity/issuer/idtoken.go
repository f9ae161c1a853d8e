package issuer

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/provisor/provisor/internal/directory"
)

// personClaims tell who a person is, in the claims of Entra's v1 and v2 tokens
// together.
type personClaims struct {
	Name              string   `json:"name,omitempty"`
	Given             string   `json:"given_name,omitempty"`
	Surname           string   `json:"family_name,omitempty"`
	PreferredUsername string   `json:"preferred_username,omitempty"`
	PrincipalName     string   `json:"upn,omitempty"`
	UniqueName        string   `json:"unique_name,omitempty"`
	Email             string   `json:"email,omitempty"`
	Methods           []string `json:"amr,omitempty"`
	AuthenticatedAt   int64    `json:"auth_time,omitempty"`
}

func personOf(i issuance) personClaims {
	u := i.subject.user
	p := personClaims{
		Name: u.Name, Given: u.Given, Surname: u.Surname, PreferredUsername: u.PrincipalName,
		PrincipalName: u.PrincipalName, UniqueName: u.PrincipalName, Methods: []string{"pwd"}, AuthenticatedAt: i.session.At.Unix(),
	}
	if i.target.wants("email") {
		p.Email = u.Email
	}
	return p
}

// idClaims is the payload of an ID token (OpenID Connect Core section 2).
type idClaims struct {
	jwt.Claims
	personClaims

	Audience string `json:"aud"`
	Nonce    string `json:"nonce,omitempty"`
	ObjectID string `json:"oid"`
	TenantID string `json:"tid"`
	TokenID  string `json:"uti"`
	Version  string `json:"ver"`
}

func (s *Server) idClaims(i issuance, now, expires time.Time) idClaims {
	return idClaims{
		Claims: jwt.Claims{
			Issuer:   i.request.version.issuer(i.request.base, string(i.request.tenant)),
			Subject:  pairwise(i.subject.id, i.client.AppID),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(expires),
		},
		personClaims: personOf(i), Audience: i.client.AppID, Nonce: i.session.Nonce,
		ObjectID: string(i.subject.id), TenantID: string(i.request.tenant), TokenID: rand.Text(), Version: i.request.version.claim(),
	}
}

// pairwise is a person's subject for one client, so that two clients cannot compare
// their users by it (OpenID Connect Core section 8.1).
func pairwise(user directory.ObjectID, appID string) string {
	sum := sha256.Sum256([]byte(string(user) + "\x00" + appID))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// clientInfo is what MSAL names a person's tokens by in its cache.
func clientInfo(user directory.ObjectID, tenant directory.TenantID) string {
	info, _ := json.Marshal(map[string]string{"uid": string(user), "utid": string(tenant)}) // two texts can always be written
	return base64.RawURLEncoding.EncodeToString(info)
}
