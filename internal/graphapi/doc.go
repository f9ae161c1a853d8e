// Package graphapi serves the Microsoft Graph surface: /v1.0 and /beta, and below
// /provisor what Graph lacks.
//
// The surface is a table of [Route] values. A request walks one way: the router
// finds its route, the caller is authenticated, the body is read within its
// bounds, the policy decides on the route's operation, the handler returns an
// answer or an error, and one place writes either with the headers that Graph
// sends on everything. A handler never touches the connection.
//
//	serve.go     the life of a request
//	router.go    paths to routes
//	routes*.go   the table
//	authorize.go the one place where the policy is asked
//	body.go      request bodies; answer.go and fault.go answers and errors
//	wire_*.go    Graph's types as they stand on the wire
package graphapi
