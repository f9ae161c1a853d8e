// Command provisor provisions users and groups from a directory into SCIM 2.0
// applications, and speaks Microsoft Graph's synchronization API.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/provisor/provisor/internal/app"
)

func main() {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup keeps it running when its terminal closes
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	context.AfterFunc(ctx, stop) // the first signal asks to stop, the second ends at once
	os.Exit(app.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
