package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/provisor/provisor/internal/courier"
	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/egress"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/keyring"
	"github.com/provisor/provisor/internal/subscription"
)

// newCourier makes what brings change notifications to their subscribers.
func (s *service) newCourier(ring *keyring.Keyring, policy egress.Policy) *courier.Service {
	transport := s.metrics.countRefusals(egress.NewTransport(policy, egress.Options{}))
	s.atEnd(transport.CloseIdleConnections)
	return courier.New(courier.Options{
		Store: s.base.store, Keyring: ring, Policy: policy, Outbound: transport, Log: s.log, Now: s.now, NewID: uuid.NewString, Holder: holder(), Granted: s.granted,
		Observe: func(result string) { s.metrics.notifications.WithLabelValues(result).Inc() },
	})
}

// granted reports whether the directory grants an application what its subscription
// asks for. What owning an object permits is not looked at: it cannot be revoked there.
func (s *service) granted(ctx context.Context, one subscription.Subscription) (bool, error) {
	client, err := authority{s.base.store}.Client(ctx, one.Tenant, one.Application)
	if errs.Is(err, errs.NotFound) || err == nil && client.ServicePrincipalID != one.Creator {
		return false, nil // somebody is signed in, or another issuer knows it
	}
	if err != nil || client.Disabled {
		return false, err
	}
	caller := identity.Caller{TenantID: one.Tenant, Kind: identity.Application, ObjectID: one.Creator, ServicePrincipalID: one.Creator, AppID: one.Application}
	for _, role := range client.Roles {
		caller.Roles = append(caller.Roles, identity.Permission(role))
	}
	operation := identity.SubscribeUsers
	switch {
	case one.Subject.IsJob():
		operation = identity.SubscribeJobs
	case one.Subject.Kind == directory.Group:
		operation = identity.SubscribeGroups
	}
	return identity.NewPolicy(identity.Options{Legacy: true}).Authorize(caller, operation, identity.Object{}) == nil, nil
}

// subscriptionGrace is how long a subscription that has expired is kept for its
// subscriber to be told.
const subscriptionGrace = subscription.Patience + time.Hour

// courier seals and counts what subscriptions have sealed, for a rotation of the keys.
func (r *rotation) courier() *courier.Service {
	return courier.New(courier.Options{Store: r.base.store, Keyring: r.ring, Now: r.now})
}

// ofTenants adds what fn returns for each tenant.
func (r *rotation) ofTenants(ctx context.Context, fn func(context.Context, directory.TenantID) (int, error)) (int, error) {
	tenants, err := r.base.store.Tenants(ctx)
	if err != nil {
		return 0, err
	}
	sum := 0
	for _, t := range tenants {
		n, err := fn(ctx, t.ID)
		sum += n
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// subscriptionsSealed tells note of what subscriptions have sealed.
func (r *rotation) subscriptionsSealed(ctx context.Context, note func(keyring.Sealed)) error {
	_, err := r.ofTenants(ctx, func(ctx context.Context, tenant directory.TenantID) (int, error) {
		sealed, err := r.courier().Sealed(ctx, tenant)
		for _, one := range sealed {
			note(one)
		}
		return len(sealed), err
	})
	return err
}
