package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// Operator is one operator of scoping filters: what filterOperators answers, and
// how the engine compares. A null or empty source value fails every operator but
// IS NULL; comparison regards case.
type Operator struct {
	Name    string
	Unary   bool
	Types   []string // the attribute types it takes, as attributeType spells them
	compile func(operands []string) (func(v any) bool, error)
}

// matchTimeout bounds one regular expression on one value.
const matchTimeout = 250 * time.Millisecond

// Operators returns all operators in the order in which they are listed.
func Operators() []Operator {
	text, number, flag := []string{"Integer", "String"}, []string{"Integer"}, []string{"Boolean"}
	all := []string{"Integer", "String", "Binary", "Boolean"}
	return []Operator{
		{Name: "EQUALS", Types: text, compile: anyOperand(func(v, o string) bool { return v == o })},
		{Name: "NOT EQUALS", Types: text, compile: noOperand(func(v, o string) bool { return v == o })},
		{Name: "IS TRUE", Unary: true, Types: flag, compile: unary(func(v any) bool { return strings.EqualFold(spell(v), "true") })},
		{Name: "IS FALSE", Unary: true, Types: flag, compile: unary(func(v any) bool { return strings.EqualFold(spell(v), "false") })},
		{Name: "IS NULL", Unary: true, Types: all, compile: unary(func(v any) bool { return spell(v) == "" })},
		{Name: "IS NOT NULL", Unary: true, Types: all, compile: unary(func(v any) bool { return spell(v) != "" })},
		{Name: "REGEX MATCH", Types: text, compile: regex(true)},
		{Name: "NOT REGEX MATCH", Types: text, compile: regex(false)},
		{Name: "Greater_Than", Types: number, compile: integers(func(v, o int64) bool { return v > o })},
		{Name: "Greater_Than_OR_EQUALS", Types: number, compile: integers(func(v, o int64) bool { return v >= o })},
		{Name: "Less_Than", Types: number, compile: integers(func(v, o int64) bool { return v < o })},
		{Name: "Less_Than_OR_EQUALS", Types: number, compile: integers(func(v, o int64) bool { return v <= o })},
		{Name: "Includes", Types: text, compile: anyOperand(strings.Contains)},
		{Name: "ENDS_WITH", Types: text, compile: anyOperand(strings.HasSuffix)},
		{Name: "&", Types: number, compile: integers(func(v, o int64) bool { return v&o != 0 })},
		{Name: "!&", Types: number, compile: integers(func(v, o int64) bool { return v&o == 0 })},
	}
}

// OperatorNamed returns the operator of that name, ignoring case and the choice
// between blank and underscore.
func OperatorNamed(name string) (Operator, bool) {
	for _, op := range Operators() {
		if strings.EqualFold(strings.ReplaceAll(op.Name, "_", " "), strings.ReplaceAll(name, "_", " ")) {
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

var errNoOperand = errors.New("targetOperand.values is empty")

func anyOperand(match func(v, operand string) bool) func([]string) (func(any) bool, error) {
	return func(operands []string) (func(any) bool, error) {
		if len(operands) == 0 {
			return nil, errNoOperand
		}
		return func(v any) bool { return spell(v) != "" && contains(operands, spell(v), match) }, nil
	}
}

func noOperand(match func(v, operand string) bool) func([]string) (func(any) bool, error) {
	return func(operands []string) (func(any) bool, error) {
		if len(operands) == 0 {
			return nil, errNoOperand
		}
		return func(v any) bool { return spell(v) != "" && !contains(operands, spell(v), match) }, nil
	}
}

func contains(operands []string, v string, match func(v, operand string) bool) bool {
	for _, o := range operands {
		if match(v, o) {
			return true
		}
	}
	return false
}

func unary(test func(any) bool) func([]string) (func(any) bool, error) {
	return func([]string) (func(any) bool, error) { return test, nil }
}

func integers(test func(v, operand int64) bool) func([]string) (func(any) bool, error) {
	return func(operands []string) (func(any) bool, error) {
		if len(operands) != 1 {
			return nil, fmt.Errorf("targetOperand.values must hold one integer, not %d values", len(operands))
		}
		operand, err := strconv.ParseInt(strings.TrimSpace(operands[0]), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%.40q is not an integer", operands[0])
		}
		return func(v any) bool {
			n, err := strconv.ParseInt(strings.TrimSpace(spell(v)), 10, 64)
			return err == nil && test(n, operand)
		}, nil
	}
}

// regex compiles .NET patterns. A pattern that takes too long on a value does not
// match it.
func regex(want bool) func([]string) (func(any) bool, error) {
	return func(operands []string) (func(any) bool, error) {
		if len(operands) == 0 {
			return nil, errNoOperand
		}
		patterns := make([]*regexp2.Regexp, 0, len(operands))
		for _, o := range operands {
			p, err := regexp2.Compile(o, regexp2.None)
			if err != nil {
				return nil, fmt.Errorf("%.80q is not a regular expression: %w", o, err)
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
