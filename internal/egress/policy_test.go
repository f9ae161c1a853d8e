package egress_test

import (
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/egress"
	"github.com/provisor/provisor/internal/errs"
)

func wantRefused(t *testing.T, err error, words ...string) {
	t.Helper()
	if !errs.Is(err, errs.Invalid) {
		t.Fatalf("error %v is not errs.Invalid", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
}

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

func TestPolicy_CheckURL(t *testing.T) {
	t.Parallel()

	laptop := egress.Policy{AllowHTTP: true, AllowLoopback: true}
	tests := []struct {
		name   string
		policy egress.Policy
		url    string
		want   string // part of the refusal; empty means allowed
	}{
		{"https", egress.Policy{}, "https://app.example.com/token?a=b", ""},
		{"upper case", egress.Policy{}, "HTTPS://APP.EXAMPLE.COM/token", ""},
		{"port", egress.Policy{}, "https://app.example.com:8443/", ""},
		{"private address", egress.Policy{}, "https://10.1.2.3/scim", ""},
		{"http", egress.Policy{}, "http://app.example.com/token?secret=x", "--allow-http"},
		{"http allowed", egress.Policy{AllowHTTP: true}, "http://app.example.com/token", ""},
		{"ftp", laptop, "ftp://app.example.com/", `scheme "ftp"`},
		{"file", laptop, "file:///etc/passwd", "not absolute"},
		{"relative", egress.Policy{}, "/token", "not absolute"},
		{"empty", egress.Policy{}, "", "not absolute"},
		{"no scheme", egress.Policy{}, "app.example.com/token", "not absolute"},
		{"opaque", egress.Policy{}, "https:app.example.com", "not absolute"},
		{"port only", egress.Policy{}, "https://:443/", "not absolute"},
		{"user", egress.Policy{}, "https://user:hunter2@app.example.com/", "Put credentials into their own fields"},
		{"fragment", egress.Policy{}, "https://app.example.com/#top", "fragment"},
		{"control", egress.Policy{}, "https://app.example.com/\x00", "cannot be read"},
		{"space in the query", egress.Policy{}, "https://app.example.com/?a=b c", "cannot be read"},
		{"localhost", egress.Policy{}, "https://localhost/", "--egress-allow 127.0.0.1/32"},
		{"localhost with a dot", egress.Policy{}, "https://LOCALHOST./", "this machine"},
		{"below localhost", egress.Policy{}, "https://app.localhost:8443/", "this machine"},
		{"loopback", egress.Policy{}, "https://127.1.2.3/", "this machine"},
		{"loopback 6", egress.Policy{}, "https://[::1]:8443/", "--egress-allow ::1/128"},
		{"loopback allowed", laptop, "http://[::1]:8080/scim", ""},
		{"localhost allowed", laptop, "http://localhost:8080/scim", ""},
		{"metadata on the laptop", laptop, "http://169.254.169.254/latest", "metadata service"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			u, err := tt.policy.CheckURL(tt.url)
			if tt.want == "" {
				if err != nil || u == nil {
					t.Fatalf("CheckURL = %v, %v; want allowed", u, err)
				}
				return
			}
			wantRefused(t, err, tt.want)
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "secret=x") {
				t.Errorf("error %q quotes a secret", err)
			}
		})
	}
}

