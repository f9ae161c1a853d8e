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
				if got, want := mustEval(t, name, attributes).Text(), fmt.Sprintf("anna.w%dn%d@contoso.com", worker, i); got != want {
					t.Errorf("%s, want %s", got, want)
				}
				if got, want := mustEval(t, date, attributes).Text(), []string{"2025-07-30", "2025-07-31"}[i%2]; got != want {
					t.Errorf("%s, want %s", got, want)
				}
			}
		})
	}
	running.Wait()
}
