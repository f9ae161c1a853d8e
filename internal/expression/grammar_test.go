package expression_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/provisor/provisor/internal/expression"
)

// spelling is one expression as a person may type it, and as it is printed.
type spelling struct{ typed, printed string }

// spellings draws expressions of every rule of the grammar.
func spellings(depth int) *rapid.Generator[spelling] {
	same := func(text string) spelling { return spelling{text, text} }
	leaves := rapid.OneOf(
		rapid.Map(attributeNames(), func(name string) spelling { return spelling{"[ " + name + "]", "[" + name + "]"} }),
		rapid.Map(rapid.SampledFrom([]string{"0", "12", "-3.5", "007", "&HF7", "&hff"}), same),
		rapid.Map(rapid.SampledFrom([]string{"IgnoreAttributeFlow", "ignoreobjectflow", "VBTEXTCOMPARE", "utf8"}), func(typed string) spelling {
			printed := map[string]string{"ignoreobjectflow": "IgnoreObjectFlow", "VBTEXTCOMPARE": "vbTextCompare", "utf8": "UTF8"}[typed]
			if printed == "" {
				printed = typed
			}
			return spelling{typed, printed}
		}),
		rapid.Map(rapid.StringMatching(`[a-zÅ ,()\[\]=&']{0,8}`), func(text string) spelling { return same(`"` + text + `"`) }),
		rapid.Just(spelling{`"a\.b"`, `"a\\.b"`}), // a backslash before anything else stands for itself
		rapid.Just(same(`"a\\\"b"`)),
	)
	if depth == 0 {
		return leaves
	}
	return rapid.OneOf(leaves, rapid.Custom(func(t *rapid.T) spelling {
		blank := func() string { return rapid.SampledFrom([]string{"", " ", "\n\t", "\r\n"}).Draw(t, "blank") }
		below := func(name string) spelling { return spellings(depth-1).Draw(t, name) }
		call := func(name string, args ...spelling) spelling {
			var typed, printed []string
			for _, arg := range args {
				typed = append(typed, blank()+arg.typed+blank())
				printed = append(printed, arg.printed)
			}
			word := rapid.SampledFrom([]string{name, strings.ToLower(name), strings.ToUpper(name)}).Draw(t, "case")
			return spelling{word + blank() + "(" + strings.Join(typed, ",") + ")", name + "(" + strings.Join(printed, ", ") + ")"}
		}
		nothing := spelling{}
		switch rapid.IntRange(0, 6).Draw(t, "form") {
		case 0:
			return call("Join", below("separator"), below("a"), below("b"), below("c"))
		case 1:
			return call("Switch", below("source"), nothing, below("key"), below("value"))
		case 2:
			return call("Replace", below("source"), below("find"), nothing, nothing, below("by"), nothing, nothing)
		case 3:
			left, right := below("left"), below("right")
			operator := rapid.SampledFrom([]string{"=", "<>", "<", "<=", ">", ">="}).Draw(t, "operator")
			condition := spelling{left.typed + blank() + operator + blank() + right.typed, left.printed + " " + operator + " " + right.printed}
			return call("IIF", condition, below("yes"), below("no"))
		case 4:
			left, right := below("left"), below("right")
			if strings.HasPrefix(left.typed, "&") {
				left = same("[x]")
			}
			return call("ToLower", spelling{left.typed + blank() + "&" + " " + right.typed, left.printed + " & " + right.printed}, nothing)
		case 5:
			return call("Now")
		default:
			return call("InStr", below("text"), below("sought"), nothing, same("vbBinaryCompare"))
		}
	}))
}

// TestPrintUndoesParse: what is typed is printed in one form, which is read as the
// same tree.
func TestPrintUndoesParse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		drawn := spellings(3).Draw(t, "expression")
		if tooLong(drawn.typed) || tooLong(drawn.printed) {
			return
		}
		typed, err := expression.Parse(drawn.typed)
		if err != nil {
			t.Fatalf("%q: %v", drawn.typed, err)
		}
		printed, err := expression.Parse(drawn.printed)
		if err != nil {
			t.Fatalf("%q: %v", drawn.printed, err)
		}
		if diff := cmp.Diff(typed, printed); diff != "" {
			t.Fatalf("%q and %q\n%s", drawn.typed, drawn.printed, diff)
		}
		if compile(t, drawn.typed).String() != drawn.printed {
			t.Fatalf("%q is printed %q, want %q", drawn.typed, compile(t, drawn.typed).String(), drawn.printed)
		}
	})
}
