package pgtest

import "syscall"

// endWithParent has the kernel stop a process when this one is gone, however it went.
func endWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGQUIT }
