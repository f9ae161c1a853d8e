package expression

// listDefinitions are the functions on multi-valued attributes.
func listDefinitions() []definition {
	return []definition{
		{"Count", countFunction},
		{"Item", itemFunction},
		{"RemoveDuplicates", removeDuplicatesFunction},
	}
}

func countFunction() Function {
	return Function{
		Name:       "Count",
		Parameters: []Parameter{required("attribute", TypeString)},
		Summary:    "How many values the attribute has. Null has 0.",
		Example:    Example{`Count([proxyAddresses])`, map[string]any{"proxyAddresses": []string{"a", "b"}}, nil, int64(2)},
		compile: func(c *call) evaluator {
			attribute := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				v, err := attribute.value(env)
				if err != nil {
					return Value{}, err
				}
				return IntegerValue(int64(max(len(v.List()), len(v.Complex())))), nil
			}
		},
	}
}

func itemFunction() Function {
	return Function{
		Name:       "Item",
		Parameters: []Parameter{required("attribute", TypeString), required("index", TypeInteger)},
		Summary:    "One value of the attribute, counted from 1. An index that it does not have is an error. Null stays null.",
		Example: Example{
			`Item([proxyAddresses], 2)`,
			map[string]any{"proxyAddresses": []string{"SMTP:a@contoso.com", "smtp:b@contoso.com"}},
			nil, "smtp:b@contoso.com",
		},
		compile: func(c *call) evaluator {
			attribute, index := c.arg(0), c.arg(1)
			return func(env *Environment) (Value, *Error) {
				items, ok, err := attribute.list(env)
				if err != nil || !ok {
					return Value{}, err
				}
				n, err := index.position(env)
				if err != nil {
					return Value{}, err
				}
				if n < 1 || n > len(items) {
					return Value{}, index.fail(OutOfRange, "there is no item %d; the attribute has %d, counted from 1", n, len(items))
				}
				return StringValue(items[n-1]), nil
			}
		},
	}
}

func removeDuplicatesFunction() Function {
	return Function{
		Name:       "RemoveDuplicates",
		Parameters: []Parameter{required("attribute", TypeString)},
		Summary:    "The values of the attribute, each at its first occurrence only; case counts. Null stays null.",
		Example: Example{
			`RemoveDuplicates([proxyAddresses])`,
			map[string]any{"proxyAddresses": []string{"a", "b", "a"}},
			nil,
			[]string{"a", "b"},
		},
		compile: func(c *call) evaluator {
			attribute := c.arg(0)
			return func(env *Environment) (Value, *Error) {
				items, ok, err := attribute.list(env)
				if err != nil || !ok {
					return Value{}, err
				}
				return ListValue(unique(items)), nil
			}
		},
	}
}

func unique(items []string) []string {
	seen := make(map[string]bool, len(items))
	kept := make([]string, 0, len(items))
	for _, item := range items {
		if !seen[item] {
			seen[item] = true
			kept = append(kept, item)
		}
	}
	return kept
}
