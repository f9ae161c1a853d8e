package mapping

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dlclark/regexp2"

	"github.com/provisor/provisor/internal/synchronization"
)

// Operator is one operator of scoping filters: what filterOperators answers, and
// how the engine compares. A null or empty source value fails every operator but
// IS NULL; comparison regards case.
type Operator struct {
	Name    string
	Unary   bool
	Types   []string // the attribute types it takes, as attributeType spells them
	aliases []string // other spellings, without blank and underscore
	compile compileOperands
}

// compileOperands makes a comparison with the values of an operand.
type compileOperands func(operands []string) (func(v any) bool, *badOperand)

// matchTimeout bounds one regular expression on one value.
const matchTimeout = 250 * time.Millisecond

// Operators returns all operators in the order in which they are listed.
func Operators() []Operator {
	text, number, flag, words := []string{"Integer", "String"}, []string{"Integer"}, []string{"Boolean"}, []string{"String"}
	all := []string{"Integer", "String", "Binary", "Boolean"}
	return []Operator{
		{Name: "EQUALS", Types: text, compile: anyOperand(func(v, o string) bool { return v == o })},
		{Name: "NOT EQUALS", Types: text, compile: neitherOperand(func(v, o string) bool { return v == o })},
		{Name: "IS TRUE", Unary: true, Types: flag, compile: unary(func(v any) bool { return strings.EqualFold(spell(v), "true") })},
		{Name: "IS FALSE", Unary: true, Types: flag, compile: unary(func(v any) bool { return strings.EqualFold(spell(v), "false") })},
		{Name: "IS NULL", Unary: true, Types: all, compile: unary(func(v any) bool { return spell(v) == "" })},
		{Name: "IS NOT NULL", Unary: true, Types: all, compile: unary(func(v any) bool { return spell(v) != "" })},
		{Name: "REGEX MATCH", Types: text, compile: regex(true)},
		{Name: "NOT REGEX MATCH", Types: text, compile: regex(false)},
		{Name: "Greater_Than", Types: number, compile: integers(func(v, o int64) bool { return v > o })},
		{Name: "Greater_Than_OR_EQUALS", Types: number, aliases: []string{"EqualOrGreaterThan"}, compile: integers(func(v, o int64) bool { return v >= o })},
		{Name: "Less_Than", Types: number, compile: integers(func(v, o int64) bool { return v < o })},
		{Name: "Less_Than_OR_EQUALS", Types: number, aliases: []string{"EqualOrLessThan"}, compile: integers(func(v, o int64) bool { return v <= o })},
		{Name: "Includes", Types: words, compile: anyOperand(strings.Contains)},
		{Name: "ENDS_WITH", Types: words, compile: anyOperand(strings.HasSuffix)},
		{Name: "&", Types: number, aliases: []string{"BitAnd"}, compile: integers(func(v, o int64) bool { return v&o != 0 })},
		{Name: "!&", Types: number, aliases: []string{"NotBitAnd"}, compile: integers(func(v, o int64) bool { return v&o == 0 })},
	}
}

// FilterOperators returns the operators as the function filterOperators answers
// them, in the order of their names.
func FilterOperators() []synchronization.FilterOperatorSchema {
	var schemas []synchronization.FilterOperatorSchema
	for _, op := range Operators() {
		s := synchronization.FilterOperatorSchema{ID: op.Name, Name: op.Name, Arity: "Binary", MultivaluedComparisonType: "All", SupportedAttributeTypes: op.Types}
		if op.Unary {
			s.Arity = "Unary"
		}
		schemas = append(schemas, s)
	}
	slices.SortFunc(schemas, func(a, b synchronization.FilterOperatorSchema) int { return strings.Compare(a.Name, b.Name) })
	return schemas
}

// OperatorNamed returns the operator of that name. Case, blanks and underscores do
// not count, and the names of Microsoft's enumeration ComparisonOperator are known.
func OperatorNamed(name string) (Operator, bool) {
	spaceless := strings.NewReplacer(" ", "", "_", "")
	wanted := spaceless.Replace(name)
	for _, op := range Operators() {
		if strings.EqualFold(spaceless.Replace(op.Name), wanted) ||
			slices.ContainsFunc(op.aliases, func(a string) bool { return strings.EqualFold(a, wanted) }) {
			return op, true
		}
	}
	return Operator{}, false
}

// spell writes a scalar as filters compare it; null and empty are "".
func spell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "True"
		}
		return "False"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any, map[string]any:
		return "" // cannot be compared; compiling refuses what the schema knows to be such
	default:
		return fmt.Sprint(v)
	}
}

// badOperand is an operand that an operator cannot compare with.
type badOperand struct {
	index   int // of the value; negative concerns all of them
	message string
}

func (b *badOperand) at() string {
	if b.index < 0 {
		return ""
	}
	return fmt.Sprintf(".values[%d]", b.index)
}

func noOperand() *badOperand {
	return &badOperand{index: -1, message: "targetOperand.values is empty"}
}

func anyOperand(match func(v, operand string) bool) compileOperands {
	return func(operands []string) (func(any) bool, *badOperand) {
		if len(operands) == 0 {
			return nil, noOperand()
		}
		return func(v any) bool { return spell(v) != "" && contains(operands, spell(v), match) }, nil
	}
}

func neitherOperand(match func(v, operand string) bool) compileOperands {
	return func(operands []string) (func(any) bool, *badOperand) {
		if len(operands) == 0 {
			return nil, noOperand()
		}
		return func(v any) bool { return spell(v) != "" && !contains(operands, spell(v), match) }, nil
	}
}

func contains(operands []string, v string, match func(v, operand string) bool) bool {
	return slices.ContainsFunc(operands, func(o string) bool { return match(v, o) })
}

func unary(test func(any) bool) compileOperands {
	return func([]string) (func(any) bool, *badOperand) { return test, nil }
}

func integers(test func(v, operand int64) bool) compileOperands {
	return func(operands []string) (func(any) bool, *badOperand) {
		if len(operands) != 1 {
			return nil, &badOperand{-1, fmt.Sprintf("targetOperand.values must hold one integer, not %d values", len(operands))}
		}
		operand, err := strconv.ParseInt(strings.TrimSpace(operands[0]), 10, 64)
		if err != nil {
			return nil, &badOperand{0, fmt.Sprintf("%.40q is not an integer", operands[0])}
		}
		return func(v any) bool {
			n, err := strconv.ParseInt(strings.TrimSpace(spell(v)), 10, 64)
			return err == nil && test(n, operand)
		}, nil
	}
}

// regex compiles .NET patterns, which match anywhere in the value. A pattern that
// takes too long on a value does not match it.
func regex(want bool) compileOperands {
	return func(operands []string) (func(any) bool, *badOperand) {
		if len(operands) == 0 {
			return nil, noOperand()
		}
		patterns := make([]*regexp2.Regexp, 0, len(operands))
		for i, o := range operands {
			p, err := regexp2.Compile(o, regexp2.None)
			if err != nil {
				return nil, &badOperand{i, fmt.Sprintf("%.80q is not a regular expression: %v", o, err)}
			}
			p.MatchTimeout = matchTimeout
			patterns = append(patterns, p)
		}
		return func(v any) bool { return spell(v) != "" && matches(patterns, spell(v)) == want }, nil
	}
}

func matches(patterns []*regexp2.Regexp, v string) bool {
	for _, p := range patterns {
		if ok, err := p.MatchString(v); err == nil && ok {
			return true
		}
	}
	return false
}
