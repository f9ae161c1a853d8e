package issuer

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// The form of a password's digest.
const (
	argonLanes = 1
	argonSalt  = 16
	argonKey   = 32
)

// passwordCost is what a digest costs: passes over memory, in KiB.
type passwordCost struct{ passes, memory uint32 }

// usualCost is two passes over 19 MiB, as OWASP recommends.
func usualCost() passwordCost { return passwordCost{passes: 2, memory: 19 << 10} }

// prefix begins the digests of that cost, in the PHC string format.
func (c passwordCost) prefix() []byte {
	return fmt.Appendf(nil, "$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, c.memory, c.passes, argonLanes)
}

func (c passwordCost) key(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, c.passes, c.memory, argonLanes, argonKey)
}

func (c passwordCost) digest(password string) []byte {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails, as crypto/rand says
	text := base64.RawStdEncoding
	return fmt.Appendf(c.prefix(), "%s$%s", text.EncodeToString(salt), text.EncodeToString(c.key(password, salt)))
}

// The lengths of a password, in bytes, as Graph has them.
const (
	shortestPassword = 8
	longestPassword  = 256
)

// CheckPassword reports why a password is not accepted: it has 8 to 256 characters.
func CheckPassword(password string) error {
	if len(password) < shortestPassword || len(password) > longestPassword {
		return fmt.Errorf("a password has %d to %d characters", shortestPassword, longestPassword)
	}
	return nil
}

// NewPasswordDigest returns what is kept of a password that a person chose: argon2id
// with a fresh salt, in the PHC string format. Unlike [Digest], it is slow on
// purpose: people choose what others guess.
func NewPasswordDigest(password string) []byte { return usualCost().digest(password) }

// passwordChecks compares passwords, a few at a time: each takes 19 MiB.
type passwordChecks struct {
	slots chan struct{}
	cost  passwordCost
}

const passwordsAtOnce = 4

func newPasswordChecks() *passwordChecks {
	return &passwordChecks{slots: make(chan struct{}, passwordsAtOnce), cost: usualCost()}
}

// holds reports whether digest is of password. It takes the same time when there is
// no digest.
func (p *passwordChecks) holds(ctx context.Context, digest []byte, password string) bool {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return false
	}
	if len(password) > longestPassword {
		password = ""
	}
	salt, key, err := p.cost.read(digest)
	if err != nil {
		salt, key = make([]byte, argonSalt), nil
	}
	return subtle.ConstantTimeCompare(p.cost.key(password, salt), key) == 1
}

// digestFault is the type of errPasswordDigest, which is so a constant.
type digestFault string

func (f digestFault) Error() string { return string(f) }

const errPasswordDigest digestFault = "the digest is not one of argon2id with the cost of this program"

// read returns the salt and the key of a digest.
func (c passwordCost) read(digest []byte) ([]byte, []byte, error) {
	rest, ok := bytes.CutPrefix(digest, c.prefix())
	saltText, keyText, both := bytes.Cut(rest, []byte("$"))
	if !ok || !both {
		return nil, nil, errPasswordDigest
	}
	salt, err := base64.RawStdEncoding.DecodeString(string(saltText))
	if err != nil {
		return nil, nil, errPasswordDigest
	}
	key, err := base64.RawStdEncoding.DecodeString(string(keyText))
	return salt, key, err
}
