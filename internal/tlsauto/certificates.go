package tlsauto

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/provisor/provisor/internal/errs"
)

// Options say where the certificates live and for whom they are.
type Options struct {
	// Dir is the folder, made with mode 0700 when it is missing. One process at a
	// time may use it.
	Dir string
	// Names are host names and IP addresses of the server besides localhost,
	// 127.0.0.1, ::1 and the machine's host name.
	Names []string
	// Now is the wall clock: clients compare certificates with theirs.
	Now func() time.Time
}

// Certificates are an authority and the server certificate it vouches for. They may
// be used from any goroutine.
type Certificates struct {
	dir   string
	names names
	now   func() time.Time
	ca    authority

	mu     sync.Mutex
	server *tls.Certificate
}

// Open loads what is in the folder and makes what is missing. Errors are of kind
// Invalid when a name or the authority's files are unusable, else Internal.
func Open(o Options) (*Certificates, error) {
	wanted, err := parseNames(o.Names)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, errs.Wrap(err, errs.Internal, code, "The folder %s for TLS certificates cannot be made.", o.Dir)
	}
	c := &Certificates{dir: o.Dir, names: wanted, now: o.Now}
	if c.ca, err = openAuthority(o.Dir, o.Now()); err != nil {
		return nil, err
	}
	if c.server = c.load(); c.server == nil {
		if c.server, err = c.issue(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

const code = "TLSCertificate"

// CAFile is the path of the authority's certificate in PEM form: what clients are to
// trust, as with SSL_CERT_FILE or NODE_EXTRA_CA_CERTS.
func (c *Certificates) CAFile() string { return AuthorityFile(c.dir) }

// Made reports whether the authority was made just now, so that nobody trusts it yet.
func (c *Certificates) Made() bool { return c.ca.made }

// Fingerprint is the SHA-256 of the authority's certificate in hexadecimal, by which
// people compare it.
func (c *Certificates) Fingerprint() string {
	sum := sha256.Sum256(c.ca.certificate.Raw)
	return hex.EncodeToString(sum[:])
}

// TLSConfig returns a server's configuration: TLS 1.2 and later, HTTP/2 offered,
// the certificate renewed in time while the server runs.
func (c *Certificates) TLSConfig() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current() },
	}
}

// current returns the server's certificate, a new one when little is left of it. A
// renewal that fails is tried again with the next connection; until the old
// certificate expires, nobody notices.
func (c *Certificates) current() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !due(c.server.Leaf, c.now()) {
		return c.server, nil
	}
	renewed, err := c.issue()
	if err != nil && c.now().Before(c.server.Leaf.NotAfter) {
		return c.server, nil // the old one still serves
	}
	if err != nil {
		return nil, err
	}
	c.server = renewed
	return renewed, nil
}

// due reports whether it is time to renew leaf.
func due(leaf *x509.Certificate, now time.Time) bool {
	return now.Before(leaf.NotBefore) || now.After(leaf.NotAfter.Add(-renewal))
}

// load returns the stored server certificate if it still serves: it has our names,
// our authority vouches for it, and it is not due. Else nil: issuing another one
// costs nothing.
func (c *Certificates) load() *tls.Certificate {
	pair, err := tls.LoadX509KeyPair(filepath.Join(c.dir, serverFile), filepath.Join(c.dir, serverKeyFile))
	if err != nil || due(pair.Leaf, c.now()) || !c.names.covered(pair.Leaf) {
		return nil
	}
	if pair.Leaf.CheckSignatureFrom(c.ca.certificate) != nil {
		return nil
	}
	return &pair
}
