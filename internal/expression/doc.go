// Package expression is the language in which an attribute mapping says how a
// target attribute is made from source attributes:
//
//	Join(" ", [givenName], ToUpper([surname]))
//
// [Compile] reads a text once; [Program.Eval] runs it for every object, without
// parsing, reflection or map look-ups. [Parse] and [Source.Text] go between the
// text and the tree that Graph keeps in an attributeMappingSource. [Functions]
// lists what the language knows; docs/expressions.md is generated from it.
//
// The package is pure: the current time, the random bytes, the tenant's domain
// and the question whether a value is taken come from the [Environment].
package expression
