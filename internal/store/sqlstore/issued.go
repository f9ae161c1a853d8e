package sqlstore

import (
	"context"
	"database/sql"
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
func (db *DB) RedeemIssued(ctx context.Context, tenant directory.TenantID, digest []byte, now time.Time, next ...store.IssuedGrant) (bool, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return false, err
	}
	first := false
	err = db.write(ctx, durable, func(s *session) error {
		first = false
		marked, err := s.exec(ctx, "UPDATE oauth_grant SET redeemed = ? WHERE tenant = ? AND digest = ? AND redeemed IS NULL", micros(now), key, digest)
		if err != nil {
			return err
		}
		if marked == 0 {
			_, err := s.issued(ctx, key, digest)
			return err
		}
		first = true
		return s.addIssued(ctx, key, next)
	})
	return first && err == nil, err
}

// RevokeIssued removes the grants of a family, durably.
func (db *DB) RevokeIssued(ctx context.Context, tenant directory.TenantID, family string) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
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
