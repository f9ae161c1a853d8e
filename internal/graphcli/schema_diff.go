package graphcli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/errs"
)

// diffCommand compares two schemas.
func diffCommand(o Options) *cobra.Command {
	b, j := &bench{options: o}, &jobFlags{}
	cmd := b.tool("diff A [B]", "Show what differs between two schemas",
		`A and B are files; with --service-principal and --job, A alone is compared with the schema of that
job, as B. Parts are matched by what names them: attribute mappings by their target attribute, the
other parts by name. Of an expression its text is compared. What the service writes (ids, versions,
dates) does not count. The exit code is 0 when nothing differs, else 1.`, cobra.RangeArgs(1, 2))
	j.register(cmd.Flags())
	b.flags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		asJSON, err := b.asJSON()
		if err != nil {
			return err
		}
		first, second, err := b.pairOf(cmd.Context(), args, *j)
		if err != nil {
			return err
		}
		return b.showDifferences(differences(first, second), asJSON)
	}
	return cmd
}

// pairOf reads the two schemas.
func (b *bench) pairOf(ctx context.Context, args []string, j jobFlags) (any, any, error) {
	if (len(args) == 2) == j.given() {
		return nil, nil, usagef("two schemas are compared").next("give two files, or one file with --service-principal and --job")
	}
	first, err := b.decoded(args[0])
	if err != nil {
		return nil, nil, err
	}
	if !j.given() {
		second, err := b.decoded(args[1])
		return first, second, err
	}
	if err := j.check(); err != nil {
		return nil, nil, err
	}
	text, err := b.schemaOf(ctx, j)
	if err != nil {
		return nil, nil, err
	}
	var second any
	return first, second, json.Unmarshal(text, &second)
}

func (b *bench) decoded(name string) (any, error) {
	text, err := b.file(name)
	if err != nil {
		return nil, err
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, usagef("%s is not JSON: %s", name, jsonFault(err))
	}
	if _, ok := v.(map[string]any); !ok {
		return nil, usagef("%s is not a JSON object", name)
	}
	return v, nil
}

// showDifferences prints them; with one, the command fails as diff does.
func (b *bench) showDifferences(all []difference, asJSON bool) error { //nolint:revive // the flag is a format
	if asJSON {
		if err := b.printJSON(all); err != nil {
			return err
		}
	}
	for _, d := range all {
		if !asJSON {
			fmt.Fprintln(b.options.Stdout, printable(d.String()))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return quietError{errs.New(errs.Invalid, "Different", "The schemas differ in %d place(s).", len(all))}
}
