package app

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/provisor/provisor/internal/graphcli"
)

// program is the world that the commands run in.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
}

// Run runs the command that args name and returns its exit code. It ends early
// when ctx does.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr, getenv: os.Getenv, now: time.Now}
	root := p.root() //nolint:contextcheck // cobra hands the context to the commands
	root.SetArgs(graphcli.CanonicalArgs(args))
	err := root.ExecuteContext(ctx)
	code := exitCode(err)
	if code == exitInterrupted {
		err = interruptedError{}
	}
	graphcli.Report(stderr, err)
	return code
}

// root returns the command tree.
func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "provisor",
		Short: "Provision users and groups into applications, as Microsoft Entra does",
		Long: `Provisor is a self-hosted user-provisioning service that speaks Microsoft Graph's
synchronization API: it acquires an OAuth access token for an application, then
provisions users and groups into it over SCIM 2.0, and keeps them in step.

Start here:

  provisor quickstart     the whole thing in a minute, with a demonstration application
  provisor serve          the service`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       fullVersion(),
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &graphcli.UsageError{Message: err.Error(), Next: "`" + cmd.CommandPath() + " --help` shows the flags"}
	})
	root.SetVersionTemplate("provisor {{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(helpCommand())
	p.addCommands(root)
	return root
}

func (p *program) addCommands(root *cobra.Command) {
	root.AddGroup(
		&cobra.Group{ID: "service", Title: "The service:"},
		&cobra.Group{ID: "client", Title: "Clients of the Graph API, here and in the real clouds:"},
	)
	service := []*cobra.Command{
		p.serveCommand(), p.quickstartCommand(), p.trustCommand(), p.directoryCommand(), p.demoCommand(),
		p.migrateCommand(), p.databaseCommand(), p.keysCommand(), p.configCommand(), p.versionCommand(),
	}
	for _, c := range service {
		c.GroupID = "service"
		root.AddCommand(c)
	}
	for _, c := range graphcli.Commands(p.client()) {
		if c.Name() == "exit-codes" {
			continue // ours has more rows
		}
		c.GroupID = "client"
		root.AddCommand(c)
	}
	root.AddCommand(exitCodesTopic())
}

// client is the world of the client commands.
func (p *program) client() graphcli.Options {
	return graphcli.Options{
		Stdin: p.stdin, Stdout: p.stdout, Stderr: p.stderr,
		Getenv: p.getenv, ReadFile: os.ReadFile, WriteFile: p.writeFile, NewFile: newFile, Now: p.now, HistoryFile: p.historyFile(),
		IsTerminal: isTerminal(p.stdin), Version: version(),
	}
}

// isTerminal reports whether a person sits at r, or nothing is piped into it.
func isTerminal(r io.Reader) bool {
	file, ok := r.(*os.File)
	if !ok {
		return false
	}
	if term.IsTerminal(int(file.Fd())) { // a descriptor fits an int
		return true
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 // the null device
}

func unknownCommand(cmd *cobra.Command, word string) error {
	cmd.SuggestionsMinimumDistance = 2
	next := "`provisor --help` lists the commands"
	if near := cmd.SuggestionsFor(word); len(near) > 0 {
		next = "did you mean `provisor " + near[0] + "`?"
	}
	return &graphcli.UsageError{Message: "\"" + word + "\" is no command of provisor", Next: next}
}

// none refuses arguments that a command does not take.
func none(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &graphcli.UsageError{
		Message: "`" + cmd.CommandPath() + "` takes no argument, and got \"" + args[0] + "\"",
		Next:    "`" + cmd.CommandPath() + " --help` shows the flags",
	}
}
