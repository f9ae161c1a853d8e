package benchmark_test

import (
	"fmt"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"
	"github.com/expr-lang/expr"

	"github.com/provisor/provisor/internal/expression"
)

// runner evaluates a compiled mapping on the object and returns its text.
type runner func() (string, error)

// language is one of those compared.
type language struct {
	name    string
	compile func(contest) (runner, error)
}

func languages() []language {
	return []language{{"provisor", compileOurs}, {"expr", compileExpr}, {"cel", compileCEL}}
}

// BenchmarkEvaluate measures one evaluation. Each language gets the object in the
// form that it wants, once.
func BenchmarkEvaluate(b *testing.B) {
	for _, c := range contests() {
		for _, l := range languages() {
			b.Run(c.name+"/"+l.name, func(b *testing.B) {
				run, err := l.compile(c)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkCompile measures reading the text, which happens once a cycle.
func BenchmarkCompile(b *testing.B) {
	for _, c := range contests() {
		for _, l := range languages() {
			b.Run(c.name+"/"+l.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := l.compile(c); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// TestTheContestIsFair: all three give the same text.
func TestTheContestIsFair(t *testing.T) {
	t.Parallel()
	for _, c := range contests() {
		for _, l := range languages() {
			run, err := l.compile(c)
			if err != nil {
				t.Fatalf("%s, %s: %v", c.name, l.name, err)
			}
			if got, err := run(); err != nil || got != c.want {
				t.Errorf("%s, %s: %q, %v; want %q", c.name, l.name, got, err, c.want)
			}
		}
	}
}

func compileOurs(c contest) (runner, error) {
	program, err := expression.Compile(c.ours, expression.Options{})
	if err != nil {
		return nil, err
	}
	env := &expression.Environment{Slots: program.Symbols().Values(object())}
	return func() (string, error) {
		v, err := program.Eval(env)
		return v.Text(), err
	}, nil
}

func compileExpr(c contest) (runner, error) {
	attributes := object()
	program, err := expr.Compile(c.expr, expr.Env(attributes))
	if err != nil {
		return nil, err
	}
	return func() (string, error) {
		v, err := expr.Run(program, attributes)
		text, _ := v.(string)
		return text, err
	}, nil
}

func compileCEL(c contest) (runner, error) {
	attributes := object()
	options := []cel.EnvOption{ext.Strings()}
	for name := range attributes {
		options = append(options, cel.Variable(name, cel.StringType))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, err
	}
	tree, issues := env.Compile(c.cel)
	if issues.Err() != nil {
		return nil, fmt.Errorf("%s: %w", c.cel, issues.Err())
	}
	program, err := env.Program(tree, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, err
	}
	return func() (string, error) {
		v, _, err := program.Eval(attributes)
		if err != nil {
			return "", err
		}
		text, _ := v.Value().(string)
		return text, nil
	}, nil
}
