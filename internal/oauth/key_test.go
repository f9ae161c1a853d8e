package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/provisor/provisor/internal/oauth"
)

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func ecPrivate(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	return must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(curve, rand.Reader))
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	return block("PRIVATE KEY", must[[]byte](t)(x509.MarshalPKCS8PrivateKey(key)))
}

func ecKey(t *testing.T) []byte {
	t.Helper()
	return pkcs8(t, ecPrivate(t, elliptic.P256()))
}

func jwk(t *testing.T, key any, id, algorithm string) []byte {
	t.Helper()
	return must[[]byte](t)(json.Marshal(jose.JSONWebKey{Key: key, KeyID: id, Algorithm: algorithm}))
}

func parseKey(t *testing.T, data []byte, o oauth.KeyOptions) *oauth.Key {
	t.Helper()
	return must[*oauth.Key](t)(oauth.ParseKey(data, o))
}

func selfSigned(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"}, NotBefore: start(), NotAfter: start().Add(time.Hour)}
	return must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
}

func certificatePEM(t *testing.T) []byte {
	t.Helper()
	key := ecPrivate(t, elliptic.P256())
	return append(block("CERTIFICATE", selfSigned(t, key)), pkcs8(t, key)...)
}

func TestExchange_Assertion(t *testing.T) {
	t.Parallel()

	strong := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	p256, p384, p521 := ecPrivate(t, elliptic.P256()), ecPrivate(t, elliptic.P384()), ecPrivate(t, elliptic.P521())
	der := selfSigned(t, strong)
	sum := sha256.Sum256(der)
	tests := []struct {
		name       string
		data       []byte
		options    oauth.KeyOptions
		public     any
		algorithm  jose.SignatureAlgorithm
		id         string
		thumbprint string
	}{
		{"RSA, PKCS 8", pkcs8(t, strong), oauth.KeyOptions{}, strong.Public(), jose.RS256, "", ""},
		{"RSA, PKCS 1", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(strong)), oauth.KeyOptions{ID: "k1"}, strong.Public(), jose.RS256, "k1", ""},
		{"RSA, PS256", pkcs8(t, strong), oauth.KeyOptions{Algorithm: "PS256"}, strong.Public(), jose.PS256, "", ""},
		{"RSA, JWK", jwk(t, strong, "k2", "PS256"), oauth.KeyOptions{}, strong.Public(), jose.PS256, "k2", ""},
		{
			"RSA with certificate", append(block("CERTIFICATE", der), pkcs8(t, strong)...),
			oauth.KeyOptions{},
			strong.Public(), jose.RS256, "",
			base64.RawURLEncoding.EncodeToString(sum[:]),
		},
		{"P-256, SEC 1", block("EC PRIVATE KEY", must[[]byte](t)(x509.MarshalECPrivateKey(p256))), oauth.KeyOptions{}, p256.Public(), jose.ES256, "", ""},
		{"P-256, JWK, other id", jwk(t, p256, "k3", ""), oauth.KeyOptions{ID: "k4"}, p256.Public(), jose.ES256, "k4", ""},
		{"P-384", pkcs8(t, p384), oauth.KeyOptions{}, p384.Public(), jose.ES384, "", ""},
		{"P-521", pkcs8(t, p521), oauth.KeyOptions{}, p521.Public(), jose.ES512, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			e := plain(t, granted)
			r := request(e, oauth.RefreshToken)
			r.Key, r.ClientSecret = parseKey(t, tt.data, tt.options), ""
			for range 2 {
				if _, err := client(e).Exchange(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			ids := map[string]bool{}
			for _, got := range e.requests() {
				token := must[*jwt.JSONWebToken](t)(jwt.ParseSigned(got.form.Get("client_assertion"), []jose.SignatureAlgorithm{tt.algorithm}))
				var claims jwt.Claims
				if err := token.Claims(tt.public, &claims); err != nil {
					t.Fatalf("the signature does not hold: %v", err)
				}
				want := jwt.Expected{Issuer: clientID, Subject: clientID, AnyAudience: jwt.Audience{e.URL + "/token"}, Time: start()}
				if err := claims.ValidateWithLeeway(want, 0); err != nil {
					t.Error(err)
				}
				if life := claims.Expiry.Time().Sub(start()); life > 5*time.Minute {
					t.Errorf("the assertion lives %v", life)
				}
				if head := token.Headers[0]; head.KeyID != tt.id || fmt.Sprint(head.ExtraHeaders["x5t#S256"]) != orNil(tt.thumbprint) {
					t.Errorf("kid %q, headers %v; want %q and %q", head.KeyID, head.ExtraHeaders, tt.id, tt.thumbprint)
				}
				ids[claims.ID] = true
			}
			if len(ids) != 2 || ids[""] {
				t.Errorf("jti of two assertions: %v, want two", ids)
			}
		})
	}
}

func orNil(text string) string {
	if text == "" {
		return "<nil>"
	}
	return text
}

func TestExchange_AssertionAudience(t *testing.T) {
	t.Parallel()

	e := plain(t, granted)
	private := ecPrivate(t, elliptic.P256())
	r := request(e, oauth.ClientCredentials)
	r.Key, r.AssertionAudience = parseKey(t, pkcs8(t, private), oauth.KeyOptions{}), "https://issuer.example"
	if _, err := client(e).Exchange(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	token := must[*jwt.JSONWebToken](t)(jwt.ParseSigned(e.requests()[0].form.Get("client_assertion"), []jose.SignatureAlgorithm{jose.ES256}))
	var claims jwt.Claims
	if err := token.Claims(private.Public(), &claims); err != nil || !claims.Audience.Contains("https://issuer.example") || len(claims.Audience) != 1 {
		t.Errorf("aud %v, %v", claims.Audience, err)
	}
}

func TestParseKey_Refuses(t *testing.T) {
	t.Parallel()

	weak := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 1024))
	private := ecPrivate(t, elliptic.P256())
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		data    []byte
		options oauth.KeyOptions
		want    string
	}{
		{"nothing", nil, oauth.KeyOptions{}, "neither a PEM private key nor a JWK"},
		{"text", []byte("my-private-key"), oauth.KeyOptions{}, "neither a PEM private key nor a JWK"},
		{"damaged", block("PRIVATE KEY", []byte("my-private-key")), oauth.KeyOptions{}, "neither"},
		{"broken JSON", []byte(`{"kty":"EC","d":"my-private-key"`), oauth.KeyOptions{}, "not a JWK"},
		{"public JWK", jwk(t, private.Public(), "", ""), oauth.KeyOptions{}, "public key"},
		{"password", block("ENCRYPTED PRIVATE KEY", []byte("x")), oauth.KeyOptions{}, "password"},
		{"weak", pkcs8(t, weak), oauth.KeyOptions{}, "too weak"},
		{"edwards", pkcs8(t, edwards), oauth.KeyOptions{}, "only RSA and elliptic-curve"},
		{"algorithm of another type", pkcs8(t, private), oauth.KeyOptions{Algorithm: "RS256"}, "not RS256"},
		{"no signature", pkcs8(t, private), oauth.KeyOptions{Algorithm: "none"}, "not none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			_, err := oauth.ParseKey(tt.data, tt.options)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "my-private-key") {
				t.Errorf("error %q quotes the key", err)
			}
		})
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add([]byte(`{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}`))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := oauth.ParseKey(data, oauth.KeyOptions{})
		if (key == nil) == (err == nil) {
			t.Fatalf("key %v and error %v", key, err)
		}
	})
}
