package courier

import (
	"context"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/keyring"
	"github.com/provisor/provisor/internal/subscription"
)

// Sealed returns what the subscriptions of a tenant have sealed, for who counts keys.
func (s *Service) Sealed(ctx context.Context, tenant directory.TenantID) ([]keyring.Sealed, error) {
	all, err := s.Store.Subscriptions(ctx, tenant)
	var sealed []keyring.Sealed
	for _, one := range all {
		if one.Sealed != nil {
			sealed = append(sealed, one.Sealed)
		}
	}
	return sealed, err
}

// Reseal seals anew what an older key has sealed, and returns how many that were.
func (s *Service) Reseal(ctx context.Context, tenant directory.TenantID) (int, error) {
	all, err := s.Store.Subscriptions(ctx, tenant)
	if err != nil {
		return 0, err
	}
	count := 0
	for _, one := range all {
		if one.Sealed == nil || !s.Keyring.Stale(one.Sealed) {
			continue
		}
		if _, err := s.Store.UpdateSubscription(ctx, tenant, one.ID, s.Now(), s.reseal); err != nil {
			return count, err
		}
		count++
	}
	return count, nil
}

func (s *Service) reseal(one subscription.Subscription) (subscription.Subscription, error) {
	plain, err := s.Keyring.Open(one.Sealed, place(one))
	if err != nil {
		return one, err
	}
	one.Sealed, err = s.Keyring.Seal(plain, place(one))
	return one, err
}
