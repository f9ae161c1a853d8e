package app

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/graphcli"
)

// helpCommand is `provisor help`. Unlike the one that comes with cobra it refuses a
// word that is no command, instead of showing something else.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Show what a command does, and its flags", Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			switch {
			case len(rest) == 0:
			case found == cmd.Root():
				return unknownCommand(found, rest[0])
			default:
				return &graphcli.UsageError{
					Message: "\"" + strings.Join(rest, " ") + "\" is no command of `" + found.CommandPath() + "`",
					Next:    "`" + found.CommandPath() + " --help` says what is",
				}
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}
