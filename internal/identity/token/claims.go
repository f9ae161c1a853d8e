package token

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/identity"
)

// claims is the payload of an access token, in the names of Entra's v1 and v2
// tokens and, where those are absent, of RFC 9068.
type claims struct {
	jwt.Claims

	TenantID         string `json:"tid"`
	ObjectID         string `json:"oid"`
	AppID            string `json:"appid"`
	AuthorizedParty  string `json:"azp"`
	ClientID         string `json:"client_id"`
	IdentityType     string `json:"idtyp"`
	IdentityProvider string `json:"idp"`
	Scopes           words  `json:"scp"`
	Scope            words  `json:"scope"`
	Roles            words  `json:"roles"`
	DirectoryRoles   words  `json:"wids"`
}

// words reads a list that issuers write as an array or as one string with blanks.
type words []string

// UnmarshalJSON accepts both forms, and null for none.
func (w *words) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*w = strings.Fields(one)
		return nil
	}
	return json.Unmarshal(data, (*[]string)(w))
}

// readClaims reads payload, taking the claims that names renames from where they
// are.
func readClaims(payload []byte, names ClaimNames) (claims, error) {
	payload, err := names.rename(payload)
	if err != nil {
		return claims{}, err
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return claims{}, err
	}
	return c, nil
}

// tenant is the tenant that the token names, in the form of the database.
func (c claims) tenant() directory.TenantID {
	return directory.TenantID(strings.ToLower(c.TenantID))
}

// personal reports whether a personal Microsoft account signed in: in its own
// tenant, or as a guest.
func (c claims) personal() bool {
	return strings.EqualFold(c.TenantID, identity.PersonalTenantID) || strings.EqualFold(c.IdentityProvider, "live.com")
}

// kind tells an application from a signed-in user. Entra's mark idtyp decides, then
// its claim scp, which only users' tokens have. Else the token is an application's
// only when its subject is the client itself (RFC 9068 section 2.2). In doubt the
// caller counts as a user, for whom application permissions do not count; an issuer
// that says neither, as Keycloak does, can be told to add idtyp=app.
func (c claims) kind() identity.Kind {
	switch {
	case c.IdentityType == "app":
		return identity.Application
	case c.IdentityType != "" || len(c.Scopes) > 0 || c.Subject == "":
		return identity.DelegatedUser
	case slices.Contains([]string{c.ObjectID, c.AuthorizedParty, c.AppID, c.ClientID}, c.Subject):
		return identity.Application
	default:
		return identity.DelegatedUser
	}
}

func (c claims) scopes() words {
	if c.Scopes != nil {
		return c.Scopes
	}
	return c.Scope
}

// caller is who the claims describe, in tenant.
func (c claims) caller(tenant directory.TenantID) identity.Caller {
	who := identity.Caller{
		TenantID:       tenant,
		Kind:           c.kind(),
		ObjectID:       directory.ObjectID(first(c.ObjectID, c.Subject)),
		AppID:          first(c.AuthorizedParty, c.AppID, c.ClientID),
		Subject:        c.Subject,
		Scopes:         convert[identity.Permission](c.scopes()),
		Roles:          convert[identity.Permission](c.Roles),
		DirectoryRoles: convert[identity.Role](c.DirectoryRoles),
		Personal:       c.personal(),
		Issuer:         c.Issuer,
	}
	if who.Kind == identity.Application {
		who.ServicePrincipalID = who.ObjectID
	}
	return who
}

func first(candidates ...string) string {
	for _, s := range candidates {
		if s != "" {
			return s
		}
	}
	return ""
}

func convert[T ~string](list words) []T {
	out := make([]T, len(list))
	for i, s := range list {
		out[i] = T(s)
	}
	return out
}
