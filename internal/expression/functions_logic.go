package expression

import "slices"

// logicDefinitions are the functions that choose.
func logicDefinitions() []definition {
	return []definition{
		{"Switch", switchFunction},
		{"IIF", iifFunction},
		{"Coalesce", coalesceFunction},
		{"IgnoreFlowIfNullOrEmpty", ignoreFlowFunction},
		{"SelectUniqueValue", selectUniqueValueFunction},
	}
}

func switchFunction() Function {
	values := repeated("switchValue")
	values.Required = false
	return Function{
		Name:       "Switch",
		Parameters: []Parameter{source(), optional("defaultValue", TypeString), values},
		Summary: "Pairs of key and value follow the default value: the value whose key equals the source, case included, or the " +
			"default value, or null without one. A null source equals the key \"\". Only the value taken is evaluated.",
		Example: Example{
			`Switch([IsSoftDeleted], , "False", "True", "True", "False")`,
			map[string]any{"IsSoftDeleted": false},
			nil, "True",
		},
		check:   checkSwitch,
		compile: compileSwitch,
	}
}

func checkSwitch(r *resolver, n *node) {
	for _, arg := range n.args[min(2, len(n.args)):] {
		if arg.kind == emptyNode {
			r.fail(arg, Error{
				Reason: BadArguments, Function: n.name, Argument: "switchValue",
				Message: `a key or value is missing; write "" for an empty one`,
			})
		}
	}
	if len(n.args)%2 != 0 && len(n.args) > 1 {
		r.fail(n.args[len(n.args)-1], Error{
			Reason: BadArguments, Function: n.name, Argument: "switchValue",
			Message: "the last key has no value; after source and defaultValue, which may be empty, come pairs",
		})
	}
}

// choice is one pair of a Switch.
type choice struct{ key, value *operand }

func compileSwitch(c *call) evaluator {
	source, fallback, rest := c.arg(0), c.arg(1), c.args(2)
	choices := make([]choice, len(rest)/2)
	for i := range choices {
		choices[i] = choice{rest[2*i], rest[2*i+1]}
	}
	if fallback == nil {
		fallback = &operand{code: code{eval: constant(Value{})}}
	}
	choose := chooser(choices)
	return func(env *Environment) (Value, *Error) {
		text, err := source.textOr(env, "")
		if err != nil {
			return Value{}, err
		}
		value, err := choose(env, text)
		if err != nil {
			return Value{}, err
		}
		if value == nil {
			value = fallback
		}
		return value.eval(env)
	}
}

// chooser finds the value for a text; nil means that no key equals it.
func chooser(choices []choice) func(env *Environment, text string) (*operand, *Error) {
	if keys, ok := literalKeys(choices); ok {
		find := finder(keys)
		return func(_ *Environment, text string) (*operand, *Error) {
			if at := find(text); at >= 0 {
				return choices[at].value, nil
			}
			return nil, nil //nolint:nilnil // no value and no fault: the default counts
		}
	}
	return func(env *Environment, text string) (*operand, *Error) {
		for _, choice := range choices {
			key, err := choice.key.textOr(env, "")
			if err != nil {
				return nil, err
			}
			if key == text {
				return choice.value, nil
			}
		}
		return nil, nil //nolint:nilnil // no value and no fault: the default counts
	}
}

// literalKeys returns the keys when all of them are written as texts.
func literalKeys(choices []choice) ([]string, bool) {
	keys := make([]string, len(choices))
	for i, choice := range choices {
		key, ok := choice.key.literal()
		if !ok {
			return nil, false
		}
		keys[i] = key
	}
	return keys, true
}

// finder returns what finds the first key that equals a text, -1 for none. Of many
// keys it makes a map, which is faster then.
func finder(keys []string) func(text string) int {
	const many = 9
	if len(keys) < many {
		return func(text string) int { return slices.Index(keys, text) }
	}
	table := make(map[string]int, len(keys))
	for i, key := range keys {
		if _, taken := table[key]; !taken {
			table[key] = i
		}
	}
	return func(text string) int {
		if at, ok := table[text]; ok {
			return at
		}
		return -1
	}
}

