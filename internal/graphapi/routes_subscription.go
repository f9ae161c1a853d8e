package graphapi

import (
	id "github.com/provisor/provisor/internal/identity"
	"github.com/provisor/provisor/internal/odata"
)

// subscriptionRoutes are the subscriptions to change notifications, and below
// /provisor the same for what Graph cannot be subscribed to.
func (a *API) subscriptionRoutes() []Route {
	return append(
		a.subscriptionRows(Both, id.ListSubscriptions),
		a.subscriptionRows(Own, id.ListEverySubscription)...,
	)
}

func (a *API) subscriptionRows(versions Versions, operation id.Operation) []Route {
	const set, one = "subscriptions", "subscriptions/{subscription}"
	note := "users, groups, one of them, or the members of a group; no resource data"
	if versions == Own {
		note = "as /v1.0/subscriptions, and servicePrincipals/{id}/synchronization/jobs/{jobId}"
	}
	rows := []Route{
		{Method: get, Pattern: set, Options: short(), handle: a.listSubscriptions},
		{Method: post, Pattern: set, body: jsonRequired, handle: a.createSubscription, operations: a.toSubscribe, Note: note},
		{Method: get, Pattern: one, Options: []odata.Option{odata.SelectOption}, handle: a.getSubscription, operations: a.toSubscribed},
		{Method: patch, Pattern: one, body: jsonRequired, handle: a.updateSubscription, operations: a.toSubscribed},
		{Method: remove, Pattern: one, handle: a.deleteSubscription, operations: a.toSubscribed},
		{Method: post, Pattern: one + "/reauthorize", handle: a.reauthorizeSubscription, operations: a.toSubscribed},
	}
	for i := range rows {
		rows[i].Versions, rows[i].Operation, rows[i].subject = versions, operation, jobSubject
	}
	return rows
}
