package graphapi

import (
	"context"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/odata"
	"github.com/provisor/provisor/internal/store"
	"github.com/provisor/provisor/internal/subscription"
)

// The most subscriptions, as Graph has it for directory objects.
const (
	mostOfTenant      = 1000
	mostOfApplication = 100
)

// toSubscribe is what a caller must be permitted who subscribes: what the resource
// asks for.
func (a *API) toSubscribe(_ context.Context, q *request) ([]identity.Operation, error) {
	var in sentSubscription
	err := decode(q.body, &in)
	about, unknown := subscription.ReadResource(value(in.Resource))
	if err != nil || unknown != nil {
		return []identity.Operation{q.route.Operation}, nil //nolint:nilerr // the handler says what is wrong
	}
	return []identity.Operation{a.about(q, about)}, nil
}

// toSubscribed is the same for a subscription that is there.
func (a *API) toSubscribed(ctx context.Context, q *request) ([]identity.Operation, error) {
	s, err := a.subscription(ctx, q)
	if errs.Is(err, errs.NotFound) {
		return []identity.Operation{q.route.Operation}, nil // the handler says so
	}
	if err != nil || a.readsAll(q) {
		return []identity.Operation{q.route.Operation}, err
	}
	return []identity.Operation{a.about(q, s.Subject)}, nil
}

// about is the operation on what a subscription is about. That of a job is weighed by
// its service principal.
func (a *API) about(q *request, s subscription.Subject) identity.Operation {
	switch {
	case s.IsJob():
		if q.keys == nil {
			q.keys = map[string]odata.Key{}
		}
		q.keys["id"] = odata.Key{Value: string(s.ServicePrincipal)}
		return identity.SubscribeJobs
	case s.Kind == directory.Group:
		return identity.SubscribeGroups
	default:
		return identity.SubscribeUsers
	}
}

// readsAll reports whether the caller reads subscriptions that other applications
// made.
func (a *API) readsAll(q *request) bool {
	return q.http.Method == get && q.caller.Kind == identity.DelegatedUser && q.caller.Holds(identity.SubscriptionRead)
}

// shows reports whether the caller sees a subscription: its application made it, and,
// where somebody is signed in, for that person.
func (a *API) shows(q *request, s subscription.Subscription) bool {
	if s.Subject.IsJob() && q.version != Own {
		return false
	}
	own := strings.EqualFold(s.Application, q.caller.AppID)
	mine := strings.EqualFold(string(s.Creator), string(q.caller.ObjectID))
	switch {
	case a.readsAll(q):
		return mine || q.caller.HoldsRole()
	case q.caller.Kind == identity.Application:
		return own && (mine || s.Application != "") // some issuers name no client
	default:
		return own && mine
	}
}

// subscription returns the one that the path names.
func (a *API) subscription(ctx context.Context, q *request) (subscription.Subscription, error) {
	s, err := a.Subscriptions.Subscription(ctx, q.tenant, strings.ToLower(q.key("subscription")))
	if err == nil && !a.shows(q, s) {
		err = errs.New(errs.NotFound, "ResourceNotFound", "The object was not found.")
	}
	return s, err
}

// listSubscriptions answers GET subscriptions: those that the caller made and may
// still make.
func (a *API) listSubscriptions(ctx context.Context, q *request) (answer, error) {
	all, err := a.Subscriptions.Subscriptions(ctx, q.tenant)
	if err != nil {
		return answer{}, err
	}
	wire := []wireSubscription{}
	for _, s := range all {
		permitted := s.Subject.IsJob() || a.readsAll(q) || a.Policy.Authorize(q.caller, a.about(q, s.Subject), identity.Object{}) == nil
		if permitted && a.shows(q, s) {
			wire = append(wire, toWireSubscription(s))
		}
	}
	return shortList(q, "subscriptions", wire)
}

