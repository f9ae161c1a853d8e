package odata

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/provisor/provisor/internal/errs"
)

// deltaMark is how many bytes of a digest show that a token is whole.
const deltaMark = 8

// NewDeltaToken makes the opaque token in which a reader of changes carries how far
// it has come. Scope is what the token holds for, such as tenant and resource. The
// token is not secret: it tells nothing that its holder may not read anyway.
func NewDeltaToken(state string, scope ...string) string {
	return base64.RawURLEncoding.EncodeToString(append(deltaDigest(state, scope), state...))
}

// ResumeDeltaToken returns the state in token. The error is errs.Invalid when the
// token is not one of [NewDeltaToken], was altered, or holds for another scope.
func ResumeDeltaToken(token string, scope ...string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil && len(raw) > deltaMark {
		state := string(raw[deltaMark:])
		if string(raw[:deltaMark]) == string(deltaDigest(state, scope)) {
			return state, nil
		}
	}
	return "", errs.New(errs.Invalid, "Request_BadRequest",
		"The token of this delta request is badly formed, or was given for another resource. Follow @odata.nextLink and @odata.deltaLink as they were given, or begin again without a token.")
}

func deltaDigest(state string, scope []string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(append(scope, state), "\x00")))
	return sum[:deltaMark]
}
