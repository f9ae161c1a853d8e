//go:build unix

package http1

import (
	"net"
	"syscall"
)

// stale reports whether an idle connection was closed by the other side, or has
// something to read, which nothing asked for. It does not wait.
func stale(c net.Conn) bool {
	holder, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := holder.SyscallConn()
	if err != nil {
		return true
	}
	quiet := false
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN
	})
	return err != nil || !quiet
}
