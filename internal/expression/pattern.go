package expression

import (
	"slices"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// pattern is an argument that holds a .NET regular expression. One that is
// written as a text is compiled once; one that is computed, at each evaluation.
type pattern struct {
	*operand
	fixed   *regexp2.Regexp
	timeout time.Duration
}

// pattern compiles the argument; group, if any, must be one of its groups.
func (c *call) pattern(parameter int, group *operand) *pattern {
	p := &pattern{operand: c.arg(parameter), timeout: c.options.MatchTimeout}
	text, ok := p.literal()
	if !ok {
		return p
	}
	re, err := p.compile(text)
	if err != nil {
		p.invalid(err)
		return p
	}
	p.fixed = re
	if name, ok := group.literal(); ok {
		group.invalid(group.missingGroup(re, name))
	}
	return p
}

func (p *pattern) compile(text string) (*regexp2.Regexp, *Error) {
	re, err := regexp2.Compile(text, regexp2.None)
	if err != nil {
		return nil, p.fail(BadPattern, "%s is not a .NET regular expression: %s", p.show(text), plainPatternError(err))
	}
	re.MatchTimeout = p.timeout
	return re, nil
}

// plainPatternError drops the part of the engine's message that repeats the pattern.
func plainPatternError(err error) string {
	message := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	message, _, _ = strings.Cut(message, " in `")
	return message
}

func (o *operand) missingGroup(re *regexp2.Regexp, name string) *Error {
	names := re.GetGroupNames()
	if slices.Contains(names, name) {
		return nil
	}
	return o.fail(BadPattern, "the regular expression has no group named %s%s", o.show(name), suggestion(name, names, "%s"))
}

// regexp returns the compiled pattern.
func (p *pattern) regexp(env *Environment) (*regexp2.Regexp, *Error) {
	if p.fixed != nil {
		return p.fixed, nil
	}
	text, err := p.textOr(env, "")
	if err != nil {
		return nil, err
	}
	return p.compile(text)
}

// fault names what stopped a match: the time limit, on this text.
func (p *pattern) fault(err error, text string) *Error {
	if err == nil {
		return nil
	}
	if strings.Contains(err.Error(), "timeout") {
		return p.fail(TimedOut, "the regular expression took longer than %v on %s; make it simpler", p.timeout, p.show(text))
	}
	return p.fail(BadPattern, "the regular expression or its replacement cannot be applied: %s", plainPatternError(err))
}

// replaceGroup replaces the span of the group in every match.
func (p *pattern) replaceGroup(env *Environment, text, group, by string) (string, *Error) {
	re, err := p.regexp(env)
	if err != nil {
		return "", err
	}
	if err := p.missingGroup(re, group); err != nil {
		return "", err
	}
	replaced, failure := re.ReplaceFunc(text, func(m regexp2.Match) string {
		g := m.GroupByName(group)
		whole := m.Runes()
		if len(g.Captures) == 0 {
			return m.String()
		}
		at := g.Index - m.Index
		if at < 0 || at+g.Length > len(whole) { // matched by look-around, outside of the match
			return m.String()
		}
		return string(whole[:at]) + by + string(whole[at+g.Length:])
	}, -1, -1)
	return replaced, p.fault(failure, text)
}

// extract returns the group of the first match; without a match, null.
func (p *pattern) extract(env *Environment, text, group string) (Value, *Error) {
	re, err := p.regexp(env)
	if err != nil {
		return Value{}, err
	}
	if err := p.missingGroup(re, group); err != nil {
		return Value{}, err
	}
	match, failure := re.FindStringMatch(text)
	if failure != nil {
		return Value{}, p.fault(failure, text)
	}
	if match == nil || len(match.GroupByName(group).Captures) == 0 {
		return Value{}, nil
	}
	return StringValue(match.GroupByName(group).String()), nil
}
