package app

import (
	"context"
	"io"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/demo"
	"github.com/provisor/provisor/internal/errs"
)

// demoCommand is the demonstration application as a process of its own.
func (p *program) demoCommand() *cobra.Command {
	var listen string
	var withParent bool
	o := demo.Options{Now: p.now}
	cmd := &cobra.Command{
		Use:   "demo-application",
		Short: "Run an application to provision into: strict SCIM 2.0 behind OAuth",
		Long: `Runs a demonstration application: a strict SCIM 2.0 server (RFC 7644) in memory that
accepts access tokens of its own authorization server only. When it is ready it
prints one line of JSON with its URLs and with client credentials made for this run.
It is for this machine: its authorize page asks nobody for a password.`,
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if withParent {
				var end context.CancelFunc
				ctx, end = context.WithCancel(ctx)
				go func() {
					_, _ = io.Copy(io.Discard, p.stdin) // whatever ends it, the parent is gone
					end()
				}()
			}
			o.Client = demo.NewClient()
			return serveDemo(ctx, listen, o, p.stdout)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&listen, "listen", "127.0.0.1:0", "loopback address to listen on; port 0 takes a free one")
	flags.DurationVar(&o.TokenLifetime, "token-lifetime", time.Hour, "how long an access token can be used")
	flags.BoolVar(&o.AskConsent, "ask-consent", false, "show a page before an authorization code is given out")
	flags.StringSliceVar(&o.RedirectURIs, "redirect-uri", nil, "redirect URI that codes may be sent to besides this machine's; may be repeated")
	flags.BoolVar(&withParent, "until-stdin-closes", false, "end when standard input is closed")
	return cmd
}

func serveDemo(ctx context.Context, listen string, o demo.Options, ready io.Writer) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil || !isLoopback(host) {
		return errs.New(errs.Invalid, "DemoAddress",
			"The demonstration application cannot listen on %q: it protects nobody's data, so it needs a loopback address such as 127.0.0.1:0.", listen)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return errs.Wrap(err, errs.Unavailable, "DemoAddress", "The demonstration application cannot listen on %s: %s. Choose another --listen.", listen, reason(err))
	}
	return demo.Serve(ctx, listener, o, ready)
}

// isLoopback reports whether a host can be reached from this machine only.
func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
