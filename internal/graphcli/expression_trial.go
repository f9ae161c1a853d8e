package graphcli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/expression"
	"github.com/provisor/provisor/internal/expression/trial"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/synchronization"
)

// experiment is what an expression is tried on: a user of the directory, attributes
// that a person set, or both; what is set counts.
type experiment struct {
	bench            *bench
	user             string
	servicePrincipal string // whose app roles the user is seen with; may be empty
	set              []trial.Property
	taken            []string // values that SelectUniqueValue finds taken
	domain           string
	now              time.Time

	subject *directory.Change // read when it is first needed
	roles   mapping.AppRoles
	graph   *client
}

// assign sets an attribute from NAME=VALUE. A second value of the same name makes it
// a list.
func (e *experiment) assign(text string, fresh bool) error {
	name, value, ok := strings.Cut(text, "=")
	name = strings.TrimSpace(name)
	if bare, bracketed := strings.CutPrefix(name, "["); bracketed {
		name = strings.TrimSuffix(bare, "]")
	}
	if !ok || name == "" {
		return usagef("%q is not attribute=value", text).next("write for example department=Sales")
	}
	at := slices.IndexFunc(e.set, func(p trial.Property) bool { return p.Key == name })
	switch {
	case at < 0:
		e.set = append(e.set, trial.Property{Key: name, Value: value})
	case fresh:
		e.set[at].Value = value
	default:
		list, several := e.set[at].Value.([]any)
		if !several {
			list = []any{e.set[at].Value}
		}
		e.set[at].Value = append(list, value)
	}
	return nil
}

// compile reads the text. Without a schema at hand any attribute will do.
func (e *experiment) compile(text string) (*expression.Program, error) {
	return expression.Compile(text, expression.Options{})
}

// misspellings returns a warning for every attribute that is not known and looks
// like one that is.
func (e *experiment) misspellings(text string) []expression.Warning {
	_, err := expression.Compile(text, expression.Options{Attributes: e.attributeNames()})
	faults, _ := errors.AsType[expression.Errors](err)
	var warnings []expression.Warning
	for _, fault := range faults {
		if fault.Reason == expression.UnknownAttribute && strings.Contains(fault.Message, "did you mean") {
			warnings = append(warnings, expression.Warning{Pos: fault.Pos, Message: strings.TrimSuffix(fault.Message, "?")})
		}
	}
	return warnings
}

// evaluate computes the value, after it has read what is needed of the user.
func (e *experiment) evaluate(ctx context.Context, program *expression.Program) (expression.Value, error) {
	attributes, err := e.attributes(ctx, program.Attributes())
	if err != nil {
		return expression.Value{}, err
	}
	env := &expression.Environment{
		Slots: program.Symbols().Values(attributes), Now: e.now, DefaultDomain: e.domain,
		Unique: func(candidate string) (bool, error) { return !slices.Contains(e.taken, candidate), nil },
	}
	if program.Traits().Domain && e.domain == "" && e.user != "" {
		if env.DefaultDomain, err = e.graph.defaultDomain(ctx); err != nil {
			return expression.Value{}, err
		}
	}
	return program.Eval(env)
}

// attributes returns those named, by name.
func (e *experiment) attributes(ctx context.Context, names []string) (map[string]any, error) {
	attributes := map[string]any{}
	if e.user != "" {
		if err := e.read(ctx, names); err != nil {
			return nil, err
		}
		enabled, said := e.subject.Attributes["accountEnabled"].(bool)
		in := mapping.Inputs{SoftDeleted: said && !enabled, Now: e.now, DefaultDomain: e.domain, AppRoles: e.roles}
		for _, name := range names {
			attributes[name] = mapping.SourceValue(*e.subject, name, in)
		}
	}
	object := &trial.InputObject{Properties: e.set}
	maps.Copy(attributes, object.Attributes(synchronization.DefaultSchema()))
	return attributes, nil
}

// read reads the user, once, and again when an attribute is asked for that did not
// come along.
func (e *experiment) read(ctx context.Context, names []string) error {
	if e.graph == nil {
		var err error
		if e.graph, err = e.bench.client(ctx); err != nil {
			return err
		}
	}
	if e.subject != nil && !e.lacks(names) {
		return nil
	}
	change, err := e.graph.user(ctx, e.user, names)
	if err != nil {
		return err
	}
	e.subject = &change
	if e.servicePrincipal == "" {
		return nil
	}
	if err := e.graph.entitle(ctx, e.subject, e.servicePrincipal); err != nil {
		return err
	}
	e.roles, err = e.graph.appRoles(ctx, e.servicePrincipal)
	return err
}

// lacks reports whether an attribute that has to be asked for by name is missing.
func (e *experiment) lacks(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		special := strings.HasPrefix(name, "extension_") || slices.Contains(apart(), name) || name == string(directory.Manager)
		_, there := e.subject.Attributes[name]
		return special && !there
	})
}

// complain shows the faults of an expression with the place, and returns an error
// that is not shown again. Any other error is returned as it is.
func (b *bench) complain(err error) error {
	if _, shown := errors.AsType[quietError](err); shown {
		return err
	}
	var text string
	if many, ok := errors.AsType[expression.Errors](err); ok {
		text = many.Pretty()
	} else if one, ok := errors.AsType[*expression.Error](err); ok {
		text = one.Pretty()
	} else {
		return err
	}
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintln(b.options.Stderr, strings.TrimRight(printable(line), " "))
	}
	return quietError{err}
}
