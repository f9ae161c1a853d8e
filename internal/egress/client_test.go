package egress_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/provisor/provisor/internal/egress"
	"github.com/provisor/provisor/internal/errs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// nameserver answers every question of a name with the addresses of that name.
// answers may change from one call to the next.
func nameserver(t *testing.T, answers func(name string) []netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(answer(buffer[:n], answers), from)
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answer builds a DNS message (RFC 1035 section 4) for the one question of query.
func answer(query []byte, answers func(string) []netip.Addr) []byte {
	end := 12
	var labels []string
	for query[end] != 0 {
		size := int(query[end])
		labels = append(labels, string(query[end+1:end+1+size]))
		end += 1 + size
	}
	kind := binary.BigEndian.Uint16(query[end+1:])
	question := query[12 : end+5]
	var records []byte
	var count uint16
	for _, addr := range answers(strings.Join(labels, ".")) {
		if addr.Is4() != (kind == 1) || kind != 1 && kind != 28 {
			continue
		}
		data := addr.AsSlice()
		records = append(records, 0xc0, 12, byte(kind>>8), byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(data)))
		records = append(records, data...)
		count++
	}
	message := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, byte(count >> 8), byte(count), 0, 0, 0, 0}, question...)
	return append(message, records...)
}

func fixed(names map[string]string) func(string) []netip.Addr {
	return func(name string) []netip.Addr {
		var all []netip.Addr
		for text := range strings.FieldsSeq(names[strings.ToLower(name)]) {
			all = append(all, netip.MustParseAddr(text))
		}
		return all
	}
}

// get returns the status of the answer and what Redirected says of it.
func get(t *testing.T, client *http.Client, url string) (int, error) {
	t.Helper()
	t.Cleanup(client.CloseIdleConnections)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode, egress.Redirected(resp)
}

func counting(t *testing.T, handler http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return server, &calls
}

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

func port(t *testing.T, server *httptest.Server) string {
	t.Helper()
	_, p, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestClient_RefusesNamesThatResolveToForbiddenAddresses(t *testing.T) {
	t.Parallel()

	server, calls := counting(t, hello)
	resolver := nameserver(t, fixed(map[string]string{
		"loop.example.com":    "127.0.0.1",
		"loop6.example.com":   "::1",
		"mapped.example.com":  "::ffff:127.0.0.1",
		"zero.example.com":    "0.0.0.0",
		"meta.example.com":    "169.254.169.254",
		"meta6.example.com":   "fd00:ec2::254",
		"nat64.example.com":   "64:ff9b::7f00:1",
		"link.example.com":    "169.254.3.4",
		"several.example.com": "127.0.0.1 169.254.169.254 ::1",
	}))
	for name, why := range map[string]string{
		"loop": "this machine", "loop6": "this machine", "mapped": "this machine", "zero": "unspecified", "meta": "metadata",
		"meta6": "metadata", "nat64": "this machine", "link": "link-local", "several": "refused",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			client := egress.NewClient(egress.Policy{AllowHTTP: true}, egress.Options{Resolver: resolver})
			_, err := get(t, client, "http://"+name+".example.com:"+port(t, server)+"/")
			wantRefused(t, err, why, name+".example.com", "--egress-allow")
		})
	}
	t.Cleanup(func() {
		if n := calls.Load(); n != 0 {
			t.Errorf("%d requests reached the forbidden server", n)
		}
	})
}

// A name that was harmless when somebody looked may be anything at the next look.
func TestClient_DNSRebinding(t *testing.T) {
	t.Parallel()

	server, calls := counting(t, hello)
	var looks atomic.Int64
	resolver := nameserver(t, func(string) []netip.Addr {
		if looks.Add(1) <= 2 { // the first look asks for A and AAAA
			return []netip.Addr{netip.MustParseAddr("192.0.2.1")}
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	})
	policy := egress.Policy{AllowHTTP: true}
	url := "http://rebind.example.com:" + port(t, server) + "/"
	if _, err := policy.CheckURL(url); err != nil {
		t.Fatal(err)
	}
	if addrs, err := resolver.LookupNetIP(t.Context(), "ip", "rebind.example.com"); err != nil || policy.CheckAddr(addrs[0]) != nil {
		t.Fatalf("the first look gives %v, %v", addrs, err)
	}
	_, err := get(t, egress.NewClient(policy, egress.Options{Resolver: resolver}), url)
	wantRefused(t, err, "this machine")
	if calls.Load() != 0 {
		t.Error("the request reached the forbidden server")
	}
}

func TestClient_AllowedLoopback(t *testing.T) {
	t.Parallel()

	server, calls := counting(t, hello)
	for name, policy := range map[string]egress.Policy{
		"by the laptop's default": {AllowHTTP: true, AllowLoopback: true},
		"by range":                {AllowHTTP: true, AllowCIDRs: prefixes("127.0.0.0/8")},
	} {
		status, err := get(t, egress.NewClient(policy, egress.Options{}), server.URL)
		if err != nil || status != http.StatusOK {
			t.Errorf("%s: %d, %v", name, status, err)
		}
	}
	if calls.Load() != 2 {
		t.Errorf("%d calls, want 2", calls.Load())
	}
}

func TestClient_RefusesHTTP(t *testing.T) {
	t.Parallel()

	server, calls := counting(t, hello)
	client := egress.NewClient(egress.Policy{AllowLoopback: true}, egress.Options{})
	_, err := get(t, client, server.URL)
	wantRefused(t, err, "--allow-http")
	resp, err := client.Post(server.URL, "text/plain", strings.NewReader("body"))
	if err == nil {
		_ = resp.Body.Close()
	}
	wantRefused(t, err, "--allow-http")
	if calls.Load() != 0 {
		t.Error("a request went out without TLS")
	}
}

func TestClient_FollowsNoRedirect(t *testing.T) {
	t.Parallel()

	other, calls := counting(t, hello)
	server, _ := counting(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/stolen?token=s3cret", http.StatusTemporaryRedirect)
	})
	policy := egress.Policy{AllowHTTP: true, AllowLoopback: true}
	_, err := get(t, egress.NewClient(policy, egress.Options{}), server.URL+"/token?q=s3cret")
	wantRefused(t, err, server.URL+"/token", other.Listener.Addr().String(), "307")
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error %q quotes a query", err)
	}
	if calls.Load() != 0 {
		t.Error("the redirect was followed")
	}
	if err := egress.Redirected(&http.Response{StatusCode: http.StatusOK}); err != nil {
		t.Errorf("200 counts as a redirect: %v", err)
	}
}

