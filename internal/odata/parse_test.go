package odata_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/odata"
)

func TestParseFilter(t *testing.T) {
	t.Parallel()

	eq := func(p string, v any) odata.Expr {
		return odata.Compare{Property: odata.Property(p), Op: odata.Eq, Value: v}
	}
	tests := []struct {
		text string
		want odata.Expr
	}{
		{"displayName eq 'O''Neill'", eq("displayName", "O'Neill")},
		{"accountEnabled EQ True", eq("accountEnabled", true)},
		{"manager eq null", eq("manager", nil)},
		{"size ge 10", odata.Compare{Property: "size", Op: odata.Ge, Value: int64(10)}},
		{"size lt -1.5e3", odata.Compare{Property: "size", Op: odata.Lt, Value: -1500.0}},
		{"activityDateTime gt 2026-03-24T07:23:47+02:00", odata.Compare{
			Property: "activityDateTime", Op: odata.Gt, Value: time.Date(2026, 3, 24, 5, 23, 47, 0, time.UTC),
		}},
		{"createdDateTime le 2026-03-24", odata.Compare{
			Property: "createdDateTime", Op: odata.Le, Value: time.Date(2026, 3, 24, 0, 0, 0, 0, time.UTC),
		}},
		// scripts write GUIDs both ways
		{"appId eq 7AB1D382-f21e-4acd-a863-ba3e13f7da61", eq("appId", "7ab1d382-f21e-4acd-a863-ba3e13f7da61")},
		{"status eq microsoft.graph.provisioningResult'success'", eq("status", "success")},
		{"provisioningStatusInfo/status eq 'failure'", eq("provisioningStatusInfo/status", "failure")},
		{"startswith(displayName, 'sales')", odata.Call{Function: "startswith", Property: "displayName", Value: "sales"}},
		{"startsWith(displayName,'a') eq true", odata.Call{Function: "startswith", Property: "displayName", Value: "a"}},
		{"contains(mail,'a') ne true", odata.Not{odata.Call{Function: "contains", Property: "mail", Value: "a"}}},
		{"id in ('a', 'b')", odata.In{Property: "id", Values: []odata.Literal{"a", "b"}}},
		// and binds tighter than or, not tighter than both
		{"a eq 1 or b eq 2 and not c eq 3", odata.Or{
			Left:  eq("a", int64(1)),
			Right: odata.And{Left: eq("b", int64(2)), Right: odata.Not{eq("c", int64(3))}},
		}},
		{"(a eq 1 or b eq 2) and c eq 3", odata.And{
			Left: odata.Or{Left: eq("a", int64(1)), Right: eq("b", int64(2))}, Right: eq("c", int64(3)),
		}},
		{"tags/any(t: t eq 'x')", odata.Any{Collection: "tags", Variable: "t", Expr: eq("t", "x")}},
		{"addIns/any()", odata.Any{Collection: "addIns"}},
		{"a/any(x:x/id eq 1 and x/n eq 2)", odata.Any{Collection: "a", Variable: "x", Expr: odata.And{
			Left: eq("x/id", int64(1)), Right: eq("x/n", int64(2)),
		}}},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()

			got, err := odata.ParseFilter(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %#v\nwant %#v", got, test.want)
			}
		})
	}
}

func TestParseFilterFaults(t *testing.T) {
	t.Parallel()

	tests := []struct{ text, says string }{
		{"", "position 1"},
		{"displayName", "found the end (position 12"},
		{"displayName eq", "expected a value and found the end (position 15"},
		{"displayName eq 'x", "no closing quote"},
		{"displayName is 'x'", "expected eq, ne, gt, ge, lt, le or in after 'displayName' and found 'is' (position 13"},
		{"ä eq 1", "'ä' is not the name of a property"},
		{"a eq 1 b", "expected and, or, or the end, and found 'b' (position 8"},
		{"tolower(a) eq 'x'", "the function 'tolower' is not supported"},
		{"startswith(a, 1)", "expected a text in single quotes and found '1' (position 15"},
		{"startswith(a 'x')", "expected a comma"},
		{"startswith(a,'x') eq 5", "answers true or false"},
		{"tags/all(t: t eq 'x')", "'tags/all' is not supported"},
		{"tags/any(t t eq 'x')", "expected a colon"},
		{"members/$count eq 0", "'members/$count' is not the name of a property"},
		{"id in ()", "expected a value and found ')'"},
		{"id in ('a' 'b')", "expected a comma or a closing parenthesis"},
		{"a eq 0x1F", "'0x1F' is not a value"},
		{"a eq Inf", "'Inf' is not a value"},
		{"a eq 1_000", "'1_000' is not a value"},
		{"a/b/c/d/e/f/g/h/i eq 1", "expected a property"},
		{strings.Repeat("(", 40) + "a eq 1", "more than 32 levels"},
		{strings.Repeat("not ", 40) + "a eq 1", "more than 32 levels"},
		{"a eq 1" + strings.Repeat(" or a eq 1", 300), "more than 512 terms"},
		{"a eq '" + strings.Repeat("x", 9000) + "'", "at most 8192"},
		{"a eq '\xff'", "not valid UTF-8"},
	}
	for _, test := range tests {
		t.Run(test.says, func(t *testing.T) {
			t.Parallel()

			_, err := odata.ParseFilter(test.text)
			if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want an Invalid error that says %q", err, test.says)
			}
		})
	}
}

