// Package mapping is an object mapping compiled: it decides whether an object is
// in scope, computes what the target should hold for it, and says by which
// attributes the target is asked for it.
//
// The package is pure. A compiled mapping is immutable and may be used from any
// goroutine; nothing is parsed and no name is looked up in a schema while objects
// are evaluated.
package mapping
