package issuer

import (
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// issuance is everything that goes into a token.
type issuance struct {
	request *request
	client  Client
	method  authMethod
	permit
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

	// Of a person only.
	Scopes string `json:"scp,omitempty"`
	personClaims
}

// issue signs the tokens and returns the answer.
func (s *Server) issue(i issuance) (any, error) {
	now := s.cfg.Now().UTC().Truncate(time.Second)
	expires := now.Add(s.cfg.Lifetime)
	token, err := sign(s.cfg.Keys.Current(), s.claims(i, now, expires))
	if err != nil {
		return nil, err
	}
	a := answer{Type: "Bearer", AccessToken: token, RefreshToken: i.refresh}
	a.spell(i, now, expires)
	if i.session == nil {
		return a, nil
	}
	a.Scope = i.scopeWords()
	if i.target.wants("openid") {
		if a.IDToken, err = sign(s.cfg.Keys.Current(), s.idClaims(i, now, expires)); err != nil {
			return nil, err
		}
	}
	if i.request.form.Get("client_info") != "" {
		a.ClientInfo = clientInfo(i.subject.id, i.request.tenant)
	}
	return a, nil
}

// answer is that of the token endpoint (RFC 6749 section 5.1) with Entra's additions.
type answer struct {
	Type            string `json:"token_type"`
	Scope           string `json:"scope,omitempty"`
	ExpiresIn       any    `json:"expires_in"`
	ExtendedExpires any    `json:"ext_expires_in"`
	NotBefore       string `json:"not_before,omitempty"`
	ExpiresOn       string `json:"expires_on,omitempty"`
	Resource        string `json:"resource,omitempty"`
	AccessToken     string `json:"access_token"`
	RefreshToken    string `json:"refresh_token,omitempty"`
	IDToken         string `json:"id_token,omitempty"`
	ClientInfo      string `json:"client_info,omitempty"`
}

// spell writes the times: as numbers in v2, and in v1 as text, with more of them.
func (a *answer) spell(i issuance, now, expires time.Time) {
	seconds := int64(expires.Sub(now) / time.Second)
	a.ExpiresIn, a.ExtendedExpires = seconds, seconds
	if i.request.version != v1 {
		return
	}
	text := strconv.FormatInt(seconds, 10)
	a.ExpiresIn, a.ExtendedExpires, a.Resource = text, text, i.target.audience
	a.NotBefore, a.ExpiresOn = strconv.FormatInt(now.Unix(), 10), strconv.FormatInt(expires.Unix(), 10)
}

// scopeWords is what the answer says was granted. It repeats what was asked for, as
// the client wrote it, because clients look tokens up by that.
func (i issuance) scopeWords() string {
	prefix := i.target.audience + "/"
	if i.request.version == v1 {
		return strings.Join(i.scopes, " ")
	}
	var words []string
	for n, name := range i.target.scopes {
		granted := name == ".default" || slices.ContainsFunc(i.scopes, func(s string) bool { return strings.EqualFold(s, name) })
		if granted {
			words = append(words, i.target.words[n])
		}
	}
	if i.target.all() {
		for _, name := range i.scopes {
			words = append(words, prefix+name)
		}
	}
	for _, word := range i.target.signIn {
		if word != "offline_access" {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

func (s *Server) claims(i issuance, now, expires time.Time) accessClaims {
	id, method := rand.Text(), strconv.Itoa(int(i.method))
	c := accessClaims{
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
	if i.session != nil {
		c.Subject = pairwise(i.subject.id, i.client.AppID)
		c.Scopes = strings.Join(i.scopes, " ")
		if c.Scopes == "" {
			c.Scopes = strings.Join(i.target.signIn, " ")
		}
		c.personClaims = personOf(i)
	}
	return c
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
