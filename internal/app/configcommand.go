package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/provisor/provisor/internal/app/terminal"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/graphcli"
	"github.com/provisor/provisor/internal/store/sqlstore"
)

func (p *program) configCommand() *cobra.Command {
	parent := group("config", "Check and show the settings of the service")
	check := &cobra.Command{
		Use: "check", Short: "Check the settings and what they name, without starting the service",
		Long: `Reads the settings as ` + "`provisor serve`" + ` would, from flags, variables, a file and the
defaults, and tries what they name: the data directory, the database, the sealing keys
and the certificate. Nothing is made or changed.`,
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := resolve(cmd.Flags(), p.getenv)
			if err != nil {
				return err
			}
			return p.checkConfig(cmd.Context(), c)
		},
	}
	register(check.Flags())
	redacted := true
	show := &cobra.Command{
		Use: "print", Short: "Print every setting with where it comes from, as a configuration file",
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := choose(cmd.Flags(), p.getenv)
			if err != nil {
				return err
			}
			return p.printConfig(all, redacted)
		},
	}
	register(show.Flags())
	show.Flags().BoolVar(&redacted, "redacted", true, "hide what is secret; with --redacted=false it is shown")
	parent.AddCommand(check, show)
	return parent
}

// group is a command that only has others below it.
func group(name, short string) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &graphcli.UsageError{
					Message: fmt.Sprintf("%q is no command of `provisor %s`", args[0], name),
					Next:    "`provisor " + name + " --help` lists them",
				}
			}
			return cmd.Help()
		},
	}
}

// printConfig writes what counts for every setting in the form of a file.
func (p *program) printConfig(all []choice, redacted bool) error { //nolint:revive // the flag of the command
	for _, c := range all {
		if err := c.apply(&Config{}); err != nil {
			return err
		}
		text := c.text
		if redacted && c.redact != nil && text != "" {
			text = c.redact(text)
		}
		line, err := yaml.Marshal(map[string]string{c.key(): text})
		if err != nil {
			return err
		}
		if text == "" {
			line = []byte("# " + c.key() + ":\n")
		}
		if _, err := fmt.Fprintf(p.stdout, "# %s; from %s\n%s", c.Variable, strings.Replace(c.from, "the default of --"+c.Name, "the default", 1), line); err != nil {
			return err
		}
	}
	return nil
}

// checkConfig tries what the settings name, and shows the outcome of each.
func (p *program) checkConfig(ctx context.Context, c Config) error {
	screen := terminal.New(p.stdout, p.getenv)
	var rows [][]string
	bad := 0
	for _, one := range []struct {
		name string
		try  func(context.Context, Config) (string, error)
	}{
		{"settings", func(_ context.Context, c Config) (string, error) { return "every one can be used", c.employed() }},
		{"data directory", tryData},
		{"database", tryDatabase},
		{"sealing keys", tryKeys},
		{"certificate", tryCertificate},
	} {
		said, err := one.try(ctx, c)
		mark := screen.Good("ok")
		if err != nil {
			mark, said = screen.Bad("bad"), message(err)
			bad++
		}
		rows = append(rows, []string{mark, one.name, said})
	}
	screen.Table([]string{"", "what", ""}, rows)
	if bad > 0 {
		return &graphcli.UsageError{Message: fmt.Sprintf("%d of the things that the settings name cannot be used", bad), Next: "mend what is marked bad and run `provisor config check` again"}
	}
	return nil
}

func tryData(_ context.Context, c Config) (string, error) {
	info, err := os.Stat(c.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c.Data + " will be made by the first start", nil
	case err != nil:
		return "", dataError(err, c.Data)
	case !info.IsDir():
		return "", errs.New(errs.Invalid, "DataDirectory", "%s is a file and no directory.", c.Data)
	}
	return c.Data, nil
}

func tryDatabase(ctx context.Context, c Config) (string, error) {
	address := dataDir(c.Data).databaseAddress(c)
	version, newest, err := sqlstore.Version(ctx, address)
	switch {
	case err != nil:
		return "", err
	case version == 0:
		return redactDatabase(address) + " is empty and will be set up by the first start", nil
	case version > newest:
		return "", errs.New(errs.Invalid, "DatabaseTooNew", "%s has schema version %d and this program knows %d: it was written by a newer program.", redactDatabase(address), version, newest)
	case version < newest:
		return fmt.Sprintf("%s has schema version %d and will be brought to %d by the next start", redactDatabase(address), version, newest), nil
	}
	return fmt.Sprintf("%s, schema version %d", redactDatabase(address), version), nil
}

func tryKeys(_ context.Context, c Config) (string, error) {
	if c.SealingKey != "" {
		_, err := readKeyring([]byte(c.SealingKey), "PROVISOR_SEALING_KEY")
		return "PROVISOR_SEALING_KEY", err
	}
	path := dataDir(c.Data).keysFile(c)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return path + " will be made by the first start", nil
	}
	_, err := readKeys(path)
	return path, err
}

func tryCertificate(_ context.Context, c Config) (string, error) {
	certificate, key, files := strings.Cut(c.TLS, ",")
	if !files {
		return c.TLS, nil
	}
	if _, err := tls.LoadX509KeyPair(certificate, key); err != nil {
		return "", err
	}
	return certificate, nil
}
