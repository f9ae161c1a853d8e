package expression_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/expression"
)

// attributeNames draws names as sources have them: plain, as SCIM paths and as URNs.
func attributeNames() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z][a-zA-Z0-9_.]{0,12}`),
		rapid.StringMatching(`addresses\[type eq "[a-z]{1,6}"\]\.formatted`),
		rapid.StringMatching(`urn:ietf:params:scim:schemas:extension:[a-z]{1,6}:1\.0:User:[A-Z]{1,4}`),
	)
}

// sources draws trees of a given depth, without the text of their parts.
func sources(depth int) *rapid.Generator[*expression.Source] {
	leaves := []*rapid.Generator[*expression.Source]{
		rapid.Map(attributeNames(), func(name string) *expression.Source {
			return &expression.Source{Name: name, Type: expression.AttributeSource}
		}),
		rapid.Map(rapid.String(), func(text string) *expression.Source {
			return &expression.Source{Name: text, Type: expression.ConstantSource}
		}),
	}
	if depth == 0 {
		return rapid.OneOf(leaves...)
	}
	return rapid.OneOf(append(leaves, calls(depth), calls(depth))...)
}

// plainFunctions are those whose arguments the text alone does not limit.
func plainFunctions() []expression.Function {
	var plain []expression.Function
	for _, fn := range expression.Functions() {
		switch fn.Name {
		case "Replace", "Switch", "SelectUniqueValue": // combinations, pairs, the top only
		default:
			plain = append(plain, fn)
		}
	}
	return plain
}

func calls(depth int) *rapid.Generator[*expression.Source] {
	return rapid.Custom(func(t *rapid.T) *expression.Source {
		fn := rapid.SampledFrom(plainFunctions()).Draw(t, "function")
		call := &expression.Source{Name: fn.Name, Type: expression.FunctionSource}
		for _, p := range fn.Parameters {
			n := 1
			switch {
			case p.AllowMultipleOccurrences:
				n = rapid.IntRange(1, 3).Draw(t, "times")
			case !p.Required:
				n = rapid.IntRange(0, 1).Draw(t, "given")
			}
			for range n {
				value := sources(depth-1).Draw(t, p.Name)
				call.Parameters = append(call.Parameters, expression.Argument{Key: p.Name, Value: value})
			}
		}
		return call
	})
}

// withoutText compares trees by what they mean.
func withoutText() cmp.Option {
	return cmp.Options{cmpopts.IgnoreFields(expression.Source{}, "Expression"), cmpopts.EquateEmpty()}
}

func TestParseUndoesText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tree := sources(3).Draw(t, "tree")
		text := tree.Text()
		parsed, err := expression.Parse(text)
		if tooLong(text) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(tree, parsed, withoutText()); diff != "" {
			t.Fatalf("%s (-drawn +parsed)\n%s", text, diff)
		}
		if parsed.Text() != text {
			t.Fatalf("printed %s, printed again %s", text, parsed.Text())
		}
	})
}

func tooLong(text string) bool { return len([]rune(text)) > expression.MaxLength }

func TestWhiteSpaceMeansNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		blank := rapid.SampledFrom([]string{"", " ", "\n", "\t ", "\r\n"}).Draw(t, "blank")
		name := attributeNames().Draw(t, "name")
		text := strings.Join([]string{"", "Join", "(", `" "`, ",", "[" + name + "]", ",", "Left", "(", `"x"`, ",", "1", ")", ")", ""}, blank)
		parsed, err := expression.Parse(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if want := `Join(" ", [` + name + `], Left("x", 1))`; parsed.Text() != want {
			t.Fatalf("%q is printed %s, want %s", text, parsed.Text(), want)
		}
	})
}

func TestDatesSurviveRoundTrips(t *testing.T) {
	t.Parallel()
	roundTrip := compile(t, `DateFromNum(NumFromDate(FormatDateTime([date], , "yyyy-MM-dd'T'HH:mm:sszzz", "o")))`)
	there := compile(t, `DateAdd([unit], [n], [date])`)
	difference := compile(t, `DateDiff([unit], [date], [later])`)
	rapid.Check(t, func(t *rapid.T) {
		date := rapid.StringMatching(`(1[6-9]|[2-7][0-9])[1-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][+-](0[0-9]|1[0-3]):[0-5][0-9]`).
			Draw(t, "date")
		if got, want := mustEval(t, roundTrip, map[string]any{"date": date}), mustEval(t, compile(t, `CDate([date])`), map[string]any{"date": date}); got.Text() != want.Text() {
			t.Fatalf("%s: %s, want %s", date, got.Text(), want.Text())
		}
		unit := rapid.SampledFrom([]string{"yyyy", "m", "ww", "d", "h", "n", "s"}).Draw(t, "unit")
		n := rapid.Int64Range(-1000, 1000).Draw(t, "n")
		attributes := map[string]any{"date": date, "unit": unit, "n": n}
		attributes["later"] = mustEval(t, there, attributes)
		if got := mustEval(t, difference, attributes).Any(); got != n {
			t.Fatalf("%s + %d %s = %v, and the difference is %v", date, n, unit, attributes["later"], got)
		}
	})
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func compile(t fataler, text string) *expression.Program {
	t.Helper()
	program, err := expression.Compile(text, expression.Options{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return program
}

func mustEval(t fataler, program *expression.Program, attributes map[string]any) expression.Value {
	t.Helper()
	v, err := program.Eval(environment(program, attributes, nil))
	if err != nil {
		t.Fatalf("%s %v: %v", program, attributes, err)
	}
	return v
}
