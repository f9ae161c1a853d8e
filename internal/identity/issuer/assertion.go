package issuer

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	// assertionType is the only client_assertion_type there is (RFC 7523 section 2.2).
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// longest is the longest time an assertion may be valid from now on.
	longest = 24 * time.Hour
	// skew is how far a client's clock may differ from ours.
	skew = 5 * time.Minute
)

func assertionAlgorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256}
}

// claimedSubject is who an assertion says it is from. Nothing in it is proven.
func claimedSubject(assertion string) string { return claimed(assertion).Subject }

// claimedAudience is whom a token says it is for. Nothing in it is proven.
func claimedAudience(token string) string {
	if c := claimed(token); len(c.Audience) == 1 {
		return c.Audience[0]
	}
	return ""
}

func claimed(text string) jwt.Claims {
	token, err := jwt.ParseSigned(text, assertionAlgorithms())
	if err != nil {
		return jwt.Claims{}
	}
	var c jwt.Claims
	if token.UnsafeClaimsWithoutVerification(&c) != nil {
		return jwt.Claims{}
	}
	return c
}

// checkAssertion checks that the client signed the assertion, for us and for now
// (RFC 7523 section 3). It may be used again until it expires, as with Entra.
func (s *Server) checkAssertion(r *request, c Client) error {
	if r.client.assertionType != assertionType {
		return fault(invalidRequest, 900144, "The request body must contain the following parameter: 'client_assertion_type' with value '%s'.", assertionType)
	}
	claims, err := s.verifyAssertion(r.client.assertion, c)
	if err != nil {
		return err
	}
	if claims.Issuer != c.AppID || claims.Subject != c.AppID {
		return fault(invalidClient, 700021, "Client assertion must name the application '%s' as both issuer and subject.", c.AppID)
	}
	if !slices.ContainsFunc(claims.Audience, func(a string) bool { return slices.Contains(s.assertionAudiences(r), a) }) {
		return fault(invalidClient, 700023, "Client assertion audience claim does not match the token endpoint '%s'.", s.assertionAudiences(r)[0])
	}
	return s.checkAssertionTime(claims)
}

// verifyAssertion returns the claims once one of the client's valid keys proves them.
func (s *Server) verifyAssertion(assertion string, c Client) (jwt.Claims, error) {
	jws, err := jose.ParseSignedCompact(assertion, assertionAlgorithms())
	if err != nil {
		return jwt.Claims{}, fault(invalidClient, 50027, "Client assertion is not a JSON Web Token signed with RS256, PS256 or ES256.")
	}
	now := s.cfg.Now()
	for _, key := range c.Keys {
		if !key.started(now) || key.over(now) {
			continue
		}
		payload, err := jws.Verify(key.Public)
		if err != nil {
			continue
		}
		var claims jwt.Claims
		if err := json.Unmarshal(payload, &claims); err != nil {
			return jwt.Claims{}, fault(invalidClient, 50027, "Client assertion carries claims that cannot be read.")
		}
		return claims, nil
	}
	return jwt.Claims{}, fault(invalidClient, 700027,
		"Client assertion failed signature validation: none of the valid key credentials of app '%s' signed it.", c.AppID)
}

// assertionAudiences are the names under which a client may mean this authority.
func (s *Server) assertionAudiences(r *request) []string {
	var all []string
	for _, base := range append([]string{r.base}, s.cfg.BaseURLs...) {
		for _, tenant := range []string{r.segment, string(r.tenant)} {
			all = append(all,
				base+"/"+tenant+"/oauth2"+r.version.segment()+"/token",
				base+"/"+tenant+"/oauth2/v2.0/token", base+"/"+tenant+"/oauth2/token",
				base+"/"+tenant+"/v2.0", base+"/"+tenant+"/")
		}
	}
	return all
}

func (s *Server) checkAssertionTime(c jwt.Claims) error {
	now := s.cfg.Now()
	switch {
	case c.Expiry == nil:
		return fault(invalidClient, 700024, "Client assertion has no expiry (claim exp).")
	case !now.Before(c.Expiry.Time().Add(skew)):
		return fault(invalidClient, 700024, "Client assertion is not within its valid time range: it expired at %s.", c.Expiry.Time().UTC().Format(time.RFC3339))
	case c.Expiry.Time().After(now.Add(longest)):
		return fault(invalidClient, 700024, "Client assertion is valid for more than %s; sign a shorter one.", longest)
	case c.NotBefore != nil && now.Before(c.NotBefore.Time().Add(-skew)):
		return fault(invalidClient, 700024, "Client assertion is not within its valid time range: it begins at %s.", c.NotBefore.Time().UTC().Format(time.RFC3339))
	}
	return nil
}
