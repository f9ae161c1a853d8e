package tlsauto_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/tlsauto"
)

// clock begins at the real time, since TLS clients have no other.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())) } //nolint:forbidigo // see above
func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

func open(t *testing.T, dir string, c *clock, names ...string) *tlsauto.Certificates {
	t.Helper()
	certificates, err := tlsauto.Open(tlsauto.Options{Dir: dir, Names: names, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return certificates
}

func trust(t *testing.T, certificates *tlsauto.Certificates) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(certificates.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatal("no certificate in the CA file")
	}
	return pool
}

func leaf(t *testing.T, certificates *tlsauto.Certificates) *x509.Certificate {
	t.Helper()
	served, err := certificates.TLSConfig().GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return served.Leaf
}

// serve answers with the protocol until the test ends.
func serve(t *testing.T, certificates *tlsauto.Certificates) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		TLSConfig: certificates.TLSConfig(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Proto)) }),
	}
	done := make(chan error, 1)
	go func() { done <- server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	return listener.Addr().String()
}

// TestClientsThatTrustTheAuthorityConnect does real handshakes, by name and address.
func TestClientsThatTrustTheAuthorityConnect(t *testing.T) {
	t.Parallel()

	certificates := open(t, filepath.Join(t.TempDir(), "tls"), &clock{}, "Provisor.Example", "10.1.2.3", "*.wild.example")
	address := serve(t, certificates)
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"localhost", "127.0.0.1", "::1", machine, "provisor.example", "10.1.2.3", "a.wild.example"} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			dialer := tls.Dialer{Config: &tls.Config{RootCAs: trust(t, certificates), ServerName: name, MaxVersion: version}}
			conn, err := dialer.DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			_ = conn.Close()
		}
	}
	for name, config := range map[string]*tls.Config{
		"a client that does not trust": {ServerName: "localhost", RootCAs: x509.NewCertPool()},
		"another name":                 {ServerName: "evil.example", RootCAs: trust(t, certificates)},
		"TLS 1.1":                      {ServerName: "localhost", RootCAs: trust(t, certificates), MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
	} {
		if conn, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", address); err == nil {
			_ = conn.Close()
			t.Errorf("%s connects", name)
		}
	}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust(t, certificates)}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.ProtoMajor != 2 {
		t.Errorf("HTTP %s, want HTTP/2", resp.Proto)
	}
}

func TestCertificateForms(t *testing.T) {
	t.Parallel()

	certificates := open(t, t.TempDir(), &clock{})
	server := leaf(t, certificates)
	if _, err := server.Verify(x509.VerifyOptions{Roots: trust(t, certificates), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}); err != nil {
		t.Error(err)
	}
	if server.IsCA || server.PublicKeyAlgorithm != x509.ECDSA || len(server.AuthorityKeyId) == 0 || server.SerialNumber.BitLen() < 64 {
		t.Errorf("server certificate: CA %v, %v, authority key id %x, serial %v", server.IsCA, server.PublicKeyAlgorithm, server.AuthorityKeyId, server.SerialNumber)
	}
	if life := server.NotAfter.Sub(server.NotBefore); life > 398*24*time.Hour {
		t.Errorf("server certificate lives %s; browsers refuse more than 398 days", life)
	}
	if f := certificates.Fingerprint(); len(f) != 64 {
		t.Errorf("fingerprint %q", f)
	}
}

