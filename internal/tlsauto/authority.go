package tlsauto

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/provisor/provisor/internal/errs"
)

const (
	caFile        = "ca.pem"
	caKeyFile     = "ca-key.pem"
	serverFile    = "server.pem"
	serverKeyFile = "server-key.pem"
)

const (
	day        = 24 * time.Hour
	caLife     = 3650 * day
	serverLife = 90 * day // operating systems refuse server certificates of years
	renewal    = 30 * day // what must be left of the server's certificate
	backdating = time.Hour
)

// authority is the installation's own certificate authority.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	made        bool // just now
}

// openAuthority loads the authority from dir, or makes it when there is none. It is
// its certificate that makes it one: a key alone is what a first start leaves that
// was cut off, before anybody could trust anything.
func openAuthority(dir string, now time.Time) (authority, error) {
	certificate, key := filepath.Join(dir, caFile), filepath.Join(dir, caKeyFile)
	if _, err := os.Stat(certificate); errors.Is(err, fs.ErrNotExist) {
		return makeAuthority(certificate, key, now)
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return authority{}, errs.Wrap(err, errs.Invalid, code,
			"The local certificate authority in %s cannot be read. Restore %s and %s from a backup, or delete both and trust the new authority.", dir, caFile, caKeyFile)
	}
	private, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !pair.Leaf.IsCA {
		return authority{}, errs.New(errs.Invalid, code,
			"%s in %s is not the certificate of an authority with an ECDSA key. Delete %s and %s, and trust the new authority.", caFile, dir, caFile, caKeyFile)
	}
	if !now.Before(pair.Leaf.NotAfter) {
		return authority{}, errs.New(errs.Invalid, code,
			"The local certificate authority in %s expired on %s. Delete %s and %s, and trust the new authority.",
			dir, pair.Leaf.NotAfter.UTC().Format(time.DateOnly), caFile, caKeyFile)
	}
	return authority{certificate: pair.Leaf, key: private}, tighten(key)
}

func makeAuthority(certificate, key string, now time.Time) (authority, error) {
	private, err := newKey()
	if err != nil {
		return authority{}, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{"Provisor"}, CommonName: "Provisor local CA " + now.UTC().Format(time.DateOnly)},
		NotBefore:             now.Add(-backdating),
		NotAfter:              now.Add(caLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	signed, err := sign(template, template, private, private)
	if err != nil {
		return authority{}, err
	}
	if err := writePair(certificate, key, signed.Raw, private); err != nil {
		return authority{}, err
	}
	return authority{certificate: signed, key: private, made: true}, nil
}

// issue makes a server certificate with a fresh key, stores and returns it.
func (c *Certificates) issue() (*tls.Certificate, error) {
	private, err := newKey()
	if err != nil {
		return nil, err
	}
	now := c.now()
	template := &x509.Certificate{
		Subject:     pkix.Name{Organization: []string{"Provisor"}, CommonName: "localhost"},
		NotBefore:   now.Add(-backdating),
		NotAfter:    earlier(now.Add(serverLife), c.ca.certificate.NotAfter),
		DNSNames:    c.names.hosts,
		IPAddresses: c.names.addresses,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	signed, err := sign(template, c.ca.certificate, private, c.ca.key)
	if err != nil {
		return nil, err
	}
	if err := writePair(filepath.Join(c.dir, serverFile), filepath.Join(c.dir, serverKeyFile), signed.Raw, private); err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{signed.Raw}, PrivateKey: private, Leaf: signed}, nil
}

func newKey() (*ecdsa.PrivateKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, code, "A private key for TLS cannot be made.")
	}
	return private, nil
}

// sign returns template as a certificate of key's owner, vouched for by parent.
func sign(template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) (*x509.Certificate, error) {
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, code, "A certificate for TLS cannot be made.")
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, errs.Wrap(err, errs.Internal, code, "A certificate for TLS cannot be read back.")
	}
	return certificate, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
