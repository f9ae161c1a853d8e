package expression_test

import (
	"strings"
	"testing"

	"github.com/expr-lang/expr"

	"github.com/provisor/provisor/internal/expression"
)

// contest is one mapping in two languages.
type contest struct {
	name       string
	ours, expr string
	object     map[string]any
	want       string
}

func contests() []contest {
	return []contest{
		{
			name: "attribute", object: map[string]any{"mail": "anna@contoso.com"}, want: "anna@contoso.com",
			ours: `[mail]`, expr: `mail`,
		},
		{
			name: "join of three", object: map[string]any{"givenName": "Anna", "middleName": "Maria", "surname": "Berg"}, want: "Anna Maria Berg",
			ours: `Join(" ", [givenName], [middleName], [surname])`,
			expr: `givenName + " " + middleName + " " + surname`,
		},
		{
			name: "surname and initial", object: map[string]any{"givenName": "Anna", "surname": "Berg"}, want: "BERG A",
			ours: `Join(" ", ToUpper([surname]), Mid([givenName], 1, 1))`,
			expr: `upper(surname) + " " + givenName[0:1]`,
		},
		{
			name: "switch of five", object: map[string]any{"country": "DE"}, want: "Germany",
			ours: `Switch([country], "Other", "SE", "Sweden", "NO", "Norway", "FR", "France", "DK", "Denmark", "DE", "Germany")`,
			expr: `country == "SE" ? "Sweden" : country == "NO" ? "Norway" : country == "FR" ? "France" : country == "DK" ? "Denmark" : country == "DE" ? "Germany" : "Other"`,
		},
		{
			name: "address", object: map[string]any{"givenName": "Anna", "surname": "Berg"}, want: "anna.berg@contoso.com",
			ours: `ToLower(Append(Join(".", [givenName], [surname]), "@contoso.com"))`,
			expr: `lower(givenName + "." + surname + "@contoso.com")`,
		},
		{
			name: "nested replace", object: map[string]any{"mobile": "+46 (70) 123-45 67"}, want: "+46701234567",
			ours: `Replace(Replace(Replace(Replace([mobile], " ", , , "", , ), "(", , , "", , ), ")", , , "", , ), "-", , , "", , )`,
			expr: `replace(replace(replace(replace(mobile, " ", ""), "(", ""), ")", ""), "-", "")`,
		},
		{
			name: "condition", object: map[string]any{"mail": "Anna.Berg@fabrikam.com", "department": "Sales"}, want: "anna.berg@contoso.com",
			ours: `IIF([department] = "Sales", Append(Replace(ToLower([mail]), "@fabrikam.com", , , "", , ), "@contoso.com"), [mail])`,
			expr: `department == "Sales" ? replace(lower(mail), "@fabrikam.com", "") + "@contoso.com" : mail`,
		},
	}
}

// BenchmarkEval compares one evaluation of a compiled program with expr, a general
// expression language for Go. Each gets the object in its own form. The module
// bench/expression compares with CEL as well.
func BenchmarkEval(b *testing.B) {
	for _, c := range contests() {
		for _, language := range []struct {
			name    string
			prepare func(*testing.B, contest) func() (string, error)
		}{{"provisor", prepareOurs}, {"expr", prepareExpr}} {
			b.Run(c.name+"/"+language.name, func(b *testing.B) {
				run := language.prepare(b, c)
				if got, err := run(); err != nil || got != c.want {
					b.Fatalf("%q, %v; want %q", got, err, c.want)
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

func prepareOurs(b *testing.B, c contest) func() (string, error) {
	b.Helper()
	program := compile(b, c.ours)
	env := environment(program, c.object, nil)
	return func() (string, error) {
		v, err := program.Eval(env)
		return v.Text(), err
	}
}

func prepareExpr(b *testing.B, c contest) func() (string, error) {
	b.Helper()
	program, err := expr.Compile(c.expr, expr.Env(c.object))
	if err != nil {
		b.Fatal(err)
	}
	return func() (string, error) {
		v, err := expr.Run(program, c.object)
		text, _ := v.(string)
		return text, err
	}
}

// BenchmarkCompile compares reading a text.
func BenchmarkCompile(b *testing.B) {
	for _, c := range contests() {
		b.Run(c.name+"/provisor", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				compile(b, c.ours)
			}
		})
		b.Run(c.name+"/expr", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := expr.Compile(c.expr, expr.Env(c.object)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTwentyMappings evaluates what a usual user mapping has: direct attributes,
// some joins and switches, one pattern and one date.
func BenchmarkTwentyMappings(b *testing.B) {
	symbols := expression.NewSymbols()
	var programs []*expression.Program
	for _, text := range []string{
		"[userPrincipalName]", "[mail]", "[givenName]", "[surname]", "[jobTitle]", "[department]", "[telephoneNumber]", "[city]", "[country]",
		"[postalCode]", "[streetAddress]", "[preferredLanguage]", "[employeeId]", `Join(" ", [givenName], [surname])`,
		`Switch([IsSoftDeleted], , "False", "True", "True", "False")`, `ToLower(Append(Join(".", [givenName], [surname]), "@app.example"))`,
		`Coalesce([mail], [userPrincipalName])`, `IIF([country] = "SE", "Sweden", [country])`,
		`Replace([telephoneNumber], , "[()\\s-]+", , "", , )`, `FormatDateTime([employeeHireDate], , "yyyy-MM-ddTHH:mm:ssZ", "yyyy-MM-dd")`,
	} {
		program, err := expression.Compile(text, expression.Options{Symbols: symbols})
		if err != nil {
			b.Fatal(err)
		}
		programs = append(programs, program)
	}
	env := &expression.Environment{Slots: symbols.Values(map[string]any{
		"userPrincipalName": "anna@contoso.com", "mail": "anna@contoso.com", "givenName": "Anna", "surname": "Berg", "jobTitle": "Engineer",
		"department": "Sales", "telephoneNumber": "+46 (70) 123", "city": "Uppsala", "country": "SE", "postalCode": "75310",
		"streetAddress": "Storgatan 1", "preferredLanguage": "sv-SE", "employeeId": "17", "IsSoftDeleted": false,
		"employeeHireDate": "2025-08-15T00:00:00Z",
	})}
	b.ReportAllocs()
	for b.Loop() {
		for _, program := range programs {
			if _, err := program.Eval(env); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkDates measures what every cycle computes for a hire date.
func BenchmarkDates(b *testing.B) {
	for name, text := range map[string]string{
		"gate":   `IIF(DateDiff("d", Now(), CDate([hireDate])) > 5, "False", "True")`,
		"format": `FormatDateTime([hireDate], , "yyyy-MM-ddzzz", "M/d/yyyy")`,
	} {
		b.Run(name, func(b *testing.B) {
			program := compile(b, text)
			env := environment(program, map[string]any{"hireDate": "2025-08-15-07:00"}, nil)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := program.Eval(env); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParseLong measures the longest text that is allowed.
func BenchmarkParseLong(b *testing.B) {
	text := `Join("", "` + strings.Repeat("x", expression.MaxLength-12) + `")`
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := expression.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
