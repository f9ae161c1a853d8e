package credential

import (
	"context"
	"time"

	"github.com/provisor/provisor/internal/directory"
)

// KeepFresh renews the token when it is time to, without anybody who needs it: so
// refresh tokens that end when they are not used stay good, and trouble shows
// before a cycle meets it. It returns when to come again. The zero time means that
// there is nothing to keep: no refresh token, or a token that does not end. Its
// errors are those of [Service.Token].
func (s *Service) KeepFresh(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID) (time.Time, error) {
	o := Owner{tenant, sp}
	w, err := s.look(ctx, o)
	if err != nil || !w.keepable() {
		return time.Time{}, err
	}
	if !s.Now().Before(w.renewAt) {
		if _, err := s.token(ctx, o, ""); err != nil {
			return time.Time{}, err
		}
		if w, err = s.look(ctx, o); err != nil || !w.keepable() {
			return time.Time{}, err
		}
	}
	return w.renewAt, nil
}

// keepable reports whether the token ends and a refresh token can renew it.
func (w view) keepable() bool {
	return !w.bearer.Static && w.bearer.Token != "" && !w.renewAt.IsZero() && w.settings[refreshToken] != ""
}
