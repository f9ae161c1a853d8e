package graphcli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/expression"
)

// evalCommand tries one expression.
func evalCommand(o Options) *cobra.Command {
	b := &bench{options: o}
	e := &experiment{bench: b}
	var set []string
	var now string
	cmd := b.tool("eval EXPRESSION", "Evaluate an expression on a user, or on attributes given by hand",
		`Needs no service unless --user is given. @FILE reads the expression from a file, - from
standard input. A list is printed a value a line; null prints nothing.`, cobra.ExactArgs(1))
	cmd.Example = `  provisor expression eval 'Join(".", [givenName], [surname])' --set givenName=Anna --set surname=Berg
  provisor expression eval 'Switch([IsSoftDeleted], , "False", "True", "True", "False")' --user anna@contoso.com
  provisor expression eval 'Item([proxyAddresses], 2)' --set proxyAddresses=a@x.example --set proxyAddresses=b@x.example`
	flags := cmd.Flags()
	flags.StringVar(&e.user, "user", "", "user principal name or id of the user whose attributes count")
	flags.StringVar(&e.servicePrincipal, "service-principal", "", "object id of the application's service principal, for appRoleAssignments")
	flags.StringArrayVar(&set, "set", nil, "attribute=value; again for a further attribute, or a further value of the same one")
	flags.StringArrayVar(&e.taken, "taken", nil, "value that SelectUniqueValue finds taken")
	flags.StringVar(&e.domain, "default-domain", "", "what DefaultDomain() gives (default: that of the tenant, with --user)")
	flags.StringVar(&now, "now", "", "what Now() gives, such as 2025-07-30T08:00:00Z (default: the time)")
	b.flags(flags)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := e.prepare(set, now); err != nil {
			return err
		}
		text, err := o.text("the expression", args[0])
		if err != nil {
			return err
		}
		return e.run(cmd.Context(), string(text))
	}
	return cmd
}

// prepare reads the flags.
func (e *experiment) prepare(set []string, now string) error {
	for _, assignment := range set {
		if err := e.assign(assignment, false); err != nil {
			return err
		}
	}
	e.now = e.bench.options.clock()
	if now == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339, now)
	if err != nil {
		return usagef("--now %s is no date and time", now).next("write it like 2025-07-30T08:00:00Z")
	}
	e.now = t.UTC()
	return nil
}

// clock returns the time, or the zero time when there is no clock.
func (o Options) clock() time.Time {
	if o.Now == nil {
		return time.Time{}
	}
	return o.Now().UTC()
}

func (e *experiment) run(ctx context.Context, text string) error {
	asJSON, err := e.bench.asJSON()
	if err != nil {
		return err
	}
	program, err := e.compile(text)
	if err != nil {
		return e.bench.complain(err)
	}
	for _, warning := range append(program.Warnings(), e.misspellings(text)...) {
		e.bench.say("Warning: %s.", printable(warning.Message))
	}
	value, err := e.evaluate(ctx, program)
	if err != nil {
		return e.bench.complain(err)
	}
	if asJSON {
		return e.bench.printJSON(outcomeOf(program, value))
	}
	return e.show(value)
}

// outcome is the answer of eval as JSON.
type outcome struct {
	Expression string `json:"expression"`
	Type       string `json:"type"`
	Value      any    `json:"value"` // null for null and for a flow marker
}

func outcomeOf(program *expression.Program, value expression.Value) outcome {
	return outcome{Expression: program.String(), Type: value.Kind().String(), Value: value.Any()}
}

// show prints a value, its items on lines of their own, and tells on standard error
// when there is none.
func (e *experiment) show(value expression.Value) error {
	out := e.bench.options.Stdout
	switch value.Kind() { //nolint:exhaustive // every other kind is one text
	case expression.KindNull:
		e.bench.say("(null)")
		return nil
	case expression.KindIgnoreAttributeFlow:
		e.bench.say("(IgnoreAttributeFlow: the target attribute is left alone)")
		return nil
	case expression.KindIgnoreObjectFlow:
		e.bench.say("(IgnoreObjectFlow: the object is skipped)")
		return nil
	case expression.KindComplex:
		for _, object := range value.Complex() {
			fmt.Fprintln(out, printable(expression.ValueOf(object).Text()))
		}
	case expression.KindList:
		for _, item := range value.List() {
			fmt.Fprintln(out, printable(item))
		}
	default:
		fmt.Fprintln(out, printable(value.Text()))
	}
	return nil
}
