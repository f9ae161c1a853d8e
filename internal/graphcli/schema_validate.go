package graphcli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/synchronization"
)

// validateCommand checks a schema in a file.
func validateCommand(o Options) *cobra.Command {
	b, j := &bench{options: o}, &jobFlags{}
	cmd := b.tool("validate FILE", "Check a synchronization schema, and list all its faults",
		`The file is what `+"`schema export`"+` writes or what is sent by PUT; - reads standard input. It is
checked as PUT does: what the file leaves out, its directories above all, is taken from the job
that --service-principal and --job name, and without them from the schema that the SCIM template
starts with; then no service is needed. Every fault is a line with its JSON path; with a fault the
exit code is 1.`, cobra.ExactArgs(1))
	j.register(cmd.Flags())
	b.flags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		asJSON, err := b.asJSON()
		if err != nil {
			return err
		}
		text, err := b.file(args[0])
		if err != nil {
			return err
		}
		before, err := b.replaced(cmd.Context(), *j)
		if err != nil {
			return err
		}
		return b.verdict(args[0], faultsOf(text, before), asJSON)
	}
	return cmd
}

// replaced is the schema in whose place the one of the file would be put.
func (b *bench) replaced(ctx context.Context, j jobFlags) (synchronization.Schema, error) {
	if !j.given() {
		return synchronization.DefaultSchema(), nil
	}
	if err := j.check(); err != nil {
		return synchronization.Schema{}, err
	}
	text, err := b.schemaOf(ctx, j)
	if err != nil {
		return synchronization.Schema{}, err
	}
	var before synchronization.Schema
	return before, decodeAnswer("the schema of the job", text, &before)
}

// file reads the file of that name, or standard input for a dash.
func (b *bench) file(name string) ([]byte, error) {
	if name == "-" {
		return b.options.standardInput("the schema")
	}
	text, err := b.options.ReadFile(name)
	if err != nil {
		return nil, usagef("the schema cannot be read: %v", err)
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), nil
}

// faultsOf returns all faults of a schema that is sent in the place of another.
func faultsOf(text []byte, before synchronization.Schema) []errs.Detail {
	schema, faults := readSchema(text)
	if len(faults) > 0 {
		return faults
	}
	members, _ := membersOf(text)
	given := func(name string) bool {
		return slices.ContainsFunc(members, func(m member) bool { return strings.EqualFold(m.name, name) && string(m.value) != "null" })
	}
	_, err := mapping.Compile(schema.Replacing(before, given))
	return detailsIn(err)
}

// readSchema decodes a schema; where JSON goes wrong is told by line and column.
func readSchema(text []byte) (synchronization.Schema, []errs.Detail) {
	var schema synchronization.Schema
	err := json.Unmarshal(text, &schema)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		line, column := position(text, syntax.Offset)
		return schema, []errs.Detail{{Code: "InvalidJson", Message: fmt.Sprintf("line %d, column %d: %v", line, column, syntax)}}
	}
	return schema, detailsIn(err)
}

// detailsIn returns the faults that an error lists, or the error as the only one.
func detailsIn(err error) []errs.Detail {
	typed, ok := errors.AsType[*errs.Error](err)
	switch {
	case err == nil:
		return nil
	case !ok:
		return []errs.Detail{{Message: err.Error()}}
	case len(typed.Details) == 0:
		return []errs.Detail{{Code: typed.Code, Target: typed.Target, Message: typed.Message}}
	default:
		return typed.Details
	}
}

// position turns an offset behind a character into its line and column, from 1.
func position(text []byte, offset int64) (int, int) {
	before := text[:min(max(offset-1, 0), int64(len(text)))]
	line := bytes.Count(before, []byte("\n")) + 1
	return line, len(bytes.Runes(before[bytes.LastIndexByte(before, '\n')+1:])) + 1
}

// validity is the answer of validate as JSON.
type validity struct {
	Valid  bool    `json:"valid"`
	Faults []fault `json:"faults"`
}

type fault struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

// verdict shows the faults; with one, the command fails.
func (b *bench) verdict(name string, details []errs.Detail, asJSON bool) error { //nolint:revive // the flag is a format
	answer := validity{Valid: len(details) == 0, Faults: []fault{}}
	for _, d := range details {
		answer.Faults = append(answer.Faults, fault{Path: d.Target, Message: d.Message})
	}
	if asJSON {
		if err := b.printJSON(answer); err != nil {
			return err
		}
	} else {
		b.listFaults(name, answer.Faults)
	}
	if answer.Valid {
		return nil
	}
	return quietError{errs.New(errs.Invalid, "SchemaInvalid", "The schema %s has %d fault(s).", name, len(details))}
}

func (b *bench) listFaults(name string, faults []fault) {
	if len(faults) == 0 {
		fmt.Fprintf(b.options.Stdout, "%s: no fault found\n", name)
		return
	}
	for _, f := range faults {
		if f.Path == "" {
			f.Path = name
		}
		fmt.Fprintln(b.options.Stdout, printable(f.Path))
		for line := range strings.SplitSeq(f.Message, "\n") {
			fmt.Fprintf(b.options.Stdout, "    %s\n", printable(line))
		}
	}
	fmt.Fprintf(b.options.Stdout, "%s: %d fault(s)\n", name, len(faults))
}
