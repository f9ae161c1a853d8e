//go:build !unix

package http1

import "net"

// stale cannot be told here without waiting; a request that meets a closed connection
// is repeated where that does no harm.
func stale(net.Conn) bool { return false }
