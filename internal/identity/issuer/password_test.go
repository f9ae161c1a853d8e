package issuer_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/provisor/provisor/internal/identity/issuer"
)

func TestPasswordDigest(t *testing.T) {
	t.Parallel()

	one, two := issuer.NewPasswordDigest(password), issuer.NewPasswordDigest(password)
	if bytes.Equal(one, two) || !bytes.HasPrefix(one, []byte("$argon2id$v=19$m=19456,t=2,p=1$")) || bytes.Contains(one, []byte(password)) {
		t.Errorf("%s %s", one, two)
	}
	for word, want := range map[string]bool{"short": false, "12345678": true, strings.Repeat("x", 256): true, strings.Repeat("x", 257): false, "": false} {
		if err := issuer.CheckPassword(word); (err == nil) != want {
			t.Errorf("%d characters: %v", len(word), err)
		}
	}
}

func BenchmarkPassword(b *testing.B) {
	for b.Loop() {
		issuer.NewPasswordDigest(password)
	}
}
