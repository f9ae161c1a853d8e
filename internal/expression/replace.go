package expression

import "strings"

// The parameters of Replace by their place.
const (
	replaceSource = iota
	replaceFind
	replacePattern
	replaceGroup
	replaceReplacement
	replaceProperty
	replaceTemplate
)

func replaceFunction() Function {
	return Function{
		Name: "Replace",
		Parameters: []Parameter{
			source(), optional("Find", TypeString), optional("RegularExpression", TypeString),
			optional("RegularExpressionGroupName", TypeString), optional("Replacement", TypeString),
			optional("ReplacementPropertyName", TypeString), optional("Template", TypeString),
		},
		Summary: "What it does depends on the arguments given. Find and Replacement: every occurrence of Find in the source is " +
			"replaced. Find and Template: every occurrence of Find in the template is replaced by the source. RegularExpression " +
			"and Replacement: every match is replaced; ${name} and $1 stand for groups. With RegularExpressionGroupName too: only " +
			"the group is replaced in each match. RegularExpression, RegularExpressionGroupName and ReplacementPropertyName: the " +
			"source if it has a value, and otherwise the group as it matches in the other attribute. Patterns are .NET regular " +
			"expressions. Null stays null.",
		Example: Example{
			`Replace([mobile], , "\\+(?<isdCode>\\d+) (?<number>\\d+)", , "${number}", , )`,
			map[string]any{"mobile": "+46 701234567"},
			nil, "701234567",
		},
		check:   checkReplace,
		compose: composeReplace,
	}
}

// replaceForm is which of the optional arguments are given, one bit each.
type replaceForm uint8

const (
	formPlain       = replaceForm(1<<replaceFind | 1<<replaceReplacement)
	formTemplate    = replaceForm(1<<replaceFind | 1<<replaceTemplate)
	formPattern     = replaceForm(1<<replacePattern | 1<<replaceReplacement)
	formGroup       = replaceForm(1<<replacePattern | 1<<replaceGroup | 1<<replaceReplacement)
	formAlternative = replaceForm(1<<replacePattern | 1<<replaceGroup | 1<<replaceProperty)
)

func formOf(n *node) replaceForm {
	var form replaceForm
	for at := replaceFind; at <= replaceTemplate; at++ {
		if n.argument(at) != nil {
			form |= 1 << at
		}
	}
	return form
}

func checkReplace(r *resolver, n *node) {
	switch formOf(n) {
	case formPlain, formTemplate, formPattern, formGroup, formAlternative:
	default:
		r.fail(n, Error{
			Reason: BadArguments, Function: n.name,
			Message: "this combination of arguments means nothing; give Find with Replacement or Template, or " +
				"RegularExpression with Replacement, or RegularExpression and RegularExpressionGroupName with Replacement or " +
				"ReplacementPropertyName, at their places in " + n.fn.Signature(),
		})
	}
}

func composeReplace(c *call) code {
	switch formOf(c.node) {
	case formPlain:
		return composePlainReplace(c)
	case formTemplate:
		return code{eval: compileTemplate(c)}
	case formPattern:
		return code{eval: compilePatternReplace(c)}
	case formGroup:
		return code{eval: compileGroupReplace(c)}
	case formAlternative:
		return code{eval: compileAlternative(c)}
	default: // refused by checkReplace
		return code{eval: constant(Value{})}
	}
}

// composePlainReplace replaces one text by another, within the source.
func composePlainReplace(c *call) code {
	source, find, replacement := c.arg(replaceSource), c.arg(replaceFind), c.arg(replaceReplacement)
	write := func(env *Environment, buf []byte) ([]byte, bool, *Error) {
		start := len(buf)
		buf, ok, err := source.appendText(env, buf)
		if err != nil || !ok {
			return buf, ok, err
		}
		old, by, err := find.replacing(env, replacement)
		if err != nil {
			return buf, false, err
		}
		return appendReplaced(buf, start, old, by), true, nil
	}
	if source.write != nil {
		return written(write)
	}
	return code{write: write, eval: func(env *Environment) (Value, *Error) {
		text, ok, err := source.text(env)
		if err != nil || !ok {
			return Value{}, err
		}
		return find.replaceIn(env, text, replacement)
	}}
}

// compileTemplate replaces one text by the source, within the template.
func compileTemplate(c *call) evaluator {
	source, find, template := c.arg(replaceSource), c.arg(replaceFind), c.arg(replaceTemplate)
	return func(env *Environment) (Value, *Error) {
		_, ok, err := source.text(env)
		if err != nil || !ok {
			return Value{}, err
		}
		text, err := template.textOr(env, "")
		if err != nil {
			return Value{}, err
		}
		return find.replaceIn(env, text, source)
	}
}

// replaceIn replaces the operand's text within text.
func (o *operand) replaceIn(env *Environment, text string, replacement *operand) (Value, *Error) {
	old, by, err := o.replacing(env, replacement)
	if err != nil {
		return Value{}, err
	}
	return StringValue(strings.ReplaceAll(text, old, by)), nil
}

// replacing evaluates the text to be replaced, which is the operand, and the
// replacement.
func (o *operand) replacing(env *Environment, replacement *operand) (string, string, *Error) {
	old, err := o.textOr(env, "")
	if err != nil {
		return "", "", err
	}
	if old == "" {
		return "", "", o.fail(BadArguments, "the text to be replaced is empty")
	}
	by, err := replacement.textOr(env, "")
	return old, by, err
}

// compilePatternReplace replaces every match.
func compilePatternReplace(c *call) evaluator {
	source, replacement := c.arg(replaceSource), c.arg(replaceReplacement)
	pattern := c.pattern(replacePattern, nil)
	return func(env *Environment) (Value, *Error) {
		text, ok, err := source.text(env)
		if err != nil || !ok {
			return Value{}, err
		}
		re, err := pattern.regexp(env)
		if err != nil {
			return Value{}, err
		}
		by, err := replacement.textOr(env, "")
		if err != nil {
			return Value{}, err
		}
		replaced, failure := re.Replace(text, by, -1, -1)
		return StringValue(replaced), pattern.fault(failure, text)
	}
}

// compileGroupReplace replaces one group within every match.
func compileGroupReplace(c *call) evaluator {
	source, group, replacement := c.arg(replaceSource), c.arg(replaceGroup), c.arg(replaceReplacement)
	pattern := c.pattern(replacePattern, group)
	return func(env *Environment) (Value, *Error) {
		text, ok, err := source.text(env)
		if err != nil || !ok {
			return Value{}, err
		}
		name, err := group.textOr(env, "")
		if err != nil {
			return Value{}, err
		}
		by, err := replacement.textOr(env, "")
		if err != nil {
			return Value{}, err
		}
		replaced, err := pattern.replaceGroup(env, text, name, by)
		return StringValue(replaced), err
	}
}

// compileAlternative takes a group from another attribute when the source is
// empty.
func compileAlternative(c *call) evaluator {
	source, group, other := c.arg(replaceSource), c.arg(replaceGroup), c.arg(replaceProperty)
	pattern := c.pattern(replacePattern, group)
	return func(env *Environment) (Value, *Error) {
		text, err := source.textOr(env, "")
		if err != nil || text != "" {
			return StringValue(text), err
		}
		name, err := group.textOr(env, "")
		if err != nil {
			return Value{}, err
		}
		from, ok, err := other.text(env)
		if err != nil || !ok {
			return Value{}, err
		}
		return pattern.extract(env, from, name)
	}
}
