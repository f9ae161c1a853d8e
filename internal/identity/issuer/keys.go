package issuer

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// keyBits is the size of a signing key. Two thousand and forty-eight is what Entra
// uses and every verifier accepts.
const keyBits = 2048

// SigningKey is an RSA key that signs tokens with RS256. Printing it does not show
// the private half.
type SigningKey struct {
	// ID is the key's thumbprint (RFC 7638), in claim kid of what it signs.
	ID      string
	Created time.Time
	private *rsa.PrivateKey
}

// String returns the key's id.
func (k SigningKey) String() string { return "signing key " + k.ID }

// GoString returns the key's id.
func (k SigningKey) GoString() string { return k.String() }

// newSigningKey makes a key, created now.
func newSigningKey(now time.Time) (SigningKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return SigningKey{}, fmt.Errorf("generate signing key: %w", err)
	}
	return signingKey(private, now)
}

func signingKey(private *rsa.PrivateKey, created time.Time) (SigningKey, error) {
	jwk := jose.JSONWebKey{Key: private.Public()}
	thumbprint, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return SigningKey{}, fmt.Errorf("thumbprint of signing key: %w", err)
	}
	return SigningKey{ID: base64.RawURLEncoding.EncodeToString(thumbprint), Created: created, private: private}, nil
}

func (k SigningKey) public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.private.Public(), KeyID: k.ID, Algorithm: string(jose.RS256), Use: "sig"}
}

// KeySet is the key that signs and the one that signed before it, whose tokens are
// still about. It is a value: rotation makes another one.
type KeySet struct {
	Current  SigningKey
	Previous *SigningKey // nil before the first rotation
}

// NewKeySet returns a set with a fresh key.
func NewKeySet(now time.Time) (KeySet, error) {
	key, err := newSigningKey(now)
	return KeySet{Current: key}, err
}

// Rotate returns a set in which a fresh key signs and the current one is previous.
// Rotate no sooner than a token's lifetime after the last time, else tokens signed
// with the key that falls out are refused.
func (s KeySet) Rotate(now time.Time) (KeySet, error) {
	key, err := newSigningKey(now)
	return KeySet{Current: key, Previous: &s.Current}, err
}

// savedKey is a key as it is marshalled.
type savedKey struct {
	Created time.Time       `json:"created"`
	Key     jose.JSONWebKey `json:"key"`
}

// Marshal returns the set with its private keys, for sealing: seal it before it is
// stored anywhere.
func (s KeySet) Marshal() ([]byte, error) {
	keys := []SigningKey{s.Current}
	if s.Previous != nil {
		keys = append(keys, *s.Previous)
	}
	saved := make([]savedKey, len(keys))
	for i, k := range keys {
		saved[i] = savedKey{k.Created, jose.JSONWebKey{Key: k.private, KeyID: k.ID, Algorithm: string(jose.RS256), Use: "sig"}}
	}
	return json.Marshal(saved)
}

// ParseKeySet reads what [KeySet.Marshal] wrote. The error never holds key material.
func ParseKeySet(data []byte) (KeySet, error) {
	var saved []savedKey
	if json.Unmarshal(data, &saved) != nil || len(saved) < 1 || len(saved) > 2 {
		return KeySet{}, fmt.Errorf("parse signing keys: %d bytes are not a set of one or two keys", len(data))
	}
	keys := make([]SigningKey, len(saved))
	for i, k := range saved {
		private, ok := k.Key.Key.(*rsa.PrivateKey)
		if !ok {
			return KeySet{}, fmt.Errorf("parse signing keys: key %d is not a private RSA key", i)
		}
		var err error
		if keys[i], err = signingKey(private, k.Created); err != nil {
			return KeySet{}, err
		}
	}
	set := KeySet{Current: keys[0]}
	if len(keys) == 2 {
		set.Previous = &keys[1]
	}
	return set, nil
}

// Ring holds the set in force and hands it to whoever signs or checks. It may be
// used from any goroutine. The zero Ring is not usable; make one with [NewRing].
type Ring struct {
	set atomic.Pointer[KeySet]
}

// NewRing returns a ring with set in force.
func NewRing(set KeySet) *Ring {
	r := &Ring{}
	r.Replace(set)
	return r
}

// Replace puts set in force, after a rotation that is stored already.
func (r *Ring) Replace(set KeySet) { r.set.Store(&set) }

// Current implements [Keys].
func (r *Ring) Current() SigningKey { return r.set.Load().Current }

// PublicKeys implements [Keys], and the key source of package token.
func (r *Ring) PublicKeys() []jose.JSONWebKey {
	set := r.set.Load()
	keys := []jose.JSONWebKey{set.Current.public()}
	if set.Previous != nil {
		keys = append(keys, set.Previous.public())
	}
	return keys
}
