package graphcli

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/synchronization"
)

// explainCommand tells why a user or a group is in scope of a job or not.
func explainCommand(o Options) *cobra.Command {
	b := &bench{options: o}
	x := &inquiry{bench: b}
	cmd := b.tool("explain", "Say whether a user or group is in scope of a job, and which clause decided",
		`Reads the schema of the job, the object and its assignments, and evaluates the scoping filters here,
clause by clause.`, cobra.NoArgs)
	cmd.Example = "  provisor scope explain --service-principal ID --job scim.ID --user anna@contoso.com"
	flags := cmd.Flags()
	x.job.register(flags)
	flags.StringVar(&x.user, "user", "", "user principal name or id of the user")
	flags.StringVar(&x.group, "group", "", "id of the group, instead of --user")
	b.flags(flags)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return x.run(cmd.Context()) }
	return cmd
}

// inquiry is what is asked about.
type inquiry struct {
	bench       *bench
	job         jobFlags
	user, group string
}

func (x *inquiry) run(ctx context.Context) error {
	asJSON, err := x.bench.asJSON()
	if err != nil {
		return err
	}
	if err := x.job.check(); err != nil {
		return err
	}
	if (x.user == "") == (x.group == "") {
		return usagef("it is not said who is asked about").next("give --user UPN or --group ID")
	}
	c, err := x.bench.client(ctx)
	if err != nil {
		return err
	}
	answers, err := x.explanations(ctx, c)
	if err != nil {
		return err
	}
	if asJSON {
		return x.bench.printJSON(answers)
	}
	for i, answer := range answers {
		if i > 0 {
			fmt.Fprintln(x.bench.options.Stdout)
		}
		writeExplanation(x.bench.options.Stdout, firstOf(x.user, "group "+x.group), answer)
	}
	return nil
}

// explanations returns the verdict of every mapping for objects of that kind.
func (x *inquiry) explanations(ctx context.Context, c *client) ([]mapping.Explanation, error) {
	var schema synchronization.Schema
	if err := c.fetch(ctx, jobPath(x.job.servicePrincipal, x.job.job)+"/schema", nil, &schema); err != nil {
		return nil, err
	}
	mappings, err := mapping.Compile(schema)
	if err != nil {
		return nil, err
	}
	subject, err := x.subject(ctx, c, scopeAttributes(schema))
	if err != nil {
		return nil, err
	}
	if err := c.entitle(ctx, &subject, x.job.servicePrincipal); err != nil {
		return nil, err
	}
	entitlement := mapping.Assigned
	if all, err := c.takesAll(ctx, x.job.servicePrincipal); err != nil {
		return nil, err
	} else if all {
		entitlement = mapping.Everyone
	}
	var answers []mapping.Explanation
	for _, m := range mappings {
		if m.Kind == subject.Kind {
			answers = append(answers, m.ExplainScope(subject, entitlement))
		}
	}
	if len(answers) == 0 {
		return nil, errs.New(errs.NotFound, "NoMapping", "The job %s maps no %ss, so none is in scope.", x.job.job, subject.Kind)
	}
	return answers, nil
}

func (x *inquiry) subject(ctx context.Context, c *client, attributes []string) (directory.Change, error) {
	if x.user != "" {
		return c.user(ctx, x.user, attributes)
	}
	return c.object(ctx, "/groups/"+url.PathEscape(x.group), nil, directory.Group)
}

// scopeAttributes returns the attributes that the filters of a schema name.
func scopeAttributes(schema synchronization.Schema) []string {
	var names []string
	for _, rule := range schema.Rules {
		for _, om := range rule.ObjectMappings {
			if om.Scope == nil {
				continue
			}
			for _, g := range slices.Concat(om.Scope.Groups, om.Scope.InputFilterGroups, om.Scope.CategoryFilterGroups) {
				for _, clause := range g.Clauses {
					names = append(names, clause.SourceOperandName)
				}
			}
		}
	}
	return names
}

func writeExplanation(w io.Writer, who string, x mapping.Explanation) {
	state := "is not in scope"
	if x.InScope {
		state = "is in scope"
	}
	fmt.Fprintf(w, "%s %s of %q: %s.\n", printable(who), state, printable(x.Mapping), printable(x.Reason))
	writeGroups(w, "Input filters (one group must pass, or the object is not read)", x.InputFilterGroups)
	writeGroups(w, "Category filters (one group must pass, or another mapping takes the object)", x.CategoryFilterGroups)
	if x.SyncAll {
		fmt.Fprintf(w, "\nAll users and groups (SyncAll)\n  %s\n", mark(x.Assigned, x.DecidedBy == "syncAll"))
	} else {
		fmt.Fprintf(w, "\nAssigned\n  %s\n", mark(x.Assigned, x.DecidedBy == "assignment"))
	}
	writeGroups(w, "Scoping filters (one group must pass)", x.Groups)
	fmt.Fprintf(w, "\n%s\n", printable(conclusion(x)))
}

func writeGroups(w io.Writer, title string, groups []mapping.GroupVerdict) {
	if len(groups) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, g := range groups {
		fmt.Fprintf(w, "  %s  %s\n", mark(g.Passed, g.Decided && g.Passed), printable(firstOf(g.Name, g.Path)))
		for _, clause := range g.Clauses {
			fmt.Fprintf(w, "      %s  %s; the value is %s\n", mark(clause.Passed, clause.Decided),
				printable(clauseText(clause)), printable(held(clause.Values)))
		}
	}
}

// mark shows a verdict, and points at the one that decided.
func mark(passed, decided bool) string { //nolint:revive // both flags are what is shown
	text := "no "
	if passed {
		text = "yes"
	}
	if decided {
		return text + " (this decided)"
	}
	return text
}

func clauseText(c mapping.ClauseVerdict) string {
	text := c.Attribute + " " + c.Operator
	if len(c.Operands) > 0 {
		text += " " + quotedAll(c.Operands)
	}
	return text
}

func held(values []string) string {
	if len(values) == 0 {
		return "empty"
	}
	return quotedAll(values)
}

func quotedAll(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = fmt.Sprintf("%q", text)
	}
	return strings.Join(quoted, ", ")
}

// conclusion is the sentence that says what decided.
func conclusion(x mapping.Explanation) string {
	for _, groups := range [][]mapping.GroupVerdict{x.InputFilterGroups, x.CategoryFilterGroups, x.Groups} {
		for _, g := range groups {
			if g.Path == x.DecidedBy {
				return fmt.Sprintf("Decided by the group %s, which passed (%s).", firstOf(g.Name, "without a name"), x.Path+"."+g.Path)
			}
			for _, clause := range g.Clauses {
				if clause.Path == x.DecidedBy {
					return fmt.Sprintf("Decided by the clause %s, and the value is %s (%s).", clauseText(clause), held(clause.Values), x.Path+"."+clause.Path)
				}
			}
		}
	}
	switch {
	case x.SyncAll:
		return "Decided by the setting SyncAll of the application: it provisions all users and groups, so nobody needs an assignment, and no filter excludes this one."
	case x.Assigned:
		return "Decided by the assignment to the application."
	default:
		return "Decided by the assignment to the application, which is missing: assign it (a user also through a group), or set the secret SyncAll to true to provision all users and groups."
	}
}