func iifFunction() Function {
	condition := required("condition", TypeBoolean)
	condition.condition = true
	return Function{
		Name:       "IIF",
		Parameters: []Parameter{condition, required("valueIfTrue", TypeString), required("valueIfFalse", TypeString)},
		Summary: "One of two values, by a condition: a comparison with =, <>, <, <=, > or >=, or a value that is True or False. " +
			"Only the value taken is evaluated. Null equals \"\" and is neither more nor less than anything.",
		Example: Example{
			`IIF([country] = "USA", [state], [country])`,
			map[string]any{"country": "USA", "state": "CA"},
			nil, "CA",
		},
		compile: func(c *call) evaluator {
			condition, yes, no := c.arg(0), c.arg(1), c.arg(2)
			return func(env *Environment) (Value, *Error) {
				holds, err := condition.truth(env)
				if err != nil {
					return Value{}, err
				}
				if holds {
					return yes.eval(env)
				}
				return no.eval(env)
			}
		},
	}
}

func coalesceFunction() Function {
	return Function{
		Name:       "Coalesce",
		Parameters: []Parameter{repeated("source")},
		Summary: "The first value that is neither null nor empty. When there is none, the last value: \"\" as the last one gives " +
			"an empty text rather than null.",
		Example: Example{
			`Coalesce([mail], [userPrincipalName])`,
			map[string]any{"userPrincipalName": "anna@contoso.com"},
			nil, "anna@contoso.com",
		},
		compile: func(c *call) evaluator {
			sources := c.args(0)
			return func(env *Environment) (v Value, err *Error) { //nolint:nonamedreturns // the last value is the result
				for _, source := range sources {
					if v, err = source.eval(env); err != nil || !v.isEmpty() {
						return v, err
					}
				}
				return v, nil
			}
		},
	}
}

func ignoreFlowFunction() Function {
	return Function{
		Name:       "IgnoreFlowIfNullOrEmpty",
		Parameters: []Parameter{required("expression", TypeString)},
		Summary: "The value itself; when it is null or empty, the target attribute is left alone, when the object is created and " +
			"when it is updated.",
		Example: Example{`IgnoreFlowIfNullOrEmpty([department])`, map[string]any{"department": ""}, nil, keywordIgnoreAttribute},
		compile: func(c *call) evaluator {
			value := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				v, err := value.eval(env)
				if err == nil && v.isEmpty() {
					return Value{kind: KindIgnoreAttributeFlow}, nil
				}
				return v, err
			}
		},
	}
}

func selectUniqueValueFunction() Function {
	return Function{
		Name:       "SelectUniqueValue",
		Parameters: []Parameter{repeated("uniqueValueRule")},
		Summary: "The first of at least two values that no object of the target has yet; a value that is null or empty is passed " +
			"over. It is an error when all are taken. Outermost function only; not on matching attributes, and only during " +
			"object creation.",
		Example: Example{
			`SelectUniqueValue(Join(".", [givenName], [surname]), Join(".", Mid([givenName], 1, 1), [surname]))`,
			map[string]any{"givenName": "Anna", "surname": "Berg"},
			[]string{"Anna.Berg"},
			"A.Berg",
		},
		check:   checkSelectUniqueValue,
		compile: compileSelectUniqueValue,
	}
}

func checkSelectUniqueValue(r *resolver, n *node) {
	if n != r.top {
		r.fail(n, Error{
			Reason: BadArguments, Function: n.name,
			Message: "it must be the outermost function; move what surrounds it into each of its arguments",
		})
	}
	if len(n.arguments(0)) < 2 {
		r.fail(n, Error{
			Reason: BadArguments, Function: n.name, Argument: "uniqueValueRule",
			Message: "at least two are needed; the second is tried when the first is taken",
		})
	}
}

func compileSelectUniqueValue(c *call) evaluator {
	at, rules := c.site(), c.args(0)
	return func(env *Environment) (Value, *Error) {
		if env.Unique == nil {
			return Value{}, at.fail(Unavailable, "there is no target to ask whether a value is taken")
		}
		last := ""
		for _, rule := range rules {
			candidate, free, err := rule.candidate(env)
			if err != nil {
				return Value{}, err
			}
			if free {
				return StringValue(candidate), nil
			}
			if candidate != "" {
				last = candidate
			}
		}
		return Value{}, at.fail(NoneUnique, "all %d values are taken, the last is %s; add another rule", len(rules), at.show(last))
	}
}

// candidate evaluates one rule and asks whether its value is free. A rule that
// gives nothing has no candidate.
func (o *operand) candidate(env *Environment) (string, bool, *Error) {
	text, err := o.textOr(env, "")
	if err != nil || text == "" {
		return "", false, err
	}
	free, failure := env.Unique(text)
	if failure != nil {
		err := o.fail(LookupFailed, "the target could not be asked whether %s is taken: %v", o.show(text), failure)
		err.cause = failure
		return text, false, err
	}
	return text, free, nil
}
