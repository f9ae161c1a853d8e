package expression_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/provisor/provisor/internal/expression"
)

// seed adds the examples of all functions, the expressions of all cases, and texts
// that are wrong.
func seed(f *testing.F, add func(text string)) {
	f.Helper()
	for _, fn := range expression.Functions() {
		add(fn.Example.Expression)
	}
	files, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		for _, c := range readCases(f, file) {
			add(c.expression)
		}
	}
	for _, text := range []string{
		"", "[", "]", `"`, `"\`, "&H", "-", "(", "Join(", "Join(,", "Join(\"\",[a]]", `[a[b]c]`, "A(B(C(D(", "IIF([a]=", "[a] & ",
		"Switch([a], , \"0\")", "Append('a', 'b')", "\xff", "[\xff]", "\"\xff\"", "Mid([a],-1,99999999999999999999)",
		`Replace([a], , "(a+)+$", , "x", , )`, `FormatDateTime([a], , "yyyy-MM-dd'", "%")`, `DateAdd("yyyy", -9999, [a])`,
	} {
		add(text)
	}
}

// FuzzParse checks that what Parse takes is printed in one form, and that what
// it refuses has faults that lie within the text.
func FuzzParse(f *testing.F) {
	seed(f, func(text string) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text string) {
		source, err := expression.Parse(text)
		if err != nil {
			checkFaults(t, text, err)
			return
		}
		again, err := expression.Parse(source.Text())
		if err != nil && !tooLong(source.Text()) {
			t.Fatalf("%q is printed %q, which does not parse: %v", text, source.Text(), err)
		}
		if err == nil && again.Text() != source.Text() {
			t.Fatalf("%q is printed %q and then %q", text, source.Text(), again.Text())
		}
	})
}

func checkFaults(t *testing.T, text string, err error) {
	t.Helper()
	faults, ok := errors.AsType[expression.Errors](err)
	if !ok || len(faults) == 0 {
		t.Fatalf("%q: %T is no list of faults", text, err)
	}
	for _, fault := range faults {
		if fault.Pos < 0 || fault.Pos > len(text) || fault.Message == "" || fault.Pretty() == "" {
			t.Fatalf("%q: fault at %d: %q", text, fault.Pos, fault.Message)
		}
	}
}

// FuzzEvaluate checks that every program ends in a value or in a fault, whatever
// the attribute holds.
func FuzzEvaluate(f *testing.F) {
	values := []string{"", "Anna Berg", "12", "-1", "2025-07-30", "7/30/2025 8:15:00 AM", "\xff", "𝄞", "CN=a\\,b,OU=c", "AQ==", `{"value":"x"}`, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab"}
	next := 0
	seed(f, func(text string) {
		f.Add(text, values[next%len(values)])
		next++
	})
	f.Fuzz(func(t *testing.T, text, value string) {
		program, err := expression.Compile(text, expression.Options{MatchTimeout: 20 * time.Millisecond})
		if err != nil {
			checkFaults(t, text, err)
			return
		}
		env := environment(program, nil, []string{value})
		for slot := range env.Slots {
			env.Slots[slot] = expression.StringValue(value)
		}
		v, err := program.Eval(env)
		if fault, ok := errors.AsType[*expression.Error](err); err != nil && (!ok || fault.Message == "" && fault.Reason != expression.Raised) {
			t.Fatalf("%q: %T %v", text, err, err)
		}
		if v.Redacted() && v.String() != "[Redact]" {
			t.Fatalf("%q shows %s", text, v)
		}
	})
}
