package issuer

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// secretBytes is the entropy of a client secret: 256 bits.
const secretBytes = 32

// NewSecret returns a fresh client secret: 43 characters of base64url.
func NewSecret() string {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // never fails, as crypto/rand says
	return base64.RawURLEncoding.EncodeToString(b)
}

// Digest is what is kept of a client secret. It is plain SHA-256 on purpose: slow
// hashes such as argon2id exist for secrets that people choose and attackers guess.
// Secrets here come from [NewSecret] only; with 256 random bits there is nothing to
// guess, and a slow hash would only slow down every sign-in.
func Digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// checkSecret compares the secret with all of the client's, in a time that does not
// tell which came close.
func (s *Server) checkSecret(secret string, c Client) error {
	now, given := s.cfg.Now(), Digest(secret)
	valid, expired := false, false
	for _, have := range c.Secrets {
		if subtle.ConstantTimeCompare(given, have.Digest) != 1 || !have.started(now) {
			continue
		}
		valid = valid || !have.over(now)
		expired = expired || have.over(now)
	}
	switch {
	case valid:
		return nil
	case expired:
		return fault(invalidClient, 7000222, "The provided client secret keys for app '%s' are expired. Add a new secret to the application.", c.AppID)
	}
	return fault(invalidClient, 7000215,
		"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", c.AppID)
}