//nolint:paralleltest // t.Setenv forbids it
func TestClient_IgnoresProxyOfTheEnvironment(t *testing.T) {
	proxy, calls := counting(t, hello)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	resolver := nameserver(t, fixed(map[string]string{"app.example.com": "127.0.0.1"}))
	_, err := get(t, egress.NewClient(egress.Policy{AllowHTTP: true}, egress.Options{Resolver: resolver}), "http://app.example.com/")
	wantRefused(t, err, "app.example.com")
	if calls.Load() != 0 {
		t.Error("the request went through the proxy, past the policy")
	}
	if egress.NewTransport(egress.Policy{}, egress.Options{}).Proxy != nil {
		t.Error("the transport has a proxy")
	}
}

func TestClient_TLS(t *testing.T) {
	t.Parallel()

	shown := make(chan int, 2)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		shown <- len(r.TLS.PeerCertificates)
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	policy := egress.Policy{AllowLoopback: true}

	_, err := get(t, egress.NewClient(policy, egress.Options{}), server.URL)
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		t.Fatalf("a certificate of an unknown authority gives %v", err)
	}
	roots, err := egress.Roots(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	if err != nil {
		t.Fatal(err)
	}
	certificate := server.TLS.Certificates[0]
	for want, options := range []egress.Options{{RootCAs: roots}, {RootCAs: roots, Certificate: &certificate}} {
		if _, err := get(t, egress.NewClient(policy, options), server.URL); err != nil {
			t.Fatal(err)
		}
		if got := <-shown; got != want {
			t.Errorf("the client showed %d certificates, want %d", got, want)
		}
	}
}

func TestRoots_RefusesWhatIsNoCertificate(t *testing.T) {
	t.Parallel()

	if _, err := egress.Roots([]byte("not a certificate")); err == nil || !strings.Contains(err.Error(), "BEGIN CERTIFICATE") {
		t.Errorf("error %v does not say what to give", err)
	}
}

func TestClient_Timeout(t *testing.T) {
	t.Parallel()

	release := make(chan struct{})
	server, _ := counting(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(release) })
	policy := egress.Policy{AllowHTTP: true, AllowLoopback: true}
	_, err := get(t, egress.NewClient(policy, egress.Options{Timeout: 50 * time.Millisecond}), server.URL)
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("error %v is no timeout", err)
	}
	if errs.Is(err, errs.Invalid) {
		t.Errorf("a timeout reads as a refusal: %v", err)
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name   string
		body   string
		limit  int64
		want   string
		failed bool
	}{
		{"below", "abc", 4, "abc", false},
		{"exactly", "abcd", 4, "abcd", false},
		{"one more", "abcde", 4, "abcd", true},
		{"far more", strings.Repeat("x", 10<<20), 4, "xxxx", true},
		{"empty", "", 0, "", false},
		{"nothing allowed", "a", 0, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			body := egress.Limit(io.NopCloser(strings.NewReader(tt.body)), tt.limit)
			got, err := io.ReadAll(body)
			large, ok := errors.AsType[*egress.TooLargeError](err)
			if ok != tt.failed || string(got) != tt.want {
				t.Fatalf("read %q, %v; want %q, too large %v", got, err, tt.want, tt.failed)
			}
			if ok && (large.Limit != tt.limit || !strings.Contains(err.Error(), "larger than")) {
				t.Errorf("error %v does not name the limit", err)
			}
			if err := body.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