func TestEverythingIsKept(t *testing.T) {
	t.Parallel()

	dir, c := t.TempDir(), &clock{}
	first := open(t, dir, c)
	second := open(t, dir, c)
	if first.Fingerprint() != second.Fingerprint() {
		t.Error("another authority")
	}
	if leaf(t, first).SerialNumber.Cmp(leaf(t, second).SerialNumber) != 0 {
		t.Error("another server certificate")
	}
	if runtime.GOOS == "windows" {
		return
	}
	for file, want := range map[string]os.FileMode{"ca.pem": 0o644, "ca-key.pem": 0o600, "server.pem": 0o644, "server-key.pem": 0o600} {
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", file, info.Mode().Perm(), want)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("the folder holds %d entries, want 4 (%v)", len(entries), err)
	}
	if err := os.Chmod(filepath.Join(dir, "ca-key.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, dir, c)
	if info, err := os.Stat(filepath.Join(dir, "ca-key.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a key that was opened to everybody stays so: %v, %v", info, err)
	}
}

// TestServerCertificateIsIssuedAgain whenever the stored one does not serve.
func TestServerCertificateIsIssuedAgain(t *testing.T) {
	t.Parallel()

	for name, change := range map[string]func(t *testing.T, dir string, c *clock) []string{
		"another name":    func(*testing.T, string, *clock) []string { return []string{"new.example"} },
		"another address": func(*testing.T, string, *clock) []string { return []string{"10.9.9.9"} },
		"thirty days left": func(_ *testing.T, _ string, c *clock) []string {
			c.advance(61 * 24 * time.Hour)
			return nil
		},
		"clock set back": func(_ *testing.T, _ string, c *clock) []string {
			c.advance(-2 * time.Hour)
			return nil
		},
		"certificate deleted": func(t *testing.T, dir string, _ *clock) []string {
			t.Helper()
			return remove(t, dir, "server.pem")
		},
		"key deleted": func(t *testing.T, dir string, _ *clock) []string {
			t.Helper()
			return remove(t, dir, "server-key.pem")
		},
		"damaged": func(t *testing.T, dir string, _ *clock) []string {
			t.Helper()
			return spoil(t, dir, "server.pem")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			dir, c := t.TempDir(), &clock{}
			before := leaf(t, open(t, dir, c))
			after := open(t, dir, c, change(t, dir, c)...)
			if leaf(t, after).SerialNumber.Cmp(before.SerialNumber) == 0 {
				t.Error("the old certificate is served")
			}
			if _, err := leaf(t, after).Verify(x509.VerifyOptions{Roots: trust(t, after), CurrentTime: c.now().Add(time.Hour)}); err != nil {
				t.Error(err)
			}
		})
	}
}

func remove(t *testing.T, dir, file string) []string {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, file)); err != nil {
		t.Fatal(err)
	}
	return nil
}

func spoil(t *testing.T, dir, file string) []string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	return nil
}

// TestDeletedAuthorityIsMadeAnew, by whoever deleted it: both files, or only its
// certificate, as when the first start was cut off between the two.
func TestDeletedAuthorityIsMadeAnew(t *testing.T) {
	t.Parallel()

	for _, files := range [][]string{{"ca.pem", "ca-key.pem"}, {"ca.pem"}} {
		dir, c := t.TempDir(), &clock{}
		before := open(t, dir, c).Fingerprint()
		for _, file := range files {
			remove(t, dir, file)
		}
		after := open(t, dir, c)
		if after.Fingerprint() == before {
			t.Error("the same authority")
		}
		if _, err := leaf(t, after).Verify(x509.VerifyOptions{Roots: trust(t, after)}); err != nil {
			t.Errorf("the server's certificate is of the old authority: %v", err)
		}
	}
}

// TestRunningServerRenews: connections of many clients see the new certificate once
// thirty days are left, made once.
func TestRunningServerRenews(t *testing.T) {
	t.Parallel()

	c := &clock{}
	certificates := open(t, t.TempDir(), c)
	before := leaf(t, certificates)
	c.advance(59 * 24 * time.Hour)
	if leaf(t, certificates).SerialNumber.Cmp(before.SerialNumber) != 0 {
		t.Error("renewed with a month left")
	}
	c.advance(2 * 24 * time.Hour)
	var serials sync.Map
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if served, err := certificates.TLSConfig().GetCertificate(nil); err == nil {
				serials.Store(served.Leaf.SerialNumber.String(), true)
			}
		})
	}
	group.Wait()
	count := 0
	serials.Range(func(serial, _ any) bool {
		count++
		if serial == before.SerialNumber.String() {
			t.Error("the old certificate is served")
		}
		return true
	})
	if count != 1 {
		t.Errorf("%d certificates were made, want 1", count)
	}
}