func property() *rapid.Generator[odata.Property] {
	return rapid.Map(rapid.StringMatching(`[a-z]{1,6}(/[a-z]{1,4}){0,2}`), func(s string) odata.Property { return odata.Property(s) })
}

func literal() *rapid.Generator[odata.Literal] {
	return rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) odata.Literal { return strings.ToValidUTF8(s, "") }),
		rapid.Map(rapid.Int64(), func(n int64) odata.Literal { return n }),
		rapid.Map(rapid.Float64(), func(f float64) odata.Literal { return f }),
		rapid.Map(rapid.Bool(), func(b bool) odata.Literal { return b }),
		rapid.Map(rapid.Int64Range(-60_000_000_000, 250_000_000_000), func(s int64) odata.Literal { return time.Unix(s, s&0xffff).UTC() }),
		rapid.Just(odata.Literal(nil)),
	)
}

func expr(depth int) *rapid.Generator[odata.Expr] {
	leaves := []*rapid.Generator[odata.Expr]{
		rapid.Custom(func(t *rapid.T) odata.Expr {
			op := rapid.SampledFrom([]odata.CompareOp{odata.Eq, odata.Ne, odata.Gt, odata.Ge, odata.Lt, odata.Le}).Draw(t, "op")
			return odata.Compare{Property: property().Draw(t, "property"), Op: op, Value: literal().Draw(t, "value")}
		}),
		rapid.Custom(func(t *rapid.T) odata.Expr {
			function := rapid.SampledFrom([]string{"startswith", "endswith", "contains"}).Draw(t, "function")
			return odata.Call{Function: function, Property: property().Draw(t, "property"), Value: strings.ToValidUTF8(rapid.String().Draw(t, "value"), "")}
		}),
		rapid.Custom(func(t *rapid.T) odata.Expr {
			return odata.In{Property: property().Draw(t, "property"), Values: rapid.SliceOfN(literal(), 1, 3).Draw(t, "values")}
		}),
		rapid.Custom(func(t *rapid.T) odata.Expr { return odata.Any{Collection: property().Draw(t, "collection")} }),
	}
	if depth == 0 {
		return rapid.OneOf(leaves...)
	}
	sub := expr(depth - 1)
	return rapid.OneOf(append(leaves,
		rapid.Custom(func(t *rapid.T) odata.Expr { return odata.And{Left: sub.Draw(t, "l"), Right: sub.Draw(t, "r")} }),
		rapid.Custom(func(t *rapid.T) odata.Expr { return odata.Or{Left: sub.Draw(t, "l"), Right: sub.Draw(t, "r")} }),
		rapid.Custom(func(t *rapid.T) odata.Expr { return odata.Not{Expr: sub.Draw(t, "e")} }),
		rapid.Custom(func(t *rapid.T) odata.Expr {
			return odata.Any{Collection: property().Draw(t, "c"), Variable: "x", Expr: sub.Draw(t, "e")}
		}),
	)...)
}

// Whatever tree is printed is read as the same tree.
func TestFormatThenParseIsIdentity(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		want := expr(4).Draw(t, "expr")
		text := odata.Format(want)
		if len(text) > odata.MaxFilterLength {
			t.Skip("longer than what is read")
		}
		got, err := odata.ParseFilter(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s:\ngot  %#v\nwant %#v", text, got, want)
		}
	})
}

// No text makes the parser panic, and what it accepts survives printing.
func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{
		"displayName eq 'x'", "startswith(a,'b') and not (c in (1,2.5,null) or d/any(x:x/y ne true))",
		"a gt 2026-03-24T07:23:47.1234567Z", "((((a eq 1))))", "jobid eq 'scim.x.y'", "a eq 1e400", "a/any(", "'",
		"s eq microsoft.graph.t'v'", "not not not a eq -0", "a eq 9223372036854775808",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := odata.ParseFilter(text)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("%q: %v is not Invalid", text, err)
			}
			return
		}
		printed := odata.Format(first)
		if len(printed) > odata.MaxFilterLength {
			return
		}
		second, err := odata.ParseFilter(printed)
		if err != nil {
			t.Fatalf("%q printed as %q: %v", text, printed, err)
		}
		if !reflect.DeepEqual(first, second) {
			t.Fatalf("%q printed as %q:\n%#v\n%#v", text, printed, first, second)
		}
	})
}
