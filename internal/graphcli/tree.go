package graphcli

import (
	"strings"

	"github.com/spf13/cobra"
)

// Commands returns the client commands, to be added to the program's root: the
// groups of Graph's command line, the four cmdlets, and the help page exit-codes.
//
// They print answers, and leave their errors to the caller: see [Report] and
// [ExitCode]. They end when the command's context does.
func Commands(options Options) []*cobra.Command {
	o := options.withDefaults()
	root := &cobra.Command{}
	for _, op := range operations() {
		words := strings.Fields(op.words)
		parent := root
		for i := range words[:len(words)-1] {
			parent = group(parent, words[i], o)
		}
		parent.AddCommand(leaf(op, words[len(words)-1], o))
		if isUntitled(parent) {
			parent.Short = op.short
		}
	}
	addWorkbench(root, o)
	commands := root.Commands()
	root.RemoveCommand(commands...)
	for _, name := range cmdlets() {
		commands = append(commands, name.command(o))
	}
	return append(commands, exitCodesTopic())
}

// group returns the child of parent with that word, made when it is missing. A
// group alone shows its help; a word that it does not know is an error.
func group(parent *cobra.Command, word string, o Options) *cobra.Command {
	for _, child := range parent.Commands() {
		if child.Name() == word {
			return child
		}
	}
	child := &cobra.Command{
		Use:           word,
		Short:         groupTitle(word),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				cmd.SetOut(o.Stdout)
				return cmd.Help()
			}
			return unknownWord(cmd, args[0])
		},
	}
	child.SetFlagErrorFunc(flagError)
	parent.AddCommand(child)
	return child
}

func flagError(cmd *cobra.Command, err error) error {
	return usagef("%v", err).next("`%s --help` shows the flags", cmd.CommandPath())
}

func unknownWord(cmd *cobra.Command, word string) error {
	cmd.SuggestionsMinimumDistance = 2
	err := usagef("%q is no command of `%s`", word, cmd.CommandPath())
	if near := cmd.SuggestionsFor(word); len(near) > 0 {
		return err.next("did you mean `%s %s`?", cmd.CommandPath(), near[0])
	}
	return err.next("`%s --help` lists the commands", cmd.CommandPath())
}

func groupTitle(word string) string {
	switch word {
	case "applications":
		return "Provisioning by application, in the shape of Graph's command line"
	case "service-principals":
		return "Provisioning by service principal, in the shape of Graph's command line"
	case "synchronization":
		return "Jobs, secrets and templates of provisioning"
	case "audit-logs":
		return "Logs, in the shape of Graph's command line"
	case "jobs":
		return "Make, watch and steer synchronization jobs"
	case "secrets":
		return "Credentials and settings, write-only where they are secret"
	case "schema":
		return "Attribute mappings and scoping filters"
	case "templates":
		return "What jobs are made from"
	case "provisioning":
		return "The provisioning log"
	case "expression":
		return "Try the expressions of attribute mappings"
	case "scope":
		return "Who is in scope, and why"
	}
	return ""
}

// isUntitled reports whether a group is named after an action, so that what its
// command says is said of the group as well.
func isUntitled(group *cobra.Command) bool { return group.HasParent() && group.Short == "" }

// leaf makes the command of one operation.
func leaf(op operation, verb string, o Options) *cobra.Command {
	run := &invocation{op: op, options: o, ids: map[string]*string{}}
	cmd := &cobra.Command{
		Use:           verb,
		Short:         op.short,
		Long:          op.short + ".\n\nSends " + op.method + " " + op.path + "\nThe exit codes: `help exit-codes`.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownWord(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return run.run(cmd.Context()) },
	}
	cmd.SetFlagErrorFunc(flagError)
	if op.example != "" {
		cmd.Example = "  " + "provisor " + op.words + exampleIDs(op) + " --body '" + op.example + "'"
	}
	run.register(cmd.Flags())
	registerSettings(&run.settings, cmd.Flags())
	return cmd
}

func exampleIDs(op operation) string {
	var ids strings.Builder
	for _, name := range op.parameters() {
		ids.WriteString(" --" + name + " ID")
	}
	return ids.String()
}