// TestRenewalThatFailsIsRepeated: the folder is gone; the old certificate serves as
// long as it is valid.
func TestRenewalThatFailsIsRepeated(t *testing.T) {
	t.Parallel()

	c, dir := &clock{}, filepath.Join(t.TempDir(), "tls")
	certificates := open(t, dir, c)
	before := leaf(t, certificates)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	c.advance(61 * 24 * time.Hour)
	if leaf(t, certificates).SerialNumber.Cmp(before.SerialNumber) != 0 {
		t.Error("a certificate that was never stored is served")
	}
	c.advance(30 * 24 * time.Hour)
	if _, err := certificates.TLSConfig().GetCertificate(nil); !errs.Is(err, errs.Internal) {
		t.Errorf("after expiry: %v", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if leaf(t, certificates).SerialNumber.Cmp(before.SerialNumber) == 0 {
		t.Error("the expired certificate is served")
	}
}

// TestAuthorityIsNeverReplacedSilently: whoever trusts it must learn of it.
func TestAuthorityIsNeverReplacedSilently(t *testing.T) {
	t.Parallel()

	for name, change := range map[string]func(t *testing.T, dir string, c *clock) []string{
		"key deleted": func(t *testing.T, dir string, _ *clock) []string {
			t.Helper()
			return remove(t, dir, "ca-key.pem")
		},
		"key damaged": func(t *testing.T, dir string, _ *clock) []string {
			t.Helper()
			return spoil(t, dir, "ca-key.pem")
		},
		"server's pair in its place": func(t *testing.T, dir string, _ *clock) []string {
			t.Helper()
			for from, to := range map[string]string{"server.pem": "ca.pem", "server-key.pem": "ca-key.pem"} {
				if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
					t.Fatal(err)
				}
			}
			return nil
		},
		"expired": func(_ *testing.T, _ string, c *clock) []string {
			c.advance(3651 * 24 * time.Hour)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			dir, c := t.TempDir(), &clock{}
			open(t, dir, c)
			change(t, dir, c)
			_, err := tlsauto.Open(tlsauto.Options{Dir: dir, Now: c.now})
			if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), dir) {
				t.Errorf("got %v, want Invalid with the folder's name", err)
			}
		})
	}
}

// TestServerCertificateEndsWithTheAuthority: a chain is as long-lived as its end.
func TestServerCertificateEndsWithTheAuthority(t *testing.T) {
	t.Parallel()

	dir, c := t.TempDir(), &clock{}
	open(t, dir, c)
	c.advance(3640 * 24 * time.Hour)
	late := open(t, dir, c)
	if left := leaf(t, late).NotAfter.Sub(c.now()); left > 10*24*time.Hour+time.Minute {
		t.Errorf("the server certificate outlives its authority by %s", left)
	}
}

func TestNamesAreChecked(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"", "https://x", "x:8443", "a b", "a..b", "-a", strings.Repeat("a", 64), strings.Repeat("a.", 130) + "a", "*", "münchen.example"} {
		if _, err := tlsauto.Open(tlsauto.Options{Dir: t.TempDir(), Names: []string{name}, Now: (&clock{}).now}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: got %v, want Invalid", name, err)
		}
	}
	server := leaf(t, open(t, t.TempDir(), &clock{}, "xn--mnchen-3ya.example", "UPPER.example", "localhost", "127.0.0.1", "fe80::1"))
	if err := server.VerifyHostname("upper.example"); err != nil {
		t.Error(err)
	}
	count := 0
	for _, ip := range server.IPAddresses {
		if ip.Equal(net.IPv4(127, 0, 0, 1)) {
			count++
		}
	}
	if count != 1 {
		t.Errorf("127.0.0.1 stands %d times in the certificate", count)
	}
}
