package credential

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/oauth"
)

// maxSpent is how many codes are remembered as used. Codes live for minutes.
const maxSpent = 16

// claim is a code marked as used, and what was taken from the store with it.
type claim struct {
	request oauth.Request
	taken   vault
}

// claim marks the code of r as used, durably, before it is sent: whoever comes
// after a crash, and whoever gives the same code again, does not send it. It does
// nothing for other grants.
func (s *Service) claim(ctx context.Context, o Owner, r oauth.Request) (claim, error) {
	c := claim{request: r, taken: vault{}}
	if r.Grant != oauth.AuthorizationCode {
		return c, nil
	}
	err := s.update(ctx, o, func(v vault) error {
		clear(c.taken)
		spent := v.spent()
		if slices.Contains(spent, digest(r.Code)) {
			return errs.New(errs.Invalid, refused,
				"The authorization code was already sent to the token endpoint for service principal %s, and a code is used once. Authorize again.", o.ServicePrincipal).WithTarget(string(code))
		}
		for _, key := range []Key{code, codeVerifier, authorization} {
			if e, there := v[key]; there && (key != code || e.value == r.Code) {
				c.taken[key] = e
				delete(v, key)
			}
		}
		spent = append(spent, digest(r.Code))
		return v.encode(spentCodes, spent[max(0, len(spent)-maxSpent):])
	})
	return c, err
}

// acquisitionFailed gives a code back that never left, and words the failure.
func (s *Service) acquisitionFailed(ctx context.Context, o Owner, c claim, err error) error {
	failed, ok := errors.AsType[*oauth.Error](err)
	if ok && !failed.Sent && c.request.Grant == oauth.AuthorizationCode {
		// When this fails too, the code stays marked: the administrator authorizes
		// again, which is the lesser evil.
		_ = s.persist(ctx, o, c.undo)
	}
	return o.trouble(c.request, err)
}

func (c claim) undo(v vault) error {
	for key, e := range c.taken {
		if _, there := v[key]; !there {
			v[key] = e
		}
	}
	spent := slices.DeleteFunc(v.spent(), func(d string) bool { return d == digest(c.request.Code) })
	if len(spent) == 0 {
		return v.encode(spentCodes, nil)
	}
	return v.encode(spentCodes, spent)
}

// spent returns the digests of the codes that were sent.
func (v vault) spent() []string {
	var all []string
	if v.decode(spentCodes, &all) != nil {
		return nil // a first code
	}
	return all
}

// digest tells secrets apart without keeping them.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawStdEncoding.EncodeToString(sum[:])
}
