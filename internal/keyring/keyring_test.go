package keyring_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/keyring"
)

const secret = "correct horse battery staple"

func place() []byte { return []byte("tenant/owner/Oauth2ClientSecret") }

func fresh(t *testing.T) *keyring.Keyring {
	t.Helper()
	k, err := keyring.New()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seal(t *testing.T, k *keyring.Keyring) keyring.Sealed {
	t.Helper()
	s, err := k.Seal([]byte(secret), place())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wantOpens(t *testing.T, k *keyring.Keyring, s keyring.Sealed) {
	t.Helper()
	plain, err := k.Open(s, place())
	if err != nil || string(plain) != secret {
		t.Fatalf("Open = %q, %v; want the secret", plain, err)
	}
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		k, err := keyring.New()
		if err != nil {
			t.Fatal(err)
		}
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		associated := rapid.SliceOf(rapid.Byte()).Draw(t, "associated")
		sealed, err := k.Seal(plain, associated)
		if err != nil {
			t.Fatal(err)
		}
		if len(plain) > 4 && bytes.Contains(sealed, plain) {
			t.Fatal("the sealed value shows the plain one")
		}
		got, err := k.Open(sealed, associated)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Open = %v, %v; want %v", got, err, plain)
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(t, "position")
		sealed[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := k.Open(sealed, associated); err == nil {
			t.Fatalf("a value altered at %d opened", i)
		}
	})
}

func TestSealIsRandomized(t *testing.T) {
	t.Parallel()

	k := fresh(t)
	if bytes.Equal(seal(t, k), seal(t, k)) {
		t.Error("equal secrets give equal sealed values, so an onlooker learns that they are equal")
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()

	mine, other := fresh(t), fresh(t)
	sealed := seal(t, mine)
	altered := append(keyring.Sealed(nil), sealed...)
	altered[len(altered)-1] ^= 1
	tests := []struct {
		name   string
		ring   *keyring.Keyring
		sealed keyring.Sealed
		place  string
		want   string
	}{
		{"another place", mine, sealed, "tenant/other/Oauth2ClientSecret", "another owner or name"},
		{"altered", mine, altered, string(place()), "altered"},
		{"truncated", mine, sealed[:3], string(place()), "altered"},
		{"empty", mine, nil, string(place()), "altered"},
		{"plain text", mine, keyring.Sealed(secret), string(place()), "altered"},
		{"another keyring", other, sealed, string(place()), "which this keyring lacks"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			plain, err := tt.ring.Open(tt.sealed, []byte(tt.place))
			if err == nil || plain != nil {
				t.Fatalf("Open = %q, %v; want an error", plain, err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("error %q holds the secret", err)
			}
		})
	}
}

func TestMarshalAndLoad(t *testing.T) {
	t.Parallel()

	first := fresh(t)
	sealed := seal(t, first)
	data, err := first.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	second, err := keyring.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	wantOpens(t, second, sealed)
	if second.Stale(sealed) {
		t.Error("a value is stale after the keys were read back")
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()

	whole, err := fresh(t).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "half a file": whole[:len(whole)/2], "no keys": []byte(`{"primaryKeyId":7}`),
		"a secret instead": []byte(secret),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := keyring.Load(data)
			if err == nil {
				t.Fatal("Load succeeded")
			}
			if strings.Contains(err.Error(), secret) || (len(data) > 200 && strings.Contains(err.Error(), string(data[100:200]))) {
				t.Errorf("error %q quotes its input", err)
			}
		})
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()

	old := fresh(t)
	before := seal(t, old)
	ring, err := old.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	after := seal(t, ring)
	wantOpens(t, ring, before)
	wantOpens(t, ring, after)
	if !ring.Stale(before) || ring.Stale(after) || old.Stale(before) {
		t.Errorf("Stale: before %v, after %v, before the rotation %v; want true, false, false",
			ring.Stale(before), ring.Stale(after), old.Stale(before))
	}
	if got := ring.Keys(); len(got) != 2 || got[0] != old.Primary() || got[1] != ring.Primary() {
		t.Errorf("Keys = %v, want %v then %v", got, old.Primary(), ring.Primary())
	}
	if id, ok := after.KeyID(); !ok || id != ring.Primary() {
		t.Errorf("KeyID = %v, %v; want %v", id, ok, ring.Primary())
	}
}

// TestFollow: a process that runs takes up the key that another one has added.
func TestFollow(t *testing.T) {
	t.Parallel()

	old := fresh(t)
	var (
		file   atomic.Pointer[[]byte]
		broken = errors.New("no such file")
	)
	following := old.Follow(func() ([]byte, error) {
		if data := file.Load(); data != nil {
			return *data, nil
		}
		return nil, broken
	})
	before := seal(t, following)
	ring, err := old.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	after := seal(t, ring)
	if _, err := following.Open(after, place()); err == nil {
		t.Error("a value opened whose key was never read")
	}
	if err := following.Refresh(); !errors.Is(err, broken) {
		t.Errorf("Refresh = %v, want the error of the source", err)
	}
	data, err := ring.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	file.Store(&data)
	wantOpens(t, following, after)
	wantOpens(t, following, before)
	if following.Primary() != ring.Primary() || following.Stale(seal(t, following)) {
		t.Error("the new key does not seal")
	}
	garbage := []byte("{}")
	file.Store(&garbage)
	if err := following.Refresh(); err == nil {
		t.Error("keys were read from garbage")
	}
	wantOpens(t, following, after)
}

func TestRetire(t *testing.T) {
	t.Parallel()

	old := fresh(t)
	before := seal(t, old)
	both, err := old.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := both.Retire(both.Primary()); err == nil {
		t.Error("the key that seals was retired")
	}
	only, err := both.Retire(old.Primary())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := only.Open(before, place()); err == nil {
		t.Error("a value of a retired key opened")
	}
	wantOpens(t, only, seal(t, both))
	wantOpens(t, both, before)
}

func TestPrintingHidesKeys(t *testing.T) {
	t.Parallel()

	k := fresh(t)
	for _, verb := range []string{"%v", "%+v", "%s", "%#v", "%q"} {
		if got := strings.Trim(fmt.Sprintf(verb, k), `"`); got != "keyring[redacted]" {
			t.Errorf("%s prints %.80q", verb, got)
		}
	}
}

func FuzzLoad(f *testing.F) {
	k, err := keyring.New()
	if err != nil {
		f.Fatal(err)
	}
	data, err := k.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"primaryKeyId":1,"key":[{"keyData":{"typeUrl":"x"},"status":"ENABLED","keyId":1,"outputPrefixType":"TINK"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		ring, err := keyring.Load(data)
		if err != nil {
			return
		}
		sealed, err := ring.Seal([]byte(secret), place())
		if err != nil {
			t.Fatalf("a keyring that loads cannot seal: %v", err)
		}
		wantOpens(t, ring, sealed)
	})
}

func Example() {
	ring, _ := keyring.New()
	sealed, _ := ring.Seal([]byte("s3cret"), []byte("tenant/owner/name"))

	plain, err := ring.Open(sealed, []byte("tenant/owner/name"))
	fmt.Println(string(plain), err)
	_, err = ring.Open(sealed, []byte("tenant/stranger/name"))
	fmt.Println(err)
	// Output:
	// s3cret <nil>
	// open a secret: it was altered, or it was sealed for another owner or name; enter the secret again
}
