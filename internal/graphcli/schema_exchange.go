package graphcli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
)

// exportCommand writes the schema of a job to a file.
func exportCommand(o Options) *cobra.Command {
	b, j := &bench{options: o}, &jobFlags{}
	cmd := b.tool("export [FILE]", "Write the schema of a job to a file, or to standard output",
		"The file can be kept, compared with `schema diff`, and sent to another job with `schema import`.", cobra.MaximumNArgs(1))
	j.register(cmd.Flags())
	force := cmd.Flags().Bool("force", false, "write over a file that exists")
	registerSettings(&b.settings, cmd.Flags(), "output")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := j.check(); err != nil {
			return err
		}
		text, err := b.schemaOf(cmd.Context(), *j)
		if err != nil {
			return err
		}
		if len(args) == 0 || args[0] == "-" {
			_, err := o.Stdout.Write(text)
			return err
		}
		write := o.NewFile
		if *force {
			write = o.WriteFile
		}
		if err := write(args[0], text); errors.Is(err, fs.ErrExist) {
			return usagef("%s exists already, and may have been edited", args[0]).next("name another file, or write over it with --force")
		} else if err != nil {
			return usagef("the schema cannot be written: %v", err)
		}
		b.say("The schema of %s is in %s.", j.job, args[0])
		return nil
	}
	return cmd
}

// importCommand sends a schema to a job.
func importCommand(o Options) *cobra.Command {
	b, j := &bench{options: o}, &jobFlags{}
	cmd := b.tool("import FILE", "Replace the schema of a job by the one in a file",
		"Sends the file by PUT, as it is but for annotations. The next cycle of the job looks at every object\nagain. `schema validate` tells beforehand what would be refused.", cobra.ExactArgs(1))
	j.register(cmd.Flags())
	registerSettings(&b.settings, cmd.Flags(), "output")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := j.check(); err != nil {
			return err
		}
		text, err := b.file(args[0])
		if err != nil {
			return err
		}
		body, err := withoutAnnotations(text)
		if err != nil {
			return err
		}
		c, err := b.client(cmd.Context())
		if err != nil {
			return err
		}
		if _, err := c.do(cmd.Context(), request{method: http.MethodPut, path: jobPath(j.servicePrincipal, j.job) + "/schema", body: body}); err != nil {
			return err
		}
		b.say("The schema of %s is replaced; the next cycle looks at every object again.", j.job)
		return nil
	}
	return cmd
}

// schemaOf reads the schema of a job, indented, its members in the order of the
// answer.
func (b *bench) schemaOf(ctx context.Context, j jobFlags) ([]byte, error) {
	c, err := b.client(ctx)
	if err != nil {
		return nil, err
	}
	var raw json.RawMessage
	if err := c.fetch(ctx, jobPath(j.servicePrincipal, j.job)+"/schema", nil, &raw); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := json.Indent(&text, raw, "", "  "); err != nil {
		return nil, err
	}
	text.WriteByte('\n')
	return text.Bytes(), nil
}

// withoutAnnotations returns the JSON object without the members that say where it
// was read, and compact.
func withoutAnnotations(text []byte) ([]byte, error) {
	if !json.Valid(text) {
		_, faults := readSchema(text)
		if len(faults) == 0 {
			return nil, errNoObject()
		}
		return nil, usagef("the schema is not JSON: %s", faults[0].Message).next("`schema validate` checks a file")
	}
	members, ok := membersOf(text)
	if !ok {
		return nil, errNoObject()
	}
	var object bytes.Buffer
	object.WriteByte('{')
	for _, m := range members {
		if strings.Contains(m.name, "@odata.") {
			continue
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		if object.Len() > 1 {
			object.WriteByte(',')
		}
		object.Write(name)
		object.WriteByte(':')
		if err := json.Compact(&object, m.value); err != nil {
			return nil, errors.Join(errNoObject(), err)
		}
	}
	object.WriteByte('}')
	return object.Bytes(), nil
}

func errNoObject() error { return usagef("the schema is not a JSON object") }
