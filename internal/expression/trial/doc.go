// Package trial tries an expression on one object before a mapping with it is
// saved: what Graph's action parseExpression answers. Its types have Graph's
// shapes, so that a route decodes a [Request], calls [Run] and encodes the
// [Response].
package trial
