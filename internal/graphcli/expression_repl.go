package graphcli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/peterh/liner"
	"github.com/spf13/cobra"

	"github.com/provisor/provisor/internal/expression"
)

// replCommand is a conversation about expressions.
func replCommand(o Options) *cobra.Command {
	b := &bench{options: o}
	r := &repl{experiment: &experiment{bench: b}}
	var set []string
	cmd := b.tool("repl", "Try expressions interactively, with history and completion",
		`Every line is an expression, or a command that begins with a colon; :help lists those. The tab
key completes functions, and attributes after an opening bracket. Lines with Redact are kept out of
the history. Without a terminal, lines are read from standard input.`, cobra.NoArgs)
	flags := cmd.Flags()
	flags.StringVar(&r.user, "user", "", "user principal name or id of the user whose attributes count")
	flags.StringVar(&r.servicePrincipal, "service-principal", "", "object id of the application's service principal, for appRoleAssignments")
	flags.StringArrayVar(&set, "set", nil, "attribute=value, as :set")
	b.flags(flags)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := r.prepare(set, ""); err != nil {
			return err
		}
		if _, err := b.asJSON(); err != nil {
			return err
		}
		return r.talk(cmd.Context())
	}
	return cmd
}

// repl is the conversation: an experiment that goes on.
type repl struct{ *experiment }

// lines gives what a person types, line by line; io.EOF ends it.
type lines interface {
	Prompt(text string) (string, error)
	AppendHistory(line string)
	Close() error
}

func (r *repl) talk(ctx context.Context) error {
	in := r.lines()
	defer func() { _ = in.Close() }()
	for {
		line, err := prompt(ctx, in)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, liner.ErrPromptAborted):
			continue
		case err != nil:
			return err
		}
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if !strings.Contains(strings.ToLower(line), "redact") {
			in.AppendHistory(line)
		}
		if line == ":quit" || line == ":q" {
			return nil
		}
		r.now = r.bench.options.clock()
		if err := r.answer(ctx, line); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			Report(r.bench.options.Stderr, r.bench.complain(err))
		}
	}
}

// prompt reads a line, and lets go when ctx ends.
func prompt(ctx context.Context, in lines) (string, error) {
	type result struct {
		line string
		err  error
	}
	read := make(chan result, 1)
	go func() {
		line, err := in.Prompt("> ")
		read <- result{line, err}
	}()
	select {
	case got := <-read:
		return got.line, got.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// answer does what one line says.
func (r *repl) answer(ctx context.Context, line string) error {
	command, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	if !strings.HasPrefix(command, ":") {
		return r.run(ctx, line)
	}
	switch command {
	case ":set":
		return r.change(rest)
	case ":unset":
		r.set = slices.DeleteFunc(r.set, func(p property) bool { return rest == "" || p.Key == rest })
		return nil
	case ":user":
		return r.take(ctx, rest)
	case ":attributes":
		return r.list(ctx)
	case ":functions":
		return r.functions(rest)
	case ":help", ":h", ":?":
		fmt.Fprint(r.bench.options.Stdout, replHelp())
		return nil
	}
	return usagef("%s is no command", command).next(":help lists the commands; an expression begins without a colon")
}

func replHelp() string {
	return `An expression is evaluated. The commands:

  :set NAME=VALUE    give an attribute a value; :set NAME+=VALUE adds a further value
  :unset [NAME]      forget an attribute that was set, or all of them
  :user [UPN]        evaluate on this user of the directory; without a name on none
  :attributes        show the attributes that count
  :functions [NAME]  list the functions, or show one with an example
  :help              this text
  :quit              end; Ctrl-D does too
`
}

func (r *repl) change(assignment string) error {
	name, value, adds := strings.Cut(assignment, "+=")
	if adds && !strings.Contains(name, "=") {
		return r.assign(name+"="+value, false)
	}
	return r.assign(assignment, true)
}

// take changes the user, and keeps the one before when the new one cannot be read.
func (r *repl) take(ctx context.Context, user string) error {
	before, subject := r.user, r.subject
	r.user, r.subject = user, nil
	if user == "" {
		return nil
	}
	if err := r.read(ctx, nil); err != nil {
		r.user, r.subject = before, subject
		return err
	}
	r.bench.say("%s", printable(r.subject.Attributes.String("userPrincipalName")))
	return nil
}

// list shows the attributes that have a value.
func (r *repl) list(ctx context.Context) error {
	names := knownAttributes()
	for _, p := range r.set {
		if !slices.Contains(names, p.Key) {
			names = append(names, p.Key)
		}
	}
	attributes, err := r.attributes(ctx, names)
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		if v := attributes[name]; v != nil {
			fmt.Fprintf(r.bench.options.Stdout, "  %s: %s\n", printable(name), printable(compactJSON(v)))
		}
	}
	return nil
}

func (r *repl) functions(name string) error {
	if name != "" {
		return r.bench.showFunction(name, false)
	}
	for _, fn := range expression.Functions() {
		fmt.Fprintln(r.bench.options.Stdout, "  "+fn.Signature())
	}
	return nil
}

// lines opens the terminal, or reads standard input where there is none.
func (r *repl) lines() lines {
	o := r.bench.options
	if !o.IsTerminal {
		return &plainLines{bufio.NewScanner(o.Stdin)}
	}
	t := &terminalLines{State: liner.NewLiner(), options: o}
	t.SetCtrlCAborts(true)
	t.SetTabCompletionStyle(liner.TabPrints)
	t.SetWordCompleter(r.completions)
	if text, err := o.ReadFile(o.HistoryFile); err == nil && o.HistoryFile != "" {
		_, _ = t.ReadHistory(bytes.NewReader(text)) // a history that cannot be read is a new one
	}
	return t
}

// terminalLines keeps the history when it is closed.
type terminalLines struct {
	*liner.State
	options Options
}

// Close writes the history and gives the terminal back.
func (t *terminalLines) Close() error {
	if t.options.HistoryFile != "" {
		var text bytes.Buffer
		if _, err := t.WriteHistory(&text); err == nil {
			_ = t.options.WriteFile(t.options.HistoryFile, text.Bytes()) // the next session does without
		}
	}
	return t.State.Close()
}

// plainLines reads lines from a pipe.
type plainLines struct{ scanner *bufio.Scanner }

// Prompt reads a line; the text is for terminals.
func (p *plainLines) Prompt(string) (string, error) {
	if p.scanner.Scan() {
		return p.scanner.Text(), nil
	}
	if err := p.scanner.Err(); err != nil {
		return "", err
	}
	return "", io.EOF
}

// AppendHistory keeps nothing: a pipe has no arrow keys.
func (p *plainLines) AppendHistory(string) {}

// Close has nothing to give back.
func (p *plainLines) Close() error { return nil }
