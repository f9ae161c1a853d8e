package courier

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/egress"
	"github.com/provisor/provisor/internal/keyring"
	"github.com/provisor/provisor/internal/runner"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/subscription"
)

// Store is what a courier asks of the database.
type Store interface {
	store.Subscriptions
	store.Deltas
	// Object finds the creator of a subscription among the deleted.
	Object(ctx context.Context, tenant directory.TenantID, ref store.Ref) (directory.Object, error)
}

// Options configure a [Service]. Members without a stated zero value are required.
type Options struct {
	Store    Store
	Keyring  *keyring.Keyring
	Policy   egress.Policy     // looks at URLs when they are given
	Outbound http.RoundTripper // keeps to the policy when it connects
	Log      *slog.Logger
	Now      func() time.Time
	NewID    func() string
	Holder   string // this process, among those that share the database
	// Granted reports whether the directory grants an application what its subscription
	// asks for. Nil does not know.
	Granted func(ctx context.Context, s subscription.Subscription) (bool, error)
	// Observe is told what came of each request: accepted, refused or dropped. Nil is
	// nobody.
	Observe func(result string)
	// Timeout is how long an endpoint may take to answer; zero means 10 s.
	Timeout time.Duration
	// Lease is how long the subscription of a process that died waits for another;
	// zero means 30 s. It is longer than Timeout.
	Lease time.Duration
}

// Service makes subscriptions and delivers to them. Its methods may be called from
// any goroutine.
type Service struct {
	Options
	client *http.Client
	doors  doors
}

// New returns a service with the defaults filled in.
func New(o Options) *Service {
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	if o.Granted == nil {
		o.Granted = func(context.Context, subscription.Subscription) (bool, error) { return false, nil }
	}
	if o.Observe == nil {
		o.Observe = func(string) {}
	}
	return &Service{Options: o, client: &http.Client{
		Transport:     o.Outbound,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// KindNotify is the kind of work that brings notifications.
const KindNotify = "notify"

// Due lists the subscriptions that have something to tell, for a runner.
func (s *Service) Due(ctx context.Context, now time.Time, limit int) ([]runner.Work, error) {
	due, err := s.Store.DueSubscriptions(ctx, now, limit)
	if err != nil {
		return nil, err
	}
	work := make([]runner.Work, len(due))
	for i, d := range due {
		work[i] = runner.Work{Kind: KindNotify, Key: string(d.Tenant) + "/" + d.ID, Turn: d.Turn, Due: d.Due, Outward: true}
	}
	return work, nil
}

// Handlers are what a runner calls for what Due lists.
func (s *Service) Handlers() map[string]runner.Handler {
	return map[string]runner.Handler{KindNotify: s.handle}
}

// handle claims a subscription and carries out a turn.
func (s *Service) handle(ctx context.Context, w runner.Work) error {
	tenant, id, _ := strings.Cut(w.Key, "/")
	due := store.DueSubscription{Tenant: directory.TenantID(tenant), ID: id, Turn: w.Turn}
	now := s.Now()
	claim, ok, err := s.Store.ClaimSubscription(ctx, due, s.Holder, now, now.Add(s.Lease))
	if err != nil || !ok {
		return err
	}
	t := &turn{Service: s, claim: claim, sub: claim.Subscription, due: now}
	return t.carryOut(ctx)
}
