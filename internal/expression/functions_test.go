package expression_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/expression"
)

var update = flag.Bool("update", false, "write docs/expressions.md and the golden files anew")

// varies are the functions whose example gives another result every time.
func varies(name string) bool { return name == "Guid" || name == "RandomString" }

func TestEveryExampleGivesItsResult(t *testing.T) {
	t.Parallel()
	for _, fn := range expression.Functions() {
		t.Run(fn.Name, func(t *testing.T) {
			t.Parallel()
			example := fn.Example
			if !strings.Contains(example.Expression, fn.Name+"(") {
				t.Errorf("the example %s does not call %s", example.Expression, fn.Name)
			}
			program, err := expression.Compile(example.Expression, expression.Options{})
			if err != nil {
				t.Fatal(err)
			}
			value, err := program.Eval(environment(program, example.Attributes, example.Taken))
			if err != nil {
				t.Fatal(err)
			}
			if varies(fn.Name) {
				if len(value.Text()) != len(fmt.Sprint(example.Result)) {
					t.Errorf("%s = %s, which has not the length of %v", example.Expression, value.Text(), example.Result)
				}
				return
			}
			if diff := cmp.Diff(example.Result, shown(value)); diff != "" {
				t.Errorf("%s (-stated +got)\n%s", example.Expression, diff)
			}
		})
	}
}

// shown is the value as an Example states it.
func shown(v expression.Value) any {
	switch v.Kind() { //nolint:exhaustive // every other kind is a value
	case expression.KindIgnoreAttributeFlow, expression.KindIgnoreObjectFlow:
		return v.Text()
	default:
		return v.Any()
	}
}

func TestParametersAreInOrder(t *testing.T) {
	t.Parallel()
	for _, fn := range expression.Functions() {
		for i, p := range fn.Parameters {
			if p.AllowMultipleOccurrences && i < len(fn.Parameters)-1 {
				t.Errorf("%s: the parameter %s repeats, and is not the last", fn.Name, p.Name)
			}
			if p.Name == "" || p.Type == "" {
				t.Errorf("%s: parameter %d has no name or no type", fn.Name, i)
			}
		}
		if !strings.HasSuffix(fn.Summary, ".") {
			t.Errorf("%s: the summary is no sentence", fn.Name)
		}
	}
}

const documentation = "../../docs/expressions.md"

func TestDocumentationIsCurrent(t *testing.T) {
	t.Parallel()
	want := document()
	if *update {
		if err := os.WriteFile(documentation, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/expressions.md is out of date; run go test ./internal/expression -update\n%s", diff)
	}
}

// document writes the reference of the language.
func document() string {
	var b strings.Builder
	introduction, err := os.ReadFile("testdata/introduction.md")
	if err != nil {
		panic(err)
	}
	b.Write(introduction)
	for _, fn := range expression.Functions() {
		fmt.Fprintf(&b, "\n### %s\n\n`%s`\n\n%s\n\n%s", fn.Name, fn.Signature(), fn.Summary, exampleText(fn.Example))
	}
	return b.String()
}

func exampleText(example expression.Example) string {
	var b strings.Builder
	b.WriteString("```\n" + example.Expression + "\n")
	for _, name := range slices.Sorted(maps.Keys(example.Attributes)) {
		fmt.Fprintf(&b, "  %s: %s\n", name, encoded(example.Attributes[name]))
	}
	if len(example.Taken) > 0 {
		fmt.Fprintf(&b, "  taken in the target: %s\n", encoded(example.Taken))
	}
	fmt.Fprintf(&b, "→ %s\n```\n", encoded(example.Result))
	return b.String()
}

func encoded(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}
