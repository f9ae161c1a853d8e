package graphcli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/expression"
)

// functionsCommand lists the functions.
func functionsCommand(o Options) *cobra.Command {
	b := &bench{options: o}
	cmd := b.tool("functions [NAME]", "List the functions of expressions, or show one with an example",
		"Needs no service. A question mark follows a parameter that may be left out, an ellipsis one\nthat may be repeated.", cobra.MaximumNArgs(1))
	cmd.Flags().StringVar(&b.output, "output", "", "text or json (default text)")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		asJSON, err := b.asJSON()
		if err != nil {
			return err
		}
		if len(args) == 1 {
			return b.showFunction(args[0], asJSON)
		}
		if asJSON {
			return b.printJSON(expression.FunctionSchemas())
		}
		for _, fn := range expression.Functions() {
			fmt.Fprintln(o.Stdout, fn.Signature())
		}
		return nil
	}
	return cmd
}

func (b *bench) showFunction(name string, asJSON bool) error { //nolint:revive // the flag is a format
	functions := expression.Functions()
	at := slices.IndexFunc(functions, func(fn expression.Function) bool { return strings.EqualFold(fn.Name, name) })
	if at < 0 {
		_, err := expression.Parse(name + "()") // which knows a similar name
		return b.complain(err)
	}
	if asJSON {
		return b.printJSON(expression.FunctionSchemas()[at])
	}
	describe(b.options.Stdout, functions[at])
	return nil
}

// describe writes a function with its example, so that the example can be copied.
func describe(w io.Writer, fn expression.Function) {
	fmt.Fprintf(w, "%s\n\n%s\n\nExample:\n  %s\n", fn.Signature(), fn.Summary, fn.Example.Expression)
	for _, name := range slices.Sorted(maps.Keys(fn.Example.Attributes)) {
		fmt.Fprintf(w, "    %s: %s\n", name, compactJSON(fn.Example.Attributes[name]))
	}
	if len(fn.Example.Taken) > 0 {
		fmt.Fprintf(w, "    taken in the target: %s\n", compactJSON(fn.Example.Taken))
	}
	fmt.Fprintf(w, "  → %s\n", compactJSON(fn.Example.Result))
}

func compactJSON(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSpace(b.String())
}
