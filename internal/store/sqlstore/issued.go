package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/store"
)

// AddIssued stores grants, all or none, durably.
func (db *DB) AddIssued(ctx context.Context, tenant directory.TenantID, grants ...store.IssuedGrant) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error { return s.addIssued(ctx, key, grants) })
}

func (s *session) addIssued(ctx context.Context, tenant int64, grants []store.IssuedGrant) error {
	for _, g := range grants {
		_, err := s.exec(ctx, "INSERT INTO oauth_grant (tenant, digest, family, document, expires) VALUES (?, ?, ?, ?, ?)",
			tenant, g.Digest, g.Family, append([]byte{}, g.Document...), micros(g.Expires))
		if err != nil {
			return err
		}
	}
	return nil
}

// Issued returns one, expired or not.
func (db *DB) Issued(ctx context.Context, tenant directory.TenantID, digest []byte) (store.IssuedGrant, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return store.IssuedGrant{}, err
	}
	var g store.IssuedGrant
	err = db.read(ctx, func(s *session) error {
		g, err = s.issued(ctx, key, digest)
		return err
	})
	return g, err
}

func (s *session) issued(ctx context.Context, tenant int64, digest []byte) (store.IssuedGrant, error) {
	var (
		g        = store.IssuedGrant{Digest: digest}
		expires  int64
		redeemed sql.NullInt64
	)
	found, err := s.one(ctx, []any{&g.Family, &g.Document, &expires, &redeemed},
		"SELECT family, document, expires, redeemed FROM oauth_grant WHERE tenant = ? AND digest = ?"+s.locked(), tenant, digest)
	if err == nil && !found {
		err = errs.New(errs.NotFound, codeNotFound, "The grant was never given, was revoked, or has expired long since.")
	}
	g.Expires = instant(expires)
	if redeemed.Valid {
		g.Redeemed = instant(redeemed.Int64)
	}
	return g, err
}

// ChangeIssued stores what fn makes of the document of a grant, durably.
func (db *DB) ChangeIssued(ctx context.Context, tenant directory.TenantID, digest []byte, fn func(store.IssuedGrant) ([]byte, error)) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		g, err := s.issued(ctx, key, digest)
		if err != nil {
			return err
		}
		document, err := fn(g)
		if err != nil {
			return err
		}
		_, err = s.exec(ctx, "UPDATE oauth_grant SET document = ? WHERE tenant = ? AND digest = ?", append([]byte{}, document...), key, digest)
		return err
	})
}

// RedeemIssued marks a grant as redeemed and adds those that follow from it, durably.
func (db *DB) RedeemIssued(ctx context.Context, tenant directory.TenantID, r store.Redemption) (bool, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return false, err
	}
	accepted := false
	err = db.write(ctx, durable, func(s *session) error {
		accepted, err = s.redeem(ctx, key, r)
		if err != nil || !accepted {
			return err
		}
		return s.addIssued(ctx, key, r.Next)
	})
	return accepted && err == nil, err
}

// redeem marks a grant, and reports whether it may be redeemed. What is known of the
// grant is read once its family can no longer be revoked.
func (s *session) redeem(ctx context.Context, tenant int64, r store.Redemption) (bool, error) {
	var family string // locked before the grant is, as those who revoke do
	_, err := s.one(ctx, []any{&family}, "SELECT family FROM oauth_grant WHERE tenant = ? AND digest = ?", tenant, r.Digest)
	if err != nil {
		return false, err
	}
	if err := s.lockFamily(ctx, tenant, family); err != nil {
		return false, err
	}
	g, err := s.issued(ctx, tenant, r.Digest)
	if err != nil {
		return false, err
	}
	if !g.Redeemed.IsZero() {
		return r.At.Sub(g.Redeemed) <= r.Grace && r.Grace > 0, nil
	}
	_, err = s.exec(ctx, "UPDATE oauth_grant SET redeemed = ? WHERE tenant = ? AND digest = ?", micros(r.At), tenant, r.Digest)
	return true, err
}

// lockFamily keeps a family from growing while it is revoked, and the reverse.
func (s *session) lockFamily(ctx context.Context, tenant int64, family string) error {
	return s.lockName(ctx, fmt.Sprintf("grants/%d/%s", tenant, family))
}

// RevokeIssued removes the grants of a family, durably.
func (db *DB) RevokeIssued(ctx context.Context, tenant directory.TenantID, family string) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		if err := s.lockFamily(ctx, key, family); err != nil {
			return err
		}
		_, err := s.exec(ctx, "DELETE FROM oauth_grant WHERE tenant = ? AND family = ?", key, family)
		return err
	})
}

// PruneIssued removes those that have expired.
func (db *DB) PruneIssued(ctx context.Context, now time.Time) (int, error) {
	return db.prune(ctx, "DELETE FROM oauth_grant WHERE expires <= ?", now)
}

// prune runs a statement that deletes what has expired and returns how much it was.
func (db *DB) prune(ctx context.Context, statement string, now time.Time) (int, error) {
	var pruned int64
	err := db.write(ctx, relaxed, func(s *session) error {
		var err error
		pruned, err = s.exec(ctx, statement, micros(now))
		return err
	})
	return int(pruned), err
}
