package expression_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/expression"
)

func TestTheLongestExpression(t *testing.T) {
	t.Parallel()
	longest := `"` + strings.Repeat("å", expression.MaxLength-2) + `"`
	if _, err := expression.Parse(longest); err != nil {
		t.Error(err)
	}
	_, err := expression.Parse(longest + " ")
	if fault, ok := errors.AsType[*expression.Error](err); !ok || fault.Reason != expression.TooLong {
		t.Errorf("one character more: %v", err)
	}
	deep := strings.Repeat("ToLower(", 1100) + `"X"` + strings.Repeat(")", 1100)
	if v, err := evaluate(t, deep, nil); err != nil || v.Text() != "x" {
		t.Errorf("a deep one: %v, %v", v, err)
	}
}

// TestPatternsEnd: a pattern that would take ages is given up, and the error says so.
func TestPatternsEnd(t *testing.T) {
	t.Parallel()
	program, err := expression.Compile(`Replace([a], , "^(a+)+$", , "x", , )`, expression.Options{MatchTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now() //nolint:forbidigo // how long it really takes
	_, err = program.Eval(environment(program, map[string]any{"a": strings.Repeat("a", 60) + "b"}, nil))
	if fault, ok := errors.AsType[*expression.Error](err); !ok || fault.Reason != expression.TimedOut {
		t.Errorf("%v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("given up after %v only", took)
	}
}

// TestALookUpThatFailsIsNoAnswer: the value is not taken for free.
func TestALookUpThatFailsIsNoAnswer(t *testing.T) {
	t.Parallel()
	program := compile(t, `SelectUniqueValue("a", "b", "c")`)
	down := errors.New("the target is down")
	env := environment(program, nil, nil)
	var asked []string
	env.Unique = func(candidate string) (bool, error) {
		asked = append(asked, candidate)
		if candidate == "b" {
			return false, down
		}
		return false, nil
	}
	_, err := program.Eval(env)
	if fault, ok := errors.AsType[*expression.Error](err); !ok || fault.Reason != expression.LookupFailed || !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
	if strings.Join(asked, "") != "ab" {
		t.Errorf("asked %v", asked)
	}
	env.Unique = func(string) (bool, error) { return false, nil }
	_, err = program.Eval(env)
	if fault, ok := errors.AsType[*expression.Error](err); !ok || fault.Reason != expression.NoneUnique {
		t.Errorf("%v", err)
	}
}