// getSubscription answers GET subscriptions/{subscription}.
func (a *API) getSubscription(ctx context.Context, q *request) (answer, error) {
	s, err := a.subscription(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return entity(q.context().Entity("subscriptions", q.options.Select...), toWireSubscription(s), q.options.Select)
}

// createSubscription answers POST subscriptions, once the endpoint has consented.
func (a *API) createSubscription(ctx context.Context, q *request) (answer, error) {
	var in sentSubscription
	if err := decode(q.body, &in); err != nil {
		return answer{}, err
	}
	s, err := a.readSubscription(ctx, q, in)
	if err != nil {
		return answer{}, err
	}
	if err := a.roomFor(ctx, q); err != nil {
		return answer{}, err
	}
	made, err := a.Subscriptions.Subscribe(ctx, s, in.ClientState)
	if err != nil {
		return answer{}, notThere(err, s.Resource)
	}
	wire := toWireSubscription(made)
	wire.ClientState = in.ClientState
	return created(q.context().Entity("subscriptions"), q.root()+"/subscriptions/"+made.ID, wire)
}

// readSubscription checks what a caller wants to subscribe to.
func (a *API) readSubscription(ctx context.Context, q *request, in sentSubscription) (subscription.Subscription, error) {
	s := subscription.Subscription{
		Tenant: q.tenant, Application: q.caller.AppID, Creator: q.caller.ObjectID, Resource: value(in.Resource), ChangeType: value(in.ChangeType),
		NotificationURL: value(in.NotificationURL), LifecycleURL: value(in.LifecycleURL), TLSVersion: in.tlsVersion(),
	}
	for _, check := range []func() error{in.required, in.offered} {
		if err := check(); err != nil {
			return s, err
		}
	}
	var err error
	if s.Subject, err = subscription.ReadResource(s.Resource); err != nil {
		return s, err
	}
	if err := s.Subject.ReadChanges(s.ChangeType); err != nil {
		return s, err
	}
	until, err := in.until()
	if err != nil {
		return s, err
	}
	if s, err = s.Renew(*until, a.Now()); err != nil {
		return s, err
	}
	s.Subject, err = a.resolveSubject(ctx, q, s.Subject)
	return s, err
}

// resolveSubject finds the object or the job that a subscription is about.
func (a *API) resolveSubject(ctx context.Context, q *request, about subscription.Subject) (subscription.Subject, error) {
	switch {
	case about.IsJob() && q.version != Own:
		return about, invalidSubscription("resource",
			"Synchronization jobs cannot be subscribed to in Graph. Here they can, below /provisor: POST /provisor/subscriptions with the same body.")
	case about.IsJob():
		_, err := a.Jobs.Get(ctx, q.tenant, about.ServicePrincipal, about.Job)
		return about, err
	case about.Object == "":
		return about, nil
	}
	ref := store.Ref{Kind: about.Kind, ID: about.Object}
	if about.Kind == directory.User && strings.Contains(string(about.Object), "@") {
		ref = store.Ref{Kind: about.Kind, Property: "userPrincipalName", Value: string(about.Object)}
	}
	found, err := a.Store.Object(ctx, q.tenant, ref)
	about.Object = found.ID
	return about, notThere(err, string(ref.ID)+ref.Value)
}

// roomFor reports when there are as many subscriptions as there may be.
func (a *API) roomFor(ctx context.Context, q *request) error {
	all, err := a.Subscriptions.Subscriptions(ctx, q.tenant)
	if err != nil {
		return err
	}
	own := 0
	for _, s := range all {
		if strings.EqualFold(s.Application, q.caller.AppID) {
			own++
		}
	}
	switch {
	case len(all) >= mostOfTenant:
		return errs.New(errs.Forbidden, "Forbidden", "The tenant has %d subscriptions, which is the most. Delete some that are no longer needed.", mostOfTenant)
	case own >= mostOfApplication:
		return errs.New(errs.Forbidden, "Forbidden", "The application has %d subscriptions in this tenant, which is the most. Delete some that are no longer needed.", mostOfApplication)
	}
	return nil
}

// updateSubscription answers PATCH subscriptions/{subscription}: it is renewed, or
// moved to another endpoint.
func (a *API) updateSubscription(ctx context.Context, q *request) (answer, error) {
	have, err := a.subscription(ctx, q)
	if err != nil {
		return answer{}, err
	}
	var in sentSubscription
	if err := decode(q.body, &in); err != nil {
		return answer{}, err
	}
	if err := in.keeps(have); err != nil {
		return answer{}, err
	}
	until, err := in.until()
	if err != nil {
		return answer{}, err
	}
	if in.NotificationURL != nil && *in.NotificationURL == have.NotificationURL {
		in.NotificationURL = nil
	}
	renewed, err := a.Subscriptions.Renew(ctx, q.tenant, have.ID, until, in.NotificationURL)
	if err != nil {
		return answer{}, err
	}
	return entity(q.context().Entity("subscriptions"), toWireSubscription(renewed), nil)
}

// keeps reports a member that a change would give another value and that does not
// change.
func (in sentSubscription) keeps(have subscription.Subscription) error {
	for _, member := range []struct {
		name  string
		value *string
		is    string
	}{
		{"resource", in.Resource, have.Resource},
		{"changeType", in.ChangeType, have.ChangeType},
		{"lifecycleNotificationUrl", in.LifecycleURL, have.LifecycleURL},
	} {
		if member.value != nil && *member.value != member.is {
			return invalidSubscription(member.name, "%s of a subscription cannot be changed. Delete the subscription, and make another.", member.name)
		}
	}
	return nil
}

// reauthorizeSubscription answers POST subscriptions/{subscription}/reauthorize: the
// caller may still do what it did, and what waits is sent at once.
func (a *API) reauthorizeSubscription(ctx context.Context, q *request) (answer, error) {
	s, err := a.subscription(ctx, q)
	if err != nil {
		return answer{}, err
	}
	_, err = a.Subscriptions.Renew(ctx, q.tenant, s.ID, nil, nil)
	return noContent(), err
}

// deleteSubscription answers DELETE subscriptions/{subscription}.
func (a *API) deleteSubscription(ctx context.Context, q *request) (answer, error) {
	s, err := a.subscription(ctx, q)
	if err != nil {
		return answer{}, err
	}
	return noContent(), a.Subscriptions.Unsubscribe(ctx, q.tenant, s.ID)
}