func TestPolicy_CheckAddr(t *testing.T) {
	t.Parallel()

	tests := []struct {
		addr string
		want string // part of the refusal; empty means allowed
	}{
		{"93.184.215.14", ""},
		{"2606:2800:21f:cb07::1", ""},
		{"10.0.0.1", ""},
		{"172.16.0.1", ""},
		{"192.168.1.1", ""},
		{"fd12:3456::1", ""},
		{"100.64.0.1", ""}, // carrier-grade NAT: a private network like others
		{"127.0.0.1", "this machine"},
		{"127.255.255.254", "this machine"},
		{"::1", "this machine"},
		{"::ffff:127.0.0.1", "this machine"},
		{"::127.0.0.1", "this machine"},
		{"64:ff9b::127.0.0.1", "this machine"},
		{"2002:7f00:1::", "this machine"},
		{"2001::8000:0:80ff:fffe", "this machine"}, // Teredo of 127.0.0.1
		{"169.254.1.1", "link-local"},
		{"fe80::1", "link-local"},
		{"fe80::1%eth0", "link-local"},
		{"169.254.169.254", "metadata"},
		{"::ffff:169.254.169.254", "metadata"},
		{"64:ff9b::a9fe:a9fe", "metadata"},
		{"2002:a9fe:a9fe::1", "metadata"},
		{"fd00:ec2::254", "metadata"},
		{"100.100.100.200", "metadata"},
		{"168.63.129.16", "metadata"},
		{"fd20:ce::254", "metadata"},
		{"0.0.0.0", "unspecified"},
		{"0.1.2.3", "unspecified"},
		{"::", "unspecified"},
		{"::ffff:0.0.0.0", "unspecified"},
		{"224.0.0.1", "multicast"},
		{"ff02::1", "multicast"},
		{"255.255.255.255", "reserved"},
		{"240.0.0.1", "reserved"},
		{"192.0.0.8", "reserved"},
		{"64:ff9b:1::7f00:1", "hides another"},
		{"64:ff9b::8.8.8.8", ""},
	}
	for _, tt := range tests {
		t.Run(tt.addr, func(t *testing.T) {
			t.Parallel()

			err := egress.Policy{}.CheckAddr(netip.MustParseAddr(tt.addr))
			if tt.want == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			wantRefused(t, err, tt.want, "--egress-allow")
		})
	}
}

func TestPolicy_AllowCIDRs(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name  string
		allow []string
		addr  string
		want  bool
	}{
		{"loopback by range", []string{"127.0.0.0/8"}, "127.0.0.1", true},
		{"mapped loopback by range", []string{"127.0.0.0/8"}, "::ffff:127.0.0.1", true},
		{"loopback by another range", []string{"10.0.0.0/8"}, "127.0.0.1", false},
		{"one of several", []string{"10.0.0.0/8", "169.254.7.0/24"}, "169.254.7.9", true},
		{"metadata by a wide range", []string{"0.0.0.0/0", "::/0"}, "169.254.169.254", false},
		{"metadata by its address", []string{"169.254.169.254/32"}, "169.254.169.254", true},
		{"metadata behind NAT64 by a wide range", []string{"::/0"}, "64:ff9b::a9fe:a9fe", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			err := egress.Policy{AllowCIDRs: prefixes(tt.allow...)}.CheckAddr(netip.MustParseAddr(tt.addr))
			if got := err == nil; got != tt.want {
				t.Errorf("allowed = %v (%v), want %v", got, err, tt.want)
			}
		})
	}
}

// However an IPv4 address is dressed as IPv6, the verdict is the same.
func TestPolicy_DisguisesChangeNothing(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		b := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))
		plain := netip.AddrFrom4(b)
		if plain == netip.AddrFrom4([4]byte{0, 0, 0, 1}) || plain.IsUnspecified() {
			t.Skip("::1 and :: are themselves")
		}
		mapped := netip.AddrFrom16(plain.As16())
		nat64 := netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b, 12: b[0], b[1], b[2], b[3]})
		sixToFour := netip.AddrFrom16([16]byte{0x20, 0x02, b[0], b[1], b[2], b[3], 15: 1})
		compatible := netip.AddrFrom16([16]byte{12: b[0], b[1], b[2], b[3]})
		want := egress.Policy{}.CheckAddr(plain) == nil
		for _, dressed := range []netip.Addr{mapped, nat64, sixToFour, compatible} {
			if got := (egress.Policy{}).CheckAddr(dressed) == nil; got != want {
				t.Fatalf("%v is allowed: %v; %v: %v", plain, want, dressed, got)
			}
		}
	})
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{
		"https://app.example.com/token", "http://127.0.0.1/", "https://[::ffff:7f00:1]/", "https://localhost.", "https://a@b/",
		"https://%31%32%37.0.0.1/", "https://127.1/", "https://0x7f000001/", "//host", "https://[fe80::1%25eth0]/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := egress.Policy{}.CheckURL(raw)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("%q: %v is not errs.Invalid", raw, err)
			}
			return
		}
		if u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			t.Fatalf("%q was allowed as %v", raw, u)
		}
		if addr, err := netip.ParseAddr(u.Hostname()); err == nil && (addr.Unmap().IsLoopback() || addr.IsUnspecified()) {
			t.Fatalf("%q was allowed and leads to %v", raw, addr)
		}
	})
}
