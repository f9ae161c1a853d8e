package expression_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/provisor/provisor/internal/expression"
)

// vector is one documented example of an expression.
type vector struct {
	ID         string         `json:"id"`
	Expression string         `json:"expression"`
	Inputs     map[string]any `json:"inputs"`
	Taken      []string       `json:"existingInTarget"`
	Now        string         `json:"now"`
	Output     any            `json:"output"`
	Status     string         `json:"status"`
}

// compared reports whether the row states what comes out.
func (v *vector) compared() bool {
	switch v.Status {
	case "exact", "derived", "documented-output-is-wrong":
		return true
	default:
		return false
	}
}

func TestReferenceVectors(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, v := range readVectors(t) {
		if v.compared() {
			compared++
		}
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			program, err := expression.Compile(v.Expression, expression.Options{})
			if err != nil {
				t.Fatalf("%s\n%v", v.Expression, err)
			}
			got, err := program.Eval(v.environment(t, program))
			if err != nil && v.Status != "nondeterministic" {
				t.Fatalf("%s\n%v", v.Expression, err)
			}
			if want := texts(v.Output); v.compared() && !cmp.Equal(texts(result(got)), want) {
				t.Errorf("%s\ninputs %v\ngot  %v\nwant %v", v.Expression, v.Inputs, texts(result(got)), want)
			}
		})
	}
	if compared < 200 {
		t.Errorf("only %d vectors state a result", compared)
	}
}

func (v *vector) environment(t *testing.T, program *expression.Program) *expression.Environment {
	t.Helper()
	env := environment(program, v.Inputs, v.Taken)
	if v.Now != "" {
		now, err := time.Parse("2006-01-02T15:04:05", v.Now)
		if err != nil {
			t.Fatal(err)
		}
		env.Now = now
	}
	return env
}

func readVectors(t *testing.T) []*vector {
	t.Helper()
	folder := os.Getenv("PROVISOR_REFERENCE") //nolint:forbidigo // the tests have no configuration
	if folder == "" {
		t.Skip("PROVISOR_REFERENCE names no folder with expression-vectors.jsonl")
	}
	file, err := os.Open(filepath.Join(folder, "expression-vectors.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	var vectors []*vector
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		v := new(vector)
		if err := json.Unmarshal(lines.Bytes(), v); err != nil {
			t.Fatal(err)
		}
		vectors = append(vectors, v)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return vectors
}

// texts brings a result and what JSON says it should be to one form: texts,
// lists of texts, and flow markers as objects.
func texts(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case map[string]any:
		return v
	case []any, []string:
		return expression.ValueOf(v).List()
	default:
		return expression.ValueOf(v).Text()
	}
}
