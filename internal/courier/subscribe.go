package courier

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/subscription"
)

// Invalid is the code of what Graph finds wrong with a subscription, and
// validationFailed that of an endpoint that does not consent.
const (
	codeInvalid      = "InvalidRequest"
	validationFailed = "ValidationError"
)

// longestState is the most characters of a clientState.
const longestState = 128

// Subscribe asks the endpoints for their consent and makes the subscription. The
// clientState, if there is one, is sealed and comes back with each notification
// only. The error is Invalid for an endpoint that may not be called or does not
// consent.
func (s *Service) Subscribe(ctx context.Context, made subscription.Subscription, clientState *string) (subscription.Subscription, error) {
	made.ID = s.NewID()
	if clientState != nil {
		if utf8.RuneCountInString(*clientState) > longestState {
			return made, invalid("clientState", "The clientState is longer than %d characters.", longestState)
		}
		sealed, err := s.Keyring.Seal([]byte(*clientState), place(made))
		if err != nil {
			return made, err
		}
		made.Sealed = sealed
	}
	if err := s.ask(ctx, "notificationUrl", made.NotificationURL); err != nil {
		return made, err
	}
	if made.LifecycleURL != "" && made.LifecycleURL != made.NotificationURL {
		if err := s.ask(ctx, "lifecycleNotificationUrl", made.LifecycleURL); err != nil {
			return made, err
		}
	}
	var err error
	if made.Granted, err = s.Granted(ctx, made); err != nil {
		return made, err
	}
	return made, s.Store.CreateSubscription(ctx, made)
}

// place binds a sealed clientState to its subscription.
func place(s subscription.Subscription) []byte {
	return []byte("subscription/" + string(s.Tenant) + "/" + s.ID)
}

// Renew makes a subscription last until an instant, and moves it to another endpoint
// once that consents; nil leaves as it is. What waits is tried at once.
func (s *Service) Renew(ctx context.Context, tenant directory.TenantID, id string, until *time.Time, notificationURL *string) (subscription.Subscription, error) {
	if notificationURL != nil {
		if err := s.ask(ctx, "notificationUrl", *notificationURL); err != nil {
			return subscription.Subscription{}, err
		}
	}
	now := s.Now()
	renewed, err := s.Store.UpdateSubscription(ctx, tenant, id, now, func(have subscription.Subscription) (subscription.Subscription, error) {
		if have.Ended(now) {
			return have, NotFound()
		}
		if notificationURL != nil {
			have.NotificationURL = *notificationURL
		}
		if until == nil {
			return have, nil
		}
		return have.Renew(*until, now)
	})
	if errs.Is(err, errs.NotFound) {
		err = NotFound()
	}
	return renewed, err
}

// Subscription returns one that has not expired. NotFound when there is none.
func (s *Service) Subscription(ctx context.Context, tenant directory.TenantID, id string) (subscription.Subscription, error) {
	found, err := s.Store.Subscription(ctx, tenant, id)
	if errs.Is(err, errs.NotFound) || err == nil && found.Ended(s.Now()) {
		return subscription.Subscription{}, NotFound()
	}
	return found, err
}

// Subscriptions returns those of the tenant that have not expired, ordered by id.
func (s *Service) Subscriptions(ctx context.Context, tenant directory.TenantID) ([]subscription.Subscription, error) {
	all, err := s.Store.Subscriptions(ctx, tenant)
	now := s.Now()
	var current []subscription.Subscription
	for _, one := range all {
		if !one.Ended(now) {
			current = append(current, one)
		}
	}
	return current, err
}

// Unsubscribe removes a subscription.
func (s *Service) Unsubscribe(ctx context.Context, tenant directory.TenantID, id string) error {
	err := s.Store.DeleteSubscription(ctx, tenant, id)
	if errs.Is(err, errs.NotFound) {
		return NotFound()
	}
	return err
}

// NotFound is the error of a subscription that is not there, or not the caller's, in
// Graph's words.
func NotFound() error {
	return errs.New(errs.NotFound, "ResourceNotFound", "The object was not found.")
}

func invalid(target, format string, args ...any) error {
	return errs.New(errs.Invalid, codeInvalid, format, args...).WithTarget(target)
}
