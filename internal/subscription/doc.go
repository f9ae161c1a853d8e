// Package subscription has the rules of Graph's subscriptions: what can be
// subscribed to, for how long, which change is told to whom and how that reads on
// the wire, and when a notification that was not accepted is tried again. It sends
// nothing; package courier does.
//
// Source: Microsoft Graph, resource types subscription and changeNotification, and
// the pages on webhooks and lifecycle notifications.
package subscription
