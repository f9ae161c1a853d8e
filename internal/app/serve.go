package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/app/terminal"
)

func (p *program) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service",
		Long: `Runs the service: the Graph API, the token issuer, and the workers that provision.
Nothing needs to be configured. The first start makes a tenant and an administrator
client and shows its secret once; --bootstrap-file writes it to a file as well. Later
starts with --bootstrap-file give the administrator a fresh secret for the file and
withdraw the one of the start before; the secret of the first start stays.

SIGINT or SIGTERM stops it in order; a second one ends it at once, and nothing is lost.

Every flag can also be given as the variable named with it; the flag wins.`,
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := resolve(cmd.Flags(), p.getenv)
			if err != nil {
				return err
			}
			if err := c.employed(); err != nil {
				return err
			}
			return p.serve(cmd.Context(), c)
		},
	}
	register(cmd.Flags())
	return cmd
}

func (p *program) serve(ctx context.Context, c Config) error {
	tuneCollector(p.getenv)
	log := newLog(p.stderr, c)
	s, err := startService(ctx, c, world{log: log, now: p.now})
	if err != nil {
		return err
	}
	if err := s.announce(ctx, terminal.New(p.stdout, p.getenv)); err != nil {
		return s.end(err)
	}
	log.LogAttrs(ctx, slog.LevelInfo, "ready",
		slog.String("version", version()), slog.String("url", s.url()), slog.String("role", s.config.Role), slog.String("tenant", string(s.tenant.ID)), slog.String("data", string(s.base.dir)))
	return s.wait()
}

// end stops a service and returns err, with what went wrong in stopping.
func (s *service) end(err error) error {
	s.stop()
	return errors.Join(err, s.wait())
}

// announce says where the service is, writes the bootstrap file, and shows the
// secret of the first start.
func (s *service) announce(ctx context.Context, screen *terminal.Screen) error {
	secret, err := s.secret(ctx)
	if err != nil {
		return err
	}
	if s.bootstraps() {
		if err := s.bootstrap(secret).write(s.config.BootstrapFile); err != nil {
			return err
		}
	}
	screen.Say("Provisor is ready at %s (role %s: %s)", s.url(), s.config.Role, s.duty())
	if err := s.announceTrust(screen); err != nil {
		return err
	}
	if !s.admin.Secretless {
		return nil
	}
	screen.Say("")
	screen.Say("This is the first start. An administrator client was made; its secret is shown this once:")
	screen.Say("  tenant id      %s", s.tenant.ID)
	screen.Say("  client id      %s", s.admin.AppID)
	screen.Say("  client secret  %s", secret)
	screen.Say("")
	return nil
}

// duty says what this process does by its role.
func (s *service) duty() string {
	workers := fmt.Sprintf("%d workers", s.workers())
	if s.workers() == 1 {
		workers = "1 worker"
	}
	switch {
	case s.config.Role == roleWorker:
		return workers + ", health and metrics only"
	case s.workers() == 0:
		return "the API, and no cycles: another process has to run them"
	default:
		return "the API and " + workers
	}
}

// secret makes the client secret that this start tells; empty when it tells none.
func (s *service) secret(ctx context.Context) (string, error) {
	switch {
	case s.admin.Secretless:
		return s.base.newSecret(ctx, s.tenant.ID, s.admin, firstSecret, s.now)
	case s.bootstraps():
		return s.base.newSecret(ctx, s.tenant.ID, s.admin, bootstrapSecret, s.now)
	default:
		return "", nil
	}
}

// bootstraps reports whether this start writes the bootstrap file. A worker does not:
// clients cannot call it, and the variable that names their file may be set.
func (s *service) bootstraps() bool {
	return s.config.BootstrapFile != "" && s.config.Role != roleWorker
}

func (s *service) bootstrap(secret string) bootstrap {
	return bootstrap{
		GraphEndpoint: s.url(), Authority: s.url() + "/" + string(s.tenant.ID),
		TenantID: string(s.tenant.ID), ClientID: s.admin.AppID, ClientSecret: secret, CACertificate: s.authority,
	}
}
