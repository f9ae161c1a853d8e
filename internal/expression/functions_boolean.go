package expression

import "strings"

// booleanDefinitions are the functions that answer True or False, and the
// arithmetic on bits.
func booleanDefinitions() []definition {
	return []definition{
		{"Not", notFunction},
		{"CBool", cBoolFunction},
		{"IsNull", isNullFunction},
		{"IsNothing", isNothingFunction},
		{"IsNullOrEmpty", isNullOrEmptyFunction},
		{"IsPresent", isPresentFunction},
		{"IsString", isStringFunction},
		{"BitAnd", bitAndFunction},
	}
}

func notFunction() Function {
	return Function{
		Name:       "Not",
		Parameters: []Parameter{{Name: "source", Type: TypeBoolean, Required: true, condition: true}},
		Summary:    "False when the source is True, and True for everything else, null included.",
		Example:    Example{`Not([accountEnabled])`, map[string]any{"accountEnabled": false}, nil, true},
		compile: func(c *call) evaluator {
			source := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				text, err := source.textOr(env, "")
				return BooleanValue(!strings.EqualFold(text, textTrue)), err
			}
		},
	}
}

func cBoolFunction() Function {
	return Function{
		Name:       "CBool",
		Parameters: []Parameter{{Name: "expression", Type: TypeBoolean, Required: true, condition: true}},
		Summary: "True when a comparison holds, for the text True and for a number other than zero; False for the text False, " +
			"zero, null and an empty text. Any other text is an error.",
		Example: Example{`CBool([department] = "Sales")`, map[string]any{"department": "Sales"}, nil, true},
		compile: func(c *call) evaluator {
			value := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				text, err := value.textOr(env, "")
				if err != nil {
					return Value{}, err
				}
				truth, ok := parseBoolean(text)
				if !ok {
					return Value{}, value.fail(BadNumber, "%s is neither True, False nor a number", value.show(text))
				}
				return BooleanValue(truth), nil
			}
		},
	}
}

func parseBoolean(text string) (bool, bool) {
	switch {
	case text == "", strings.EqualFold(text, textFalse):
		return false, true
	case strings.EqualFold(text, textTrue):
		return true, true
	}
	if f, ok := decimal(text); ok {
		return f != 0, true
	}
	n, ok := parseInteger(text)
	return n != 0, ok
}

func isNullFunction() Function {
	return Function{
		Name:       "IsNull",
		Parameters: []Parameter{required("expression", TypeString)},
		Summary:    "True when the value is null, that is when the object does not have the attribute.",
		Example:    Example{`IsNull([displayName])`, nil, nil, true},
		compile:    func(c *call) evaluator { return testValue(c.arg(0), Value.IsNull) },
	}
}

func isNothingFunction() Function {
	return Function{
		Name:       "IsNothing",
		Parameters: []Parameter{required("source", TypeBoolean)},
		Summary:    "The same as IsNull.",
		Example:    Example{`IsNothing([accountEnabled])`, map[string]any{"accountEnabled": false}, nil, false},
		compile:    func(c *call) evaluator { return testValue(c.arg(0), Value.IsNull) },
	}
}

func isNullOrEmptyFunction() Function {
	return Function{
		Name:       "IsNullOrEmpty",
		Parameters: []Parameter{required("expression", TypeString)},
		Summary:    "True when the value is null, an empty text or an empty list.",
		Example:    Example{`IsNullOrEmpty([displayName])`, map[string]any{"displayName": ""}, nil, true},
		compile:    func(c *call) evaluator { return testValue(c.arg(0), Value.isEmpty) },
	}
}

func isPresentFunction() Function {
	return Function{
		Name:       "IsPresent",
		Parameters: []Parameter{required("expression", TypeString)},
		Summary:    "False when the value is null, an empty text or an empty list, and True otherwise.",
		Example:    Example{`IsPresent([jobTitle])`, map[string]any{"jobTitle": "Engineer"}, nil, true},
		compile: func(c *call) evaluator {
			return testValue(c.arg(0), func(v Value) bool { return !v.isEmpty() })
		},
	}
}

func isStringFunction() Function {
	return Function{
		Name:       "IsString",
		Parameters: []Parameter{required("expression", TypeString)},
		Summary:    "True when the value is a text.",
		Example:    Example{`IsString([accountEnabled])`, map[string]any{"accountEnabled": true}, nil, false},
		compile: func(c *call) evaluator {
			return testValue(c.arg(0), func(v Value) bool { return v.kind == KindString })
		},
	}
}

func testValue(operand *operand, test func(Value) bool) evaluator {
	return func(env *Environment) (Value, *Error) {
		v, err := operand.value(env)
		if err != nil {
			return Value{}, err
		}
		return BooleanValue(test(v)), nil
	}
}

func bitAndFunction() Function {
	return Function{
		Name:       "BitAnd",
		Parameters: []Parameter{required("value1", TypeInteger), required("value2", TypeInteger)},
		Summary:    "The bits that both whole numbers have.",
		Example:    Example{`BitAnd(&HF, &HF7)`, nil, nil, int64(7)},
		compile: func(c *call) evaluator {
			left, right := c.arg(0), c.arg(1)
			return func(env *Environment) (Value, *Error) {
				a, err := left.integer(env)
				if err != nil {
					return Value{}, err
				}
				b, err := right.integer(env)
				return IntegerValue(a & b), err
			}
		},
	}
}
