package expression_test

import (
	"slices"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/expression"
)

// environment is what the tests evaluate in: a Wednesday morning in the tenant
// contoso.com.
func environment(program *expression.Program, attributes map[string]any, taken []string) *expression.Environment {
	return &expression.Environment{
		Slots:         program.Symbols().Values(attributes),
		Now:           time.Date(2025, 7, 30, 8, 15, 0, 0, time.UTC),
		DefaultDomain: "contoso.com",
		Unique:        func(candidate string) (bool, error) { return !slices.Contains(taken, candidate), nil },
	}
}

// result is a value as the tests state it: as Any returns it, or a flow marker
// as an object.
func result(v expression.Value) any {
	switch v.Kind() { //nolint:exhaustive // every other kind is a value
	case expression.KindIgnoreAttributeFlow, expression.KindIgnoreObjectFlow:
		return map[string]any{"$flow": v.Text()}
	default:
		return v.Any()
	}
}

// evaluate compiles and runs a text.
func evaluate(t *testing.T, text string, attributes map[string]any) (expression.Value, error) {
	t.Helper()
	program, err := expression.Compile(text, expression.Options{})
	if err != nil {
		return expression.Value{}, err
	}
	return program.Eval(environment(program, attributes, nil))
}
