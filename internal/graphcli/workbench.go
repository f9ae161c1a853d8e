package graphcli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/provisor/provisor/internal/errs"
)

// addWorkbench adds the commands with which a person works on expressions, schemas
// and scoping filters. They compute here; what they need of a directory or a job
// they read by Graph, so that they serve the real clouds as well.
func addWorkbench(root *cobra.Command, o Options) {
	expressions := group(root, "expression", o)
	expressions.AddCommand(evalCommand(o), replCommand(o), functionsCommand(o))
	schemas := group(root, "schema", o)
	schemas.AddCommand(validateCommand(o), diffCommand(o), exportCommand(o), importCommand(o))
	group(root, "scope", o).AddCommand(explainCommand(o))
	root.AddCommand(watchCommand(o))
}

// bench is what the commands of the workbench share.
type bench struct {
	options  Options
	settings settings
	output   string
}

// tool makes a command of the workbench.
func (b *bench) tool(use, short, long string, args cobra.PositionalArgs) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Long: strings.TrimSpace(short + ".\n\n" + long),
		SilenceErrors: true, SilenceUsage: true,
		Args: func(cmd *cobra.Command, given []string) error {
			if err := args(cmd, given); err != nil {
				return usagef("%v", err).next("`%s --help` shows how it is called", cmd.CommandPath())
			}
			return nil
		},
	}
	cmd.SetFlagErrorFunc(flagError)
	cmd.Flags().SortFlags = false
	return cmd
}

// flags adds the flags that say where Graph is and how to answer.
func (b *bench) flags(flags *pflag.FlagSet) {
	flags.StringVar(&b.output, "output", "", "text or json (default text)")
	registerSettings(&b.settings, flags, "output")
}

// asJSON reports whether the answer is wanted as JSON.
func (b *bench) asJSON() (bool, error) {
	switch b.output {
	case "", "text":
		return false, nil
	case "json":
		return true, nil
	}
	return false, usagef("there is no output %q", b.output).next("give --output text or json")
}

// client signs in.
func (b *bench) client(ctx context.Context) (*client, error) {
	at, err := b.settings.over(fromEnvironment(b.options.Getenv)).connect(b.options.ReadFile)
	if err != nil {
		return nil, err
	}
	return newClient(ctx, b.options, at)
}

// printJSON prints v, indented, with its characters as they are.
func (b *bench) printJSON(v any) error {
	encoder := json.NewEncoder(b.options.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// fetch reads one entity.
func (c *client) fetch(ctx context.Context, path string, query url.Values, into any) error {
	got, err := c.do(ctx, request{method: http.MethodGet, path: path, query: query})
	if err != nil {
		return err
	}
	return decodeAnswer(path, got.body, into)
}

// fetchAll reads a collection with all its pages; into is a pointer to a slice.
func (c *client) fetchAll(ctx context.Context, path string, query url.Values, into any) error {
	got, err := c.do(ctx, request{method: http.MethodGet, path: path, query: query})
	if err != nil {
		return err
	}
	body, err := c.restOfPages(ctx, got.body)
	if err != nil {
		return err
	}
	var whole struct {
		Value json.RawMessage `json:"value"`
	}
	if err := decodeAnswer(path, body, &whole); err != nil {
		return err
	}
	return decodeAnswer(path, whole.Value, into)
}

func decodeAnswer(path string, body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return errs.Wrap(err, errs.Unavailable, "AnswerUnreadable", "The answer to GET %s cannot be read: %v.", path, err)
	}
	return nil
}

// jobPath is the path of a synchronization job.
func jobPath(servicePrincipal, job string) string {
	return "/servicePrincipals/" + url.PathEscape(servicePrincipal) + "/synchronization/jobs/" + url.PathEscape(job)
}

// jobFlags are the two ids that name a job.
type jobFlags struct{ servicePrincipal, job string }

func (j *jobFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&j.servicePrincipal, "service-principal", "", "object id of the service principal")
	flags.StringVar(&j.job, "job", "", "id of its synchronization job")
}

func (j *jobFlags) given() bool { return j.servicePrincipal != "" || j.job != "" }

func (j *jobFlags) check() error {
	for name, value := range map[string]string{"service-principal": j.servicePrincipal, "job": j.job} {
		if value == "" {
			return usagef("--%s is missing", name).next("`service-principals synchronization jobs list --service-principal-id ID` shows the jobs")
		}
	}
	return nil
}

// say writes a line for people to standard error.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.options.Stderr, format+"\n", args...)
}
