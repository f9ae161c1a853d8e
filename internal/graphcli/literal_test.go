package graphcli_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/graphcli"
)

func TestLiterals(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]any{
		`@{}`:                            map[string]any{},
		`@()`:                            []any{},
		`@{a=1}`:                         map[string]any{"a": json.Number("1")},
		`@{a='x';b="y"}`:                 map[string]any{"a": "x", "b": "y"},
		"@{a='x'\nb='y'\r\n}":            map[string]any{"a": "x", "b": "y"},
		"@{a = 'x' # why\n ;; b= $null}": map[string]any{"a": "x", "b": nil},
		`@{a=$true;b=$FALSE;c=-1.5e3}`:   map[string]any{"a": true, "b": false, "c": json.Number("-1.5e3")},
		`@{a='x','y'}`:                   map[string]any{"a": []any{"x", "y"}},
		`@{"odd key"=@{deep=@('x')}}`:    map[string]any{"odd key": map[string]any{"deep": []any{"x"}}},
		`@{a='it''s'}`:                   map[string]any{"a": "it's"},
		`@{a="say ""hi"""}`:              map[string]any{"a": `say "hi"`},
		"@{a=\"`$x`t``|`u{1F600}`q\"}":   map[string]any{"a": "$x\t`|😀q"},
		`@{a="5 $ each $"}`:              map[string]any{"a": "5 $ each $"},
		`@{a='$x'}`:                      map[string]any{"a": "$x"},
		`@{a=“x”;b=‘y’}`:                 map[string]any{"a": "x", "b": "y"},
		`[ordered]@{a=('x')}`:            map[string]any{"a": "x"},
		`[PSCustomObject] @{a=1}`:        map[string]any{"a": json.Number("1")},
		"@('a'\n'b';'c','d')":            []any{"a", "b", "c", "d"},
		`@{a=1},@{a=2}`:                  []any{map[string]any{"a": json.Number("1")}, map[string]any{"a": json.Number("2")}},
		"<# one #> @{ a = `\n 1 } # two": map[string]any{"a": json.Number("1")},
	} {
		got, err := graphcli.ParseLiteral(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", text, diff)
		}
	}
}

func TestLiteralFaults(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		``:                         "character 1: a value must be quoted",
		`@{`:                       "character 3: a key must be a word",
		`@{a}`:                     "character 4: = is missing",
		`@{a=}`:                    "character 5: a value must be quoted",
		`@{a=1`:                    "character 6: } is missing",
		`@{a=1 b=2}`:               "character 7: a ; or a new line is missing",
		`@{a=1;A=2}`:               "a key occurs twice",
		`@(1 2)`:                   "character 5: a comma is missing",
		`@(1`:                      ") is missing",
		`@{a='x}`:                  "character 5: the string has no end",
		"@{a=\"x`":                 "the string has no end",
		`@{a="$secret"}`:           "a $ within double quotes",
		`@{a="$(secret)"}`:         "a $ within double quotes",
		`@{a=$secret}`:             "variables are not known",
		`@{a=1-}`:                  "that is no number",
		`@{a=01}`:                  "that is no number",
		`[int]'1'`:                 "only the casts",
		`@{} @{}`:                  "something follows",
		"@{a=\"`u{zz}\"}":          "hexadecimal",
		"@{a=\"`u0041\"}":          "hexadecimal",
		strings.Repeat("@(", 1000): "nest too deep",
		`(1`:                       ") is missing",
	} {
		got, err := graphcli.ParseLiteral(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v, want %s", text, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error shows what it must not: %v", text, err)
		}
	}
}

// literal writes a value as PowerShell would want it.
func literal(value any) string {
	switch value := value.(type) {
	case nil:
		return "$null"
	case bool:
		return fmt.Sprintf("$%t", value)
	case json.Number:
		return value.String()
	case string:
		return "'" + strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛").Replace(value) + "'"
	case []any:
		items := make([]string, len(value))
		for i, item := range value {
			items[i] = literal(item)
		}
		return "@(" + strings.Join(items, ", ") + ")"
	case map[string]any:
		var members []string
		for _, key := range slices.Sorted(maps.Keys(value)) {
			members = append(members, literal(key)+" = "+literal(value[key]))
		}
		return "@{" + strings.Join(members, "; ") + "}"
	}
	return ""
}

func anyValue(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.Int(), func(n int) any { return json.Number(fmt.Sprint(n)) }),
		rapid.Just[any](nil),
	)
	if depth == 0 {
		return leaf
	}
	deeper := anyValue(depth - 1)
	return rapid.OneOf(leaf,
		rapid.Map(rapid.SliceOfN(deeper, 0, 4), func(items []any) any { return items }),
		rapid.Map(rapid.MapOfN(rapid.StringMatching(`[a-z ]{1,6}`), deeper, 0, 4), func(m map[string]any) any { return m }))
}

// What is written as a literal, is read back.
func TestLiteralRoundTrip(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		want := anyValue(3).Draw(t, "value")
		got, err := graphcli.ParseLiteral(literal(want))
		if err != nil {
			t.Fatalf("%s: %v", literal(want), err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-want +got)\n%s", literal(want), diff)
		}
	})
}

// FuzzLiteral parses anything; what it accepts can be written and read again, and
// what it refuses is told by place.
func FuzzLiteral(f *testing.F) {
	for _, seed := range []string{
		`@{key="Oauth2ClientId";value="x"}`, `@{a=@(1,'b',$true,$null)}`, "@{\n a = \"`$`u{41}\" # c\n}", `@{a=1},@{b=2}`, `[ordered]@{}`, "<#", `@{a='`, `"`, "(", "@{‘a’=“b”}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, err := graphcli.ParseLiteral(text)
		if err != nil {
			if !strings.Contains(err.Error(), "goes wrong at character") {
				t.Fatalf("unclear: %v", err)
			}
			return
		}
		again, err := graphcli.ParseLiteral(literal(value))
		if err != nil {
			t.Fatalf("%q became %q: %v", text, literal(value), err)
		}
		if diff := cmp.Diff(value, again); diff != "" {
			t.Fatalf("(-first +second)\n%s", diff)
		}
	})
}
