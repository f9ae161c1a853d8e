package sqlstore

import (
	"context"
	"fmt"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/store"
)

// Secrets returns the owner's secrets ordered by key.
func (db *DB) Secrets(ctx context.Context, tenant directory.TenantID, owner directory.ObjectID) ([]store.SealedSecret, error) {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var secrets []store.SealedSecret
	err = db.read(ctx, func(s *session) error {
		secrets, err = secretsOf(ctx, s, key, owner)
		return err
	})
	return secrets, err
}

// UpdateSecrets replaces the owner's set by what fn makes of it, durably.
func (db *DB) UpdateSecrets(ctx context.Context, tenant directory.TenantID, owner directory.ObjectID, fn func([]store.SealedSecret) ([]store.SealedSecret, error)) error {
	key, err := db.tenant(ctx, tenant)
	if err != nil {
		return err
	}
	return db.write(ctx, durable, func(s *session) error {
		// The set may be empty, so there is no row to lock.
		if err := s.lockName(ctx, fmt.Sprintf("secret/%d/%s", key, owner)); err != nil {
			return err
		}
		before, err := secretsOf(ctx, s, key, owner)
		if err != nil {
			return err
		}
		after, err := fn(before)
		if err != nil {
			return err
		}
		if _, err := s.exec(ctx, "DELETE FROM secret WHERE tenant = ? AND owner = ?", key, string(owner)); err != nil {
			return err
		}
		for _, secret := range after {
			if _, err := s.exec(ctx,
				"INSERT INTO secret (tenant, owner, key, sealed, listed, position, updated) VALUES (?, ?, ?, ?, ?, ?, ?)",
				key, string(owner), secret.Key, append([]byte{}, secret.Sealed...), secret.Listed, secret.Position, micros(secret.UpdatedAt)); err != nil {
				return err
			}
		}
		return nil
	})
}

func secretsOf(ctx context.Context, s *session, tenant int64, owner directory.ObjectID) ([]store.SealedSecret, error) {
	var secrets []store.SealedSecret
	err := s.each(ctx, func(row scanner) error {
		var (
			secret  store.SealedSecret
			updated int64
		)
		if err := row.Scan(&secret.Key, &secret.Sealed, &secret.Listed, &secret.Position, &updated); err != nil {
			return err
		}
		secret.UpdatedAt = instant(updated)
		secrets = append(secrets, secret)
		return nil
	}, "SELECT key, sealed, listed, position, updated FROM secret WHERE tenant = ? AND owner = ? ORDER BY key", tenant, string(owner))
	return secrets, err
}

// SecretOwner names whose secrets are kept.
type SecretOwner struct {
	Tenant           directory.TenantID
	ServicePrincipal directory.ObjectID
}

// SecretOwners returns everyone who has a secret, in order.
func (db *DB) SecretOwners(ctx context.Context) ([]SecretOwner, error) {
	var owners []SecretOwner
	err := db.read(ctx, func(s *session) error {
		return s.each(ctx, func(row scanner) error {
			var o SecretOwner
			err := row.Scan(&o.Tenant, &o.ServicePrincipal)
			owners = append(owners, o)
			return err
		}, "SELECT DISTINCT t.id, s.owner FROM secret s JOIN tenant t ON t.key = s.tenant ORDER BY t.id, s.owner")
	})
	return owners, err
}
