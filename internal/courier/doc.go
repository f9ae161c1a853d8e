// Package courier brings change notifications to their subscribers. It asks an
// endpoint for its consent before it is subscribed, reads from the change feed what
// each subscriber was not told of yet, and sends it until it is accepted or has been
// tried for too long.
//
// What there is to tell and who tells it stands in the rows of the subscriptions,
// which are claimed by turn as jobs and tasks are: one delivery at a time for each,
// in the order of the feed, each change at least once.
//
//	courier.go   what it is made of, and the runner's side
//	subscribe.go subscriptions are made, renewed and taken back
//	handshake.go an endpoint is asked
//	turn.go      one turn of one subscription
//	collect.go   what is to be told
//	lifecycle.go what happened to the subscription itself
//	send.go      requests to endpoints
//	reseal.go    rotation of the keys
package courier
