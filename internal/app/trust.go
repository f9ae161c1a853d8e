package app

import (
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/app/terminal"
	"github.com/provisor/provisor/internal/tlsauto"
)

// tlsFolder is where --tls auto keeps its files in the data directory.
const tlsFolder = "tls"

func (p *program) trustCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "Say how clients come to trust the certificate of --tls auto",
		Long: `Says how this machine, or single programs on it, come to trust the certificate
authority that serve --tls auto made in the data directory. It changes nothing.`,
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := resolve(cmd.Flags(), p.getenv)
			if err != nil {
				return err
			}
			dir, err := filepath.Abs(c.Data)
			if err != nil {
				return dataError(err, c.Data)
			}
			return sayTrust(terminal.New(p.stdout, p.getenv), tlsauto.AuthorityFile(filepath.Join(dir, tlsFolder)))
		},
	}
	register(cmd.Flags(), "data")
	return cmd
}

// announceTrust says how to trust an authority that is new, and of an old one where
// that can be read again.
func (s *service) announceTrust(screen *terminal.Screen) error {
	switch {
	case s.authority == "":
		return nil
	case s.newAuthority:
		return sayTrust(screen, s.authority)
	}
	screen.Say("Clients trust %s; `provisor trust` says how.", s.authority)
	return nil
}

// sayTrust says where the authority is and how it is trusted.
func sayTrust(screen *terminal.Screen, file string) error {
	fingerprint, err := tlsauto.Fingerprint(file)
	if err != nil {
		return err
	}
	screen.Say("")
	screen.Say("Its certificate comes from an authority of its own, which clients have to trust:")
	screen.Say("  file     %s", file)
	screen.Say("  SHA-256  %s", fingerprint)
	for _, step := range tlsauto.TrustSteps(file, runtime.GOOS) {
		screen.Say("")
		screen.Say("  %s", step.For)
		for _, command := range step.Commands {
			screen.Say("    %s", command)
		}
		if step.Note != "" {
			screen.Say("    (%s)", step.Note)
		}
	}
	screen.Say("")
	return nil
}
