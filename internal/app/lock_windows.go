package app

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile takes the file for this process; the system gives it back when the
// process ends, however it ends.
func lockFile(f *os.File) error {
	const exclusively = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	return windows.LockFileEx(windows.Handle(f.Fd()), exclusively, 0, 1, 0, new(windows.Overlapped))
}

// unlockFile gives it back.
func unlockFile(f *os.File) error {
	return windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, new(windows.Overlapped))
}
