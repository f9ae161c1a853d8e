package expression_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/expression"
)

// testCase is one block of testdata/cases: the expression, the attributes of the
// object, and the result as JSON.
type testCase struct {
	expression string
	attributes map[string]any
	result     any
}

func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("testdata/cases has no files", err)
	}
	for _, file := range files {
		for _, c := range readCases(t, file) {
			t.Run(filepath.Base(file)+"/"+c.expression, func(t *testing.T) {
				t.Parallel()
				program, err := expression.Compile(c.expression, expression.Options{})
				if err != nil {
					t.Fatal(err)
				}
				got, err := program.Eval(environment(program, c.attributes, []string{"Anna.Berg@contoso.com"}))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.result, decoded(t, encoded(result(got)))); diff != "" {
					t.Errorf("%v (-want +got)\n%s", c.attributes, diff)
				}
			})
		}
	}
}

func readCases(tb testing.TB, file string) []testCase {
	tb.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	var cases []testCase
	c := testCase{attributes: map[string]any{}}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "  "):
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			c.attributes[name] = decoded(tb, value)
		case strings.HasPrefix(line, "= "):
			c.result = decoded(tb, line[2:])
			cases = append(cases, c)
			c = testCase{attributes: map[string]any{}}
		default:
			c.expression = line
		}
	}
	return cases
}

func decoded(tb testing.TB, text string) any {
	tb.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return v
}

// TestErrors compares the faults of the expressions in testdata/errors.txt with
// what the file says; a # stands before each expression.
func TestErrors(t *testing.T) {
	t.Parallel()
	const file = "testdata/errors.txt"
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	attributes := map[string]any{"mail": "anna", "list": []string{"a", "b"}, "complex": []map[string]any{{"value": "x"}}, "date": "tomorrow", "n": "many"}
	var b strings.Builder
	for line := range strings.Lines(string(golden)) {
		text, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "# ")
		if !ok {
			continue
		}
		_, err := evaluate(t, text, attributes)
		if err == nil {
			t.Errorf("%s: no fault", text)
			continue
		}
		b.WriteString("# " + text + "\n" + pretty(err) + "\n\n")
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(golden), b.String()); diff != "" {
		t.Error(diff)
	}
}

func pretty(err error) string {
	if many, ok := errors.AsType[expression.Errors](err); ok {
		return many.Pretty()
	}
	if one, ok := errors.AsType[*expression.Error](err); ok {
		return one.Pretty()
	}
	return err.Error()
}
