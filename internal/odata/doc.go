// Package odata reads and writes the conventions of OData 4.01 that Microsoft
// Graph follows: resource paths and keys, the system query options with a typed
// $filter, opaque paging tokens, context URLs, the error envelope, and the forms
// of dates and durations.
//
// Everything that comes from a caller is bounded: the length of a filter, its
// depth and its number of nodes, the number of path segments. What the package
// does not understand is an errs.Invalid error that names it and says where it
// stands, never silently ignored.
//
// The package is pure: it knows no HTTP and no clock.
package odata
