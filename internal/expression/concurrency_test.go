package expression_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/provisor/provisor/internal/expression"
)

// TestProgramsAreShared runs one program in several goroutines, each with an
// environment of its own.
func TestProgramsAreShared(t *testing.T) {
	t.Parallel()
	symbols := expression.NewSymbols()
	options := expression.Options{Symbols: symbols}
	name, err := expression.Compile(
		`Join("@", ToLower(Replace([displayName], , "(?<first>\\w+) (?<last>\\w+)", , "${first}.${last}", , )), DefaultDomain())`, options)
	if err != nil {
		t.Fatal(err)
	}
	date, err := expression.Compile(`FormatDateTime(DateAdd("d", [days], Now()), , "s", "yyyy-MM-dd")`, options)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	for worker := range 8 {
		running.Go(func() {
			for i := range 200 {
				attributes := map[string]any{"displayName": fmt.Sprintf("Anna W%dN%d", worker, i), "days": i % 2}
				check(t, name, attributes, fmt.Sprintf("anna.w%dn%d@contoso.com", worker, i))
				check(t, date, attributes, []string{"2025-07-30", "2025-07-31"}[i%2])
			}
		})
	}
	running.Wait()
}

func check(t *testing.T, program *expression.Program, attributes map[string]any, want string) {
	t.Helper()
	got, err := program.Eval(environment(program, attributes, nil))
	if err != nil || got.Text() != want {
		t.Errorf("%s: %s, %v; want %s", program, got.Text(), err, want)
	}
}
