package oauth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	assertionType     = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	assertionLifetime = time.Minute
	minRSABits        = 2048
)

// Key signs the assertions of private_key_jwt (RFC 7523 section 3). Printing it
// shows no secret.
type Key struct {
	signer jose.Signer
}

// KeyOptions tell what a key file leaves open. The zero KeyOptions suit most files.
type KeyOptions struct {
	// Algorithm is RS256, PS256, ES256, ES384 or ES512. Empty means what the file
	// says, else RS256 for RSA and the one of the curve.
	Algorithm string
	// ID is the kid by which the server knows the key; empty means what the file says.
	ID string
}

// ParseKey reads a private key: PEM (PKCS #8, PKCS #1 or SEC 1) or a JWK. A
// certificate in the PEM is named by its thumbprint in assertions (x5t#S256), as
// some servers want. Errors do not quote the data.
func ParseKey(data []byte, o KeyOptions) (*Key, error) {
	key, thumbprint, err := readKey(data)
	if err != nil {
		return nil, err
	}
	if o.ID != "" {
		key.KeyID = o.ID
	}
	if o.Algorithm != "" {
		key.Algorithm = o.Algorithm
	}
	algorithm, err := algorithmOf(key)
	if err != nil {
		return nil, err
	}
	options := (&jose.SignerOptions{}).WithType("JWT")
	if thumbprint != "" {
		options = options.WithHeader("x5t#S256", thumbprint)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		return nil, fmt.Errorf("read a private key: it cannot sign %s", algorithm)
	}
	return &Key{signer: signer}, nil
}

func readKey(data []byte) (jose.JSONWebKey, string, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return readPEM(data)
	}
	var key jose.JSONWebKey
	if json.Unmarshal(data, &key) != nil || !key.Valid() {
		return key, "", errors.New("read a private key: the JSON is not a JWK")
	}
	if key.IsPublic() {
		return key, "", errors.New("read a private key: the JWK is a public key; give the private one")
	}
	return key, "", nil
}

// readPEM returns the first private key and the thumbprint of the first certificate.
func readPEM(data []byte) (jose.JSONWebKey, string, error) {
	var key jose.JSONWebKey
	var thumbprint string
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			if thumbprint == "" {
				sum := sha256.Sum256(block.Bytes)
				thumbprint = base64.RawURLEncoding.EncodeToString(sum[:])
			}
			continue
		}
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return key, "", errors.New("read a private key: it is encrypted with a password; give it without one")
		}
		if key.Key == nil {
			key.Key = parseDER(block.Bytes)
		}
	}
	if key.Key == nil {
		return key, "", errors.New("read a private key: neither a PEM private key nor a JWK was found")
	}
	return key, thumbprint, nil
}

func parseDER(der []byte) crypto.PrivateKey {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	return nil
}

// algorithmOf returns the algorithm that key names, when its type allows it, or the
// usual one of its type.
func algorithmOf(key jose.JSONWebKey) (jose.SignatureAlgorithm, error) {
	allowed := []jose.SignatureAlgorithm{}
	switch k := key.Key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < minRSABits {
			return "", fmt.Errorf("read a private key: RSA with %d bits is too weak; use %d or more", k.N.BitLen(), minRSABits)
		}
		allowed = append(allowed, jose.RS256, jose.PS256)
	case *ecdsa.PrivateKey:
		allowed = append(allowed, curveAlgorithm(k.Curve))
	default:
		return "", errors.New("read a private key: only RSA and elliptic-curve keys (P-256, P-384, P-521) sign assertions")
	}
	if key.Algorithm == "" {
		return allowed[0], nil
	}
	for _, a := range allowed {
		if string(a) == key.Algorithm {
			return a, nil
		}
	}
	return "", fmt.Errorf("read a private key: a key of this type signs %v, not %s", allowed, clean(key.Algorithm, 20))
}

func curveAlgorithm(curve elliptic.Curve) jose.SignatureAlgorithm {
	switch curve {
	case elliptic.P384():
		return jose.ES384
	case elliptic.P521():
		return jose.ES512
	default:
		return jose.ES256
	}
}

// assert returns a fresh assertion that r's client is who it says.
func (k *Key) assert(r Request, now time.Time) (string, error) {
	audience := r.AssertionAudience
	if audience == "" {
		audience = r.Endpoint
	}
	return jwt.Signed(k.signer).Claims(jwt.Claims{
		Issuer:   r.ClientID,
		Subject:  r.ClientID,
		Audience: jwt.Audience{audience},
		ID:       rand.Text(),
		IssuedAt: jwt.NewNumericDate(now),
		Expiry:   jwt.NewNumericDate(now.Add(assertionLifetime)),
	}).Serialize()
}

// String hides the key.
func (k *Key) String() string { return "private key[redacted]" }

// GoString hides the key.
func (k *Key) GoString() string { return k.String() }

// ParseCertificate reads a certificate, its chain and its private key from one PEM
// text. Errors do not quote the data.
func ParseCertificate(data []byte) (*tls.Certificate, error) {
	certificate, err := tls.X509KeyPair(data, data)
	if err != nil {
		return nil, errors.New("read a client certificate: give one PEM text with the CERTIFICATE blocks and the unencrypted PRIVATE KEY that belongs to the first")
	}
	return &certificate, nil
}
