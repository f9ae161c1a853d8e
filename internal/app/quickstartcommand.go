package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/provisor/provisor/internal/graphcli"
	"github.com/provisor/provisor/internal/scim"
)

// quickstartFlags are what was typed after `provisor quickstart`.
type quickstartFlags struct {
	users        string
	once         bool
	targetURL    string
	tokenURL     string
	clientID     string
	clientSecret string
	bearer       string
	dialect      string
}

func (p *program) quickstartCommand() *cobra.Command {
	f := &quickstartFlags{}
	cmd := &cobra.Command{
		Use:   "quickstart",
		Short: "See it work: provision a directory into an application, and read it back",
		Long: `Starts the service and, as a separate process, a demonstration application; imports
a sample directory; makes the application through the Graph API, acquires its access
token, and runs the initial cycle; changes three people and runs the incremental
cycle; then reads everything back from the application. It keeps running until
Ctrl-C, so that you can go on from there.

Aim it at an application of your own with --target-url and either --bearer or
--token-url, --client-id and --client-secret. It then also shows what was sent.

The exit code is 0 only when everything in scope was provisioned and reading it back
proved it; 10 when something is missing, and another when a cycle could not be run to its
end (` + "`provisor help exit-codes`" + `).`,
		Example: `  provisor quickstart
  provisor quickstart --once --users people.csv
  provisor quickstart --target-url http://localhost:9000/scim/v2 --bearer TOKEN`,
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.fromEnvironment(p.getenv)
			if err := f.check(); err != nil {
				return err
			}
			c, err := quickstartConfig(cmd.Flags(), p.getenv)
			if err != nil {
				return err
			}
			return p.quickstart(cmd.Context(), c, *f)
		},
	}
	flags := cmd.Flags()
	register(flags, "data", "listen", "bootstrap-file", "log-level", "egress-allow", "interval")
	flags.Lookup("data").DefValue, flags.Lookup("listen").DefValue = "a temporary one", "a free port of 127.0.0.1"
	flags.StringVar(&f.users, "users", "", "`FILE` to import instead of the sample: CSV or JSON, as provisor directory import reads it")
	flags.BoolVar(&f.once, "once", false, "end after the summary")
	flags.StringVar(&f.targetURL, "target-url", "", "SCIM endpoint of your own application")
	flags.StringVar(&f.tokenURL, "token-url", "", "its OAuth 2.0 token endpoint (client credentials)")
	flags.StringVar(&f.clientID, "client-id", "", "client that may ask for its tokens")
	flags.StringVar(&f.clientSecret, "client-secret", "", "secret of that client; others may see a flag, so rather set PROVISOR_TARGET_CLIENT_SECRET")
	flags.StringVar(&f.bearer, "bearer", "", "access token for it, instead of the three before; or set PROVISOR_TARGET_BEARER")
	flags.StringVar(&f.dialect, "dialect", "", "how SCIM is written: entra (as Entra does; for your own application), entra-scim062020 or rfc7644 (for the demonstration)")
	return cmd
}

// fromEnvironment takes the secrets that were not given as flags.
func (f *quickstartFlags) fromEnvironment(getenv func(string) string) {
	if f.targetURL == "" {
		return
	}
	if f.bearer == "" && f.clientSecret == "" {
		f.bearer, f.clientSecret = getenv("PROVISOR_TARGET_BEARER"), getenv("PROVISOR_TARGET_CLIENT_SECRET")
	}
}

// check says which flags do not go together.
func (f *quickstartFlags) check() error {
	oauth := []struct{ name, value string }{
		{"--token-url", f.tokenURL}, {"--client-id", f.clientID}, {"--client-secret", f.clientSecret},
	}
	var given, lacking []string
	for _, one := range oauth {
		if one.value == "" {
			lacking = append(lacking, one.name)
			continue
		}
		given = append(given, one.name)
	}
	if f.dialect != "" {
		if _, err := scim.ParseDialect(f.dialect); err != nil {
			return usage("--dialect: "+err.Error(), "leave it out: your own application then gets what Entra sends")
		}
	}
	switch {
	case f.targetURL == "" && (len(given) > 0 || f.bearer != ""):
		return usage("credentials are given for an application, but not where it is", "add --target-url URL")
	case f.targetURL == "":
		return nil
	case f.bearer != "" && len(given) > 0:
		return usage("--bearer and "+strings.Join(given, ", ")+" exclude each other", "give either an access token, or what acquires one")
	case f.bearer == "" && len(lacking) > 0:
		return usage("--target-url needs credentials: "+strings.Join(lacking, ", ")+" missing", "add them, or give an access token with --bearer")
	}
	return nil
}

func usage(message, next string) error { return &graphcli.UsageError{Message: message, Next: next} }

// quickstartConfig is the configuration of the service inside a quickstart: a free
// port and a directory that goes with it, unless something else is asked for.
func quickstartConfig(flags *pflag.FlagSet, getenv func(string) string) (Config, error) {
	c, err := resolve(flags, getenv)
	if err != nil {
		return Config{}, err
	}
	if !flags.Changed("listen") && getenv("PROVISOR_LISTEN") == "" {
		c.Listen = "127.0.0.1:0"
	}
	if !flags.Changed("data") && getenv("PROVISOR_DATA") == "" {
		c.Data = ""
	}
	c.TLS, c.LogFormat = "off", "text"
	return c, nil
}

// quickstart runs the service, the application and the walk through both. However it
// ends, what it made for itself goes.
func (p *program) quickstart(ctx context.Context, c Config, f quickstartFlags) error {
	w, err := newWorkplace(&c)
	if err != nil {
		return err
	}
	defer w.leave() // also when something panics
	ctx, end := w.attend(ctx)
	defer end()
	ctx, p.stdout = attended(ctx, p.stdout)
	q := &quickstartRun{program: p, config: c, flags: f}
	err = q.run(ctx)
	if err != nil && exitCode(err) != exitInterrupted && q.logPath != "" {
		w.keepLog = true
		fmt.Fprintf(p.stderr, "The log of the service is kept, for what went wrong: %s\n", q.logPath)
	}
	return err
}
