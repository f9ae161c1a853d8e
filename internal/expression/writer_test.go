package expression_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/expression"
)

// chains draws expressions of functions that make texts of texts, mixed with some
// that choose and with lists.
func chains(depth int) *rapid.Generator[*expression.Source] {
	leaf := rapid.Map(rapid.SampledFrom([]string{"[a]", "[b]", "[list]", "[missing]", `" "`, `"Åsa-É"`, `""`, `"x."`, "3"}), parsed)
	if depth == 0 {
		return leaf
	}
	below := chains(depth - 1)
	return rapid.OneOf(leaf, rapid.Custom(func(t *rapid.T) *expression.Source {
		template := rapid.SampledFrom([]string{
			"Append([1], [2])", `Prepend([1], [2])`, `Join("-", [1], [2], [3])`, "Join([1], [2], [3])", "ToLower([1])", "ToUpper([1])",
			"Mid([1], 2, 3)", "Left([1], 2)", `Replace([1], "a", , , [2], , )`, `Replace([1], ".", , , "", , )`, "StripSpaces([1])",
			"NormalizeDiacritics([1])", "Trim([1])", `Switch([1], [2], "x", [3])`, "IIF([1] = [2], [1], [3])", "Coalesce([1], [2])",
			`Word([1], 1, "-")`, "Len([1])", "Redact([1])", "[1] & [2]", "CStr([1])", "PCase([1])",
		}).Draw(t, "form")
		return filled(parsed(template), map[string]*expression.Source{
			"1": below.Draw(t, "1"), "2": below.Draw(t, "2"), "3": below.Draw(t, "3"),
		})
	}))
}

func parsed(text string) *expression.Source {
	source, err := expression.Parse(text)
	if err != nil {
		panic(err)
	}
	return source
}

// filled puts trees in the place of attributes.
func filled(source *expression.Source, trees map[string]*expression.Source) *expression.Source {
	if tree, ok := trees[source.Name]; ok && source.Type == expression.AttributeSource {
		return tree
	}
	made := &expression.Source{Name: source.Name, Type: source.Type}
	if source.Type != expression.FunctionSource {
		made.Expression = source.Expression
	}
	for _, p := range source.Parameters {
		made.Parameters = append(made.Parameters, expression.Argument{Key: p.Key, Value: filled(p.Value, trees)})
	}
	return made
}

// TestWholeEqualsItsParts: a nested expression gives what its calls give when they
// are evaluated one by one, each on the values of its arguments.
func TestWholeEqualsItsParts(t *testing.T) {
	t.Parallel()
	attributes := map[string]any{"a": "Anna Berg", "b": "a.b-É", "list": []string{"x", "Y z", ""}}
	rapid.Check(t, func(t *rapid.T) {
		tree := chains(4).Draw(t, "tree")
		if tooLong(tree.Text()) {
			return
		}
		program := compile(t, tree.Text())
		env := environment(program, attributes, nil)
		for range 2 { // the second time with what the first one left in the environment
			whole, err := program.Eval(env)
			parts, partsErr := stepwise(t, tree, attributes)
			if (err == nil) != (partsErr == nil) {
				t.Fatalf("%s: %v; in parts: %v", tree.Text(), err, partsErr)
			}
			if err == nil && !cmp.Equal(whole.Any(), parts.Any()) {
				t.Fatalf("%s = %v; in parts: %v", tree.Text(), whole.Any(), parts.Any())
			}
		}
	})
}

func stepwise(t *rapid.T, tree *expression.Source, attributes map[string]any) (expression.Value, error) {
	if tree.Type != expression.FunctionSource {
		program := compile(t, tree.Text())
		return program.Eval(environment(program, attributes, nil))
	}
	flat := &expression.Source{Name: tree.Name, Type: expression.FunctionSource}
	values := map[string]any{}
	for i, p := range tree.Parameters {
		arg := p.Value
		if arg.Type == expression.FunctionSource && !lazy(tree.Name, i) && arg.Name != "=" {
			v, err := stepwise(t, arg, attributes)
			if err != nil {
				return v, err
			}
			name := string(rune('p' + i))
			values[name] = v
			arg = &expression.Source{Name: name, Type: expression.AttributeSource}
		}
		flat.Parameters = append(flat.Parameters, expression.Argument{Key: p.Key, Value: arg})
	}
	maps.Copy(values, attributes)
	program := compile(t, flat.Text())
	return program.Eval(environment(program, values, nil))
}

// lazy reports whether a function may leave that argument alone.
func lazy(function string, argument int) bool {
	switch function {
	case "Switch", "IIF", "Coalesce", "Replace":
		return argument > 0
	default:
		return false
	}
}
