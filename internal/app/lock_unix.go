//go:build unix

package app

import (
	"os"
	"syscall"
)

// lockFile takes the file for this process; the system gives it back when the
// process ends, however it ends.
func lockFile(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) // a descriptor fits an int
}

// unlockFile gives it back. Closing alone would leave the lock with a process that
// is just being started and has not let go of its copies yet.
func unlockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
